"""Problems of one's own data: what is taken, by value, and what is refused, in every family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
import torch

import bench_core
from bench_core.implicit import ImplicitProblem
from bench_core.line_integral import LineIntegralProblem
from bench_core.logdet import LogdetProblem
from bench_core.score import ScoreProblem

SIZES = {
    "logdet": {"D": 4, "B": 3, "L": 2},
    "implicit": {"D": 5, "B": 3, "gamma": 0.5, "T": "random"},
    "line_integral": {"d": 3, "B": 2, "H": 4, "J": "free"},
    "score": {"d": 3, "H": 4, "L": 2, "B": 3},
}
# An exact method whose answer depends on the weight, and that weight.
ASKED = {
    "logdet": ("relative", "W0"),
    "implicit": ("dense", "A"),
    "line_integral": ("gauss_legendre_32", "W0"),
    "score": ("phi", "W0"),
}
OWN = {
    "logdet": lambda p: LogdetProblem.from_arrays(p["x"], [p["W0"], p["W1"]], [p["b0"], p["b1"]]),
    "implicit": lambda p: ImplicitProblem.from_arrays(p["A"], p["d"], p["v"]),
    "line_integral": lambda p: LineIntegralProblem.from_arrays(**p, J="free"),
    "score": lambda p: ScoreProblem.from_arrays(p["x"], p["y"], {n: a for n, a in p.items() if n not in ("x", "y")}),
}
FAMILIES = pytest.mark.parametrize("family", bench_core.FAMILIES)


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "parameter": lambda array: torch.nn.Parameter(torch.tensor(array, dtype=torch.float32)),
    "result of a graph": lambda array: 1 * torch.tensor(array, dtype=torch.float32, requires_grad=True),
    "read-only": _read_only,
    "read-only float32": lambda array: _read_only(array.astype(np.float32)),
    "strided": lambda array: np.asfortranarray(array),
    "jax": lambda array: jax.numpy.asarray(array, dtype="float32"),
    "list": lambda array: array.tolist(),
}


def given(family: str) -> dict[str, np.ndarray]:
    problem = bench_core.problem(family, seed=5, **SIZES[family])
    return {name: array.copy() for name, array in problem.arrays.items() if (family, name) != ("implicit", "u")}


def answer(problem, backend: str) -> tuple[Any, float]:
    """The kernel, built, and its error."""
    m = bench_core.method(problem.family, ASKED[problem.family][0], backend)
    kernel = m.build(problem, dtype="float64")
    return kernel, problem.error(kernel.to_numpy(kernel.run()), m)


@FAMILIES
@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_every_kind_are_taken(family, form):
    source = given(family)
    problem = OWN[family]({name: FORMS[form](array) for name, array in source.items()})
    for name, array in source.items():
        if (family, name) != ("score", "v"):  # the probes are the problem's own
            assert np.array_equal(problem.arrays[name], array)
    assert answer(problem, "torch")[1] < 1e-10


@FAMILIES
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("theirs", [np.copy, torch.tensor], ids=["numpy", "torch"])
def test_what_the_user_does_afterwards_does_not_matter(family, backend, theirs):
    """An optimiser's step in place, before the kernel is built and after."""
    own = {name: theirs(array) for name, array in given(family).items()}
    problem, weight = OWN[family](own), own[ASKED[family][1]]
    weight *= 1.1
    kernel, error = answer(problem, backend)
    assert error < 1e-10
    weight *= 1.1
    assert problem.error(kernel.to_numpy(kernel.run()), kernel._method) < 1e-10
    # The user's array is another question now.
    other = answer(OWN[family](own), backend)[0]
    assert problem.error(other.to_numpy(other.run()), kernel._method) > 1e-3


@pytest.mark.parametrize("stack", [np.stack, lambda arrays: torch.stack([torch.tensor(a) for a in arrays])])
def test_layers_may_be_stacked(stack):
    p = given("logdet")
    problem = LogdetProblem.from_arrays(p["x"], stack([p["W0"], p["W1"]]), stack([p["b0"], p["b1"]]))
    assert problem.sizes == {"D": 4, "B": 3, "L": 2}
    assert all(np.array_equal(problem.arrays[name], array) for name, array in p.items())
    assert answer(problem, "torch")[1] < 1e-10


REFUSED: dict[str, Callable[[np.ndarray], Any]] = {
    "complex128": lambda array: array.astype(complex),
    "torch.complex64": lambda array: torch.tensor(array, dtype=torch.complex64),
    "complex64": lambda array: jax.numpy.asarray(array, dtype="complex64"),
    "<U": lambda array: array.astype(str),
    "object": lambda array: array.astype(object),
    "datetime64[s]": lambda array: array.astype("datetime64[s]"),
    "torch.float32": lambda array: torch.empty(array.shape, device="meta"),
    "dict": lambda array: {"W": array},
    "NoneType": lambda array: None,
    "list": lambda array: [[1.0], [1.0, 2.0]],
}


@FAMILIES
@pytest.mark.parametrize("says", REFUSED)
def test_what_is_no_array_of_real_numbers_is_one_line(family, says):
    name = ASKED[family][1]
    own = given(family)
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        OWN[family](own | {name: REFUSED[says](own[name])})
    assert f"{name} is {says}" in str(caught.value)
    assert str(caught.value).endswith("; allowed: an array of real numbers")


# Every argument of ``from_arrays`` that holds arrays, as it should be, and what holds none.
ARGUMENTS: dict[str, Callable[[dict[str, np.ndarray]], dict[str, Any]]] = {
    "logdet": lambda p: {"x": p["x"], "weights": [p["W0"], p["W1"]], "biases": [p["b0"], p["b1"]]},
    "implicit": lambda p: {"A": p["A"], "d": p["d"], "v": p["v"], "u": p["d"]},
    "line_integral": lambda p: p | {"J": "free"},
    "score": lambda p: {"x": p["x"], "y": p["y"], "parameters": {n: a for n, a in p.items() if n not in "xyv"}},
}
PROBLEMS = {
    "logdet": LogdetProblem,
    "implicit": ImplicitProblem,
    "line_integral": LineIntegralProblem,
    "score": ScoreProblem,
}
EMPTY: dict[str, Callable[[], Any]] = {
    "an array without axes": lambda: np.array(1.0),
    "a tensor without axes": lambda: torch.tensor(1.0),
    "a JAX array without axes": lambda: jax.numpy.asarray(1.0),
    "a generator": lambda: (array for array in ()),
    "a number": lambda: 1.0,
}


@FAMILIES
@pytest.mark.parametrize("what", EMPTY)
def test_what_holds_no_arrays_is_one_line(family, what):
    arguments = ARGUMENTS[family](given(family))
    PROBLEMS[family].from_arrays(**arguments)
    for name in arguments:
        if name != "J":
            with pytest.raises(ValueError, match=rf"^{name} [^\n]+; allowed: [^\n]+$"):
                PROBLEMS[family].from_arrays(**arguments | {name: EMPTY[what]()})


@FAMILIES
@pytest.mark.parametrize("form", FORMS)
def test_other_data_are_taken_by_value_too(family, form):
    problem = bench_core.problem(family, seed=5, **SIZES[family])
    source = {name: 0.5 * problem.arrays[name] for name in problem.data}
    theirs = {name: FORMS[form](array) for name, array in source.items()}
    other = problem.with_data(theirs)
    for name, array in source.items():
        assert np.array_equal(other.arrays[name], array)
        assert not isinstance(theirs[name], np.ndarray) or not np.shares_memory(other.masters[name], theirs[name])
    # The parameters are the problem's own still.
    assert all(other.masters[name] is held for name, held in problem.masters.items() if name not in problem.data)


@FAMILIES
def test_what_becomes_of_other_data_afterwards_does_not_matter(family):
    """A float64 array in place, before the answer's reference is computed."""
    problem = bench_core.problem(family, seed=5, **SIZES[family])
    theirs = {name: 0.5 * problem.arrays[name] for name in problem.data}
    other = problem.with_data(theirs)
    kernel, error = answer(problem.with_data({name: array.copy() for name, array in theirs.items()}), "torch")
    for array in theirs.values():
        array *= 3
    assert other.error(kernel.to_numpy(kernel.run()), kernel._method) == pytest.approx(error, abs=1e-12)


@FAMILIES
def test_other_data_that_do_not_fit_are_one_line(family):
    problem = bench_core.problem(family, seed=5, **SIZES[family])
    first, weight = problem.data[0], ASKED[family][1]
    cases = {
        f"unknown data '{weight}'; allowed: {', '.join(problem.data)}": {weight: problem.arrays[weight]},
        f"{first} has shape (2, 2); allowed: {problem.shape(first)}": {first: np.zeros((2, 2))},
        f"{first} holds numbers that are not finite": {first: np.full(problem.shape(first), np.nan)},
    }
    for says, data in cases.items():
        with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
            problem.with_data(data)
        assert says in str(caught.value)
