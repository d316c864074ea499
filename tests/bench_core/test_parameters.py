"""A call is a function of the parameters that it is given: written over in place, as a training step does, the new ones
are what the next answer is of. What a kernel kept of W beside its arguments, or a program holds as a constant, is found
out. (Inverses, factors and layers that it is given as arguments are written over with them.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bench_core
from tests.bench_core import judges

# A library that is tuned stops at another place for other parameters, within the tolerance.
ALIKE, APART = 1e-3, 1e-2
# Programs of these take JAX seconds to compile, twice.
LONG = ("dopri5", "gmres", "warm", "cholesky", "kronecker")

# Families whose programs JAX compiles in a second.
SHORT = ("logdet", "score")
# SHINE has as many pairs as its own way forward took, and normflows' layer a permutation beside its parameters.
OWN = ("shine", "normflows_lu_permute")


def _rows():
    """Rows that are one program but for a number: the first of them, the others slow; in JAX, where a program cannot
    see what is no argument of it but as a constant, one of each answer.
    """
    seen = set()
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in bench_core.methods(family, backend):
                words = tuple(value for value in m.settings.values() if isinstance(value, str | bool))
                program = (family, backend, m.declaration.kernel or m.name, *words)
                key = program if backend == "torch" else (family, backend, m.computes)
                slow = key in seen or (
                    backend == "jax" and (family not in SHORT or any(word in m.name for word in LONG))
                )
                if not slow:
                    seen.add(key)
                if m.settings.get("K", 0) <= 30 and m.name not in OWN:
                    yield pytest.param(m, id=f"{family}-{backend}-{m.name}", marks=pytest.mark.slow if slow else ())


def _build(m: bench_core.Method, seed: int, sizes: dict[str, Any]) -> Any:
    try:
        return m.build(bench_core.problem(m.family, seed=seed, **sizes))
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


def _give(backend: Any, mine: Any, theirs: Any) -> None:
    """Write their numbers into the memory of mine."""
    if isinstance(mine, list | tuple):
        for pair in zip(mine, theirs, strict=True):
            _give(backend, *pair)
    elif isinstance(mine, dict):
        for name in mine:
            _give(backend, mine[name], theirs[name])
    elif hasattr(mine, "state_dict"):  # a library's layer
        _give(backend, [*mine.state_dict().values()], [*theirs.state_dict().values()])
    elif hasattr(mine, "shape"):
        held = mine.detach() if hasattr(mine, "detach") else mine  # a library's parameter
        backend.overwrite(held, np.array(backend.to_numpy(theirs)))


def _numbers(kernel: Any) -> dict[str, np.ndarray]:
    out = kernel.to_numpy(kernel.run())
    return {name: np.array(a, np.float64) for name, a in out.items() if np.issubdtype(a.dtype, np.floating)}


def _distance(got: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> float:
    """The largest, of the answer's arrays; nan where one has a nan."""
    return np.max([np.abs(got[name] - a).max() / max(np.abs(a).max(), 1e-30) for name, a in wanted.items()])


def _follow(kernel: Any, other: Any) -> tuple[float, float]:
    """How far the answer to the other's parameters, in the kernel's own memory, is from the other's, and how far its
    first answer was.
    """
    first, wanted = _numbers(kernel), _numbers(other)
    for each in (kernel, other):
        each.reset()
    with kernel._backend.pinned(kernel._dtype):
        _give(kernel._backend, kernel._arguments(), other._arguments())
    return _distance(_numbers(kernel), wanted), _distance(first, wanted)


@pytest.mark.parametrize("m", [*_rows()])
def test_an_answer_is_of_the_parameters_that_are_there(m):
    sizes = judges.of(m.family).room(m)
    after, before = _follow(_build(m, 1, sizes), _build(m, 2, sizes))
    assert before > APART
    assert after < ALIKE


def test_an_inverse_that_is_kept_for_its_matrix_is_found_out(monkeypatch):
    """Right on other data, and for as long as nobody trains."""
    m, kept = bench_core.method("logdet", "inverse", "torch"), {}
    room = judges.of("logdet").room(m)
    kernel, other = (_build(m, seed, room) for seed in (1, 2))
    invert = m.module.invert

    def remember(W, *given):
        if W.data_ptr() not in kept:
            kept[W.data_ptr()] = invert(W, *given).clone()
        return kept[W.data_ptr()].clone()

    monkeypatch.setattr(m.module, "invert", remember)
    after, before = _follow(kernel, other)
    assert before > APART
    assert after > APART


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize(
    ("family", "name"), [("logdet", "slogdet"), ("implicit", "dense"), ("score", "psi_closed_form")]
)
def test_parameters_that_are_a_programs_constants_are_found_out(family, name, backend):
    m = bench_core.method(family, name, backend)
    room = judges.of(family).room(m)
    kernel, other = (_build(m, seed, room) for seed in (1, 2))
    call, constants = kernel._call, _build(m, 1, room)._arguments()[1:]
    kernel._call = lambda data, *given: call(data, *constants)
    after, before = _follow(kernel, other)
    assert before > APART
    assert after > APART
