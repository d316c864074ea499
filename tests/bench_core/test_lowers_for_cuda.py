"""Every JAX kernel lowers for CUDA: from shapes, with no card, to the program that XLA would compile there."""

from __future__ import annotations

import importlib
import math
import re

import jax
import pytest
from jax import export

import bench_core
from bench_core.backends import jax as backend
from bench_core.implicit.jax import _peer
from bench_core.implicit.tuning import Tuned
from tests.bench_core import judges
from tests.bench_core.measured import precisions
from tests.examples import THOROUGH

METHODS = [m for family in bench_core.FAMILIES for m in bench_core.methods(family, "jax")]

# Rows that cannot, by their kernel, and why. A row that begins to lower fails its test, and leaves the list.
CANNOT = {
    "dopri5_adjoint": "diffrax tells of a failed way back by a call into Python, which JAX lowers for a client it has",
}
# Library calls that JAX lowers and does not promise to keep, by the kernel that makes them: an exported program could
# not be kept either. This one is not.
UNKEPT = {"lineax": ("cusolver_ormqr_ffi",)}
# Beside a family's small sizes: what takes another way through its kernels.
OTHER = {
    "logdet": [{"D": 4, "B": 9, "L": 1}],
    "implicit": [{"D": 64, "B": 2, "T": "conv"}],
    "line_integral": [],
    "score": [{"d": 4, "H": 8, "L": 1, "B": 9}],
}


@pytest.fixture
def lower(monkeypatch):
    """``lower(method, sizes, dtype, form)``: the text of a kernel's program for CUDA. Nothing is compiled, and no
    library is tuned: its tolerance is a number of the program.
    """

    def of(m: bench_core.Method, sizes: dict, dtype: str = "float32", form: str | None = None) -> str:
        taken = []
        monkeypatch.setattr(
            backend, "prepare", lambda function, given, form, donated: taken.append((function, donated))
        )
        for module in (m.module, _peer):
            if hasattr(module, "tune"):
                monkeypatch.setattr(module, "tune", lambda solve, operator, v, tol: Tuned(tol, math.nan))
        monkeypatch.setattr(_peer, "tune_cycles", lambda solve, operator, v, tol, most: (most, Tuned(tol, math.nan)))
        kernel = m.build(bench_core.problem(m.family, **sizes), dtype=dtype, form=form)
        ((function, donated),) = taken
        shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), kernel._arguments())
        jitted = jax.jit(function, donate_argnums=donated, keep_unused=bool(donated))
        unkept = [export.DisabledSafetyCheck.custom_call(call) for call in UNKEPT.get(_kernel(m), ())]
        with backend.pinned(dtype):
            exported = export.export(jitted, platforms=["cuda"], disabled_checks=unkept)(*shapes)
        assert exported.platforms == ("cuda",)
        return exported.mlir_module()

    return of


def _kernel(m: bench_core.Method) -> str:
    return m.declaration.kernel or m.name


def _calls(text: str) -> set[str]:
    """What a program calls that XLA does not compile."""
    return set(re.findall(r"custom_call @([\w.$]+)", text))


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.name}"


# Of programs that hold another one's solver, which lowers in a row of its own.
LONG = (
    *("dopri5_per_sample", "gmres_warm", "neumann_warm"),
    *("inverse_lu_dopri5", "inverse_cholesky_dopri5", "inverse_kronecker_dopri5"),
)


def _rows(methods):
    """Rows that are one program but for a number: the first of them, the others slow."""
    seen = set()
    for m in methods:
        program = (m.family, _kernel(m), *(value for value in m.settings.values() if isinstance(value, str | bool)))
        slow = program in seen or m.name in LONG or _kernel(m) in LONG
        yield pytest.param(m, id=_name(m), marks=pytest.mark.slow if slow else ())
        seen.add(program)


LOW = ("tf32", "bfloat16")
CALLING = [m for m in METHODS if _kernel(m) in CANNOT]


@pytest.mark.long
@pytest.mark.parametrize("m", [*_rows(m for m in METHODS if m not in CALLING)])
def test_every_row_lowers(m, lower):
    """In every form, in float32 and float64; all that it calls are CUDA's libraries, and never Python.

    Without the slow tests in the first form: the others differ in which arguments they give away.
    """
    sizes = judges.of(m.family).room(m)
    try:
        texts = [lower(m, sizes, form=form) for form in (m.forms_on("cpu") if THOROUGH else (None,))]
        others = [other for other in OTHER[m.family] if m.is_for(other)]
        # Without the slow tests the other ways are float64's, too.
        texts += [lower(m, other, "float32" if THOROUGH else "float64") for other in others]
        if THOROUGH or not others:
            texts.append(lower(m, sizes, "float64"))
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    for text in texts:
        assert all(call.startswith("cu") for call in _calls(text))


def _low():
    """Rows in the further precisions that they have of those in which a card measures their family."""
    for m in METHODS:
        for dtype in sorted(precisions(m.family).intersection(LOW, m.declaration.dtypes)):
            yield pytest.param(m, dtype, id=f"{_name(m)}-{dtype}")


@pytest.mark.parametrize(("m", "dtype"), [*_low()])
def test_a_row_lowers_in_the_precisions_of_a_card(m, dtype, lower, monkeypatch):
    """Products have results of that type, and none is held to float32's precision."""
    monkeypatch.setattr(importlib.import_module("bench_core.method"), "require_precision", lambda dtype, device: None)
    text = lower(m, judges.of(m.family).room(m), dtype)
    assert all(call.startswith("cu") for call in _calls(text))
    results = {re.findall(r"(b?f\d+)>", line)[-1] for line in _products(text)}
    assert results <= {"bf16" if dtype == "bfloat16" else "f32"}
    assert "HIGHEST" not in text


def test_float32_products_are_held_to_their_precision(lower):
    m = bench_core.method("logdet", "relative", "jax")
    products = _products(lower(m, judges.of("logdet").room(m)))
    assert products
    assert all("precision = [HIGHEST, HIGHEST]" in line for line in products)


def _products(text: str) -> list[str]:
    return [line for line in text.splitlines() if "stablehlo.dot_general" in line]


def test_tiles_are_those_of_the_device(lower, monkeypatch):
    """On a CPU a step goes through W in small tiles of rows; a card would wait for one after another."""
    m = bench_core.method("logdet", "relative_step", "jax")
    monkeypatch.setattr(m.module, "TILE", 300)
    monkeypatch.setattr(m.module, "CUDA_TILE", 450)
    text = lower(m, {"D": 900, "B": 2, "L": 1})
    assert "tensor<450x900xf32>" in text
    assert "tensor<300x900xf32>" not in text


@pytest.mark.parametrize("form", ["jit", "launched"])
def test_a_form_without_command_buffers_is_one_for_the_compiler(form, tmp_path, monkeypatch):
    """By XLA's own word of the options that it has compiled with, where they are not its defaults."""
    monkeypatch.setattr(importlib.import_module("bench_core.method"), "DEVICES_OF", {})
    options = backend._OPTIONS.get(form, {}) | {"xla_dump_to": str(tmp_path)}
    monkeypatch.setattr(backend, "_OPTIONS", {form: options})
    m, problem = bench_core.method("logdet", "relative", "jax"), bench_core.problem("logdet", D=6, B=3)
    kernel = m.build(problem, form=form)
    assert problem.error(kernel.to_numpy(kernel.run()), m) < m.tolerance("float32")
    (said,) = tmp_path.glob("*.debug_options")
    assert ("xla_gpu_enable_command_buffer: INVALID\n" in said.read_text()) == (form == "launched")


def test_a_librarys_call_is_seen(lower):
    """Or no row would be found to make one that is not CUDA's."""
    m = bench_core.method("logdet", "slogdet", "jax")
    assert any(call.startswith("cusolver") for call in _calls(lower(m, judges.of("logdet").room(m))))


def test_what_cannot_is_there():
    assert {_kernel(m) for m in CALLING} == set(CANNOT)


@pytest.mark.long
@pytest.mark.skipif(jax.default_backend() != "cpu", reason="JAX has a client for CUDA here")
@pytest.mark.parametrize("m", [*_rows(CALLING)])
def test_what_cannot_lower_still_cannot(m, lower):
    with pytest.raises(ValueError, match="platform for the specified backend cpu is different"):
        lower(m, judges.of(m.family).room(m))


@pytest.mark.long
@pytest.mark.parametrize("m", [*_rows(CALLING)])
def test_what_cannot_lower_does_but_for_its_call(m, lower, monkeypatch):
    """Sizes of its own: JAX remembers what it has traced, the call in it."""
    errors = pytest.importorskip("equinox._errors")
    monkeypatch.setattr(errors, "EQX_ON_ERROR", "nan")
    assert not _calls(lower(m, judges.of(m.family).room(m) | {"B": 11}))
