"""tf32 and bfloat16: on a GPU only, pinned and told apart, and held to what their rounding leaves."""

from __future__ import annotations

import importlib

import jax
import numpy as np
import pytest
import torch

import bench_core
from bench_core.backends import jax as jax_backend
from bench_core.backends import torch as torch_backend
from bench_core.method import Method, load_backend
from bench_core.precision import DTYPES, PRECISIONS
from tests.bench_core.tf32 import Rounded

LOW = ("tf32", "bfloat16")
SIZES = {
    "logdet": {"D": 64, "B": 8, "L": 2},
    "implicit": {"D": 64, "B": 8, "gamma": 0.5, "T": "symmetric", "tol": 1e-4},
    "line_integral": {"d": 4, "B": 16, "H": 64, "J": "psd"},
    "score": {"d": 64, "H": 64, "L": 2, "B": 8},
}
METHODS = [m for family in SIZES for backend in bench_core.BACKENDS for m in bench_core.methods(family, backend)]
EXACT = [m for m in METHODS if m.exact and m.role != "peer"]


def _name(m: Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


@pytest.fixture
def emulated(monkeypatch):
    """Precisions of a GPU on the processor, which has to emulate them."""
    contract = importlib.import_module("bench_core.method")  # as an attribute the name is a function's
    monkeypatch.setattr(contract, "require_precision", lambda dtype, device: None)


def _problem(m: Method) -> bench_core.Problem:
    only = {name: allowed[0] for name, allowed in m.declaration.only}
    return bench_core.problem(m.family, **SIZES[m.family] | only)


def _result(kernel: bench_core.Kernel) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def test_the_table_says_what_the_frameworks_say():
    for dtype in DTYPES:
        precision = PRECISIONS[dtype]
        held = torch.finfo(torch_backend._numbers(dtype))
        assert (held.bits // 8, str(jax_backend._numbers(dtype))) == (precision.itemsize, precision.numbers)
        assert precision.eps == (2**-10 if dtype == "tf32" else held.eps)
        assert 10 * precision.eps < precision.tolerance < 1


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_on_the_processor_they_are_unavailable_in_one_line(backend, dtype):
    m = bench_core.method("logdet", "relative", backend)
    with pytest.raises(bench_core.Unavailable, match=rf"^dtype '{dtype}' is for device cuda; here 'cpu'$"):
        m.build(_problem(m), dtype=dtype)


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_what_does_not_exist_in_bfloat16_says_so(m, emulated):
    """An LU, a solve, and answers that are told from others by less than its rounding; all else is built. Libraries'
    layers have the precisions of a processor.
    """
    if m.family == "logdet" and m.role == "peer":
        assert not {*LOW} & {*m.declaration.dtypes}
        return
    by_lu = m.name in (
        *("inverse", "slogdet_autodiff", "jacobian_autodiff", "jacobian_autodiff_chunked", "ordinary_with_value"),
        *("value_tracking", "inverse_tracked", "slogdet"),
        *("hutchinson_cg_1", "hutchinson_cg_10", "hutchinson_cg_100"),
    )
    if by_lu or m.family in ("implicit", "line_integral"):
        with pytest.raises(bench_core.Unavailable, match=r"is for dtype float32 or float64 or tf32; here 'bfloat16'$"):
            m.build(_problem(m), dtype="bfloat16")
    else:
        assert m.declaration.dtypes == DTYPES


@pytest.mark.parametrize("m", [m for m in EXACT if m.family in ("logdet", "score")], ids=_name)
def test_bfloat16_is_right_to_its_rounding(m, emulated):
    """In both frameworks, then on other data in the same buffers; and its error is no finer precision's."""
    if "bfloat16" not in m.declaration.dtypes:
        return
    problem, tolerance = _problem(m), m.tolerance("bfloat16")
    kernel = m.build(problem, dtype="bfloat16")
    out = kernel.run()
    assert {str(a.dtype).removeprefix("torch.") for a in jax.tree.leaves(kernel._named(out))} == {"bfloat16"}
    found = {name: np.array(array) for name, array in kernel.to_numpy(out).items()}
    assert {array.dtype for array in found.values()} == {np.dtype("float32")}
    assert 1e-4 < problem.error(found, m) < tolerance
    assert problem.fault(found, m, "bfloat16") == ""
    fresh = problem.unseen()
    kernel.reset()
    kernel.refill(fresh)
    assert fresh.error(_result(kernel), m) < tolerance


@pytest.mark.parametrize("m", [m for m in EXACT if m.backend == "torch"], ids=_name)
def test_tf32_is_right_to_its_rounding(m, emulated):
    """Every product by factors of 11 significant bits. What takes no product of floats (an LU alone) stays exact."""
    problem = _problem(m)
    kernel = m.build(problem, dtype="tf32")
    with Rounded() as rounded:
        out = kernel.run()
    found = kernel.to_numpy(out)
    assert rounded.products or m.name == "slogdet"
    assert problem.fault(found, m, "tf32") == ""
    if rounded.products and not m.iterative:
        assert 1e-6 < problem.error(found, m) < m.tolerance("tf32")


@pytest.mark.parametrize("dtype", LOW)
def test_another_answer_is_wrong_in_every_precision(dtype):
    problem, right = _problem(EXACT[0]), bench_core.method("logdet", "relative", "torch")
    other = bench_core.method("logdet", "transposed", "torch")
    found = _result(right.build(problem))
    assert problem.fault(found, right, dtype) == ""
    assert "exceeds the tolerance" in problem.fault(found, other, dtype)
    assert "exceeds the tolerance" in problem.fault({n: 1.2 * a for n, a in found.items()}, right, dtype)


def test_arrays_are_shared_where_their_numbers_are(emulated):
    """tf32 and float32 of one problem hold one copy of the weights; a bfloat16 matrix takes half of it."""
    problem = bench_core.problem("logdet", **SIZES["logdet"])
    for name in bench_core.BACKENDS:
        backend = load_backend(name)
        whole, tf32, half = (backend.place(problem, "W0", "cpu", dtype) for dtype in ("float32", *LOW))
        assert tf32 is whole
        assert 2 * half.nbytes == whole.nbytes
        ones = backend.from_numpy(np.ones(3, np.float32), "cpu", "bfloat16")
        other = backend.overwrite(ones, np.full(3, 0.1, np.float32))
        np.testing.assert_array_equal(backend.to_numpy(other), np.full(3, 0.10009765625, np.float32))
    m = bench_core.method("logdet", "relative", "torch")
    assert m.cost(problem, "tf32") == m.cost(problem, "float32")
    assert 2 * m.cost(problem, "bfloat16").bytes == m.cost(problem, "float32").bytes


def _read() -> list:
    switches = [switch.fp32_precision for switch in torch_backend._switches()]
    return [*switches, torch_backend._reductions(), torch_backend._older()]


def test_torch_lowers_a_gpus_products_and_no_others():
    before, products = _read(), torch.backends.cuda.matmul
    with torch_backend.pinned("tf32"):
        assert _read()[:4] == ["ieee", "ieee", "tf32", "tf32"]
        assert torch_backend.is_pinned("tf32")
        # What torch.compile may ask on a GPU: torch answers where the switches agree, and raises elsewhere.
        assert products.allow_tf32
        with torch_backend.pinned("float32"):
            assert _read()[:4] == ["ieee"] * 4
            assert not torch_backend.is_pinned("tf32")
        assert _read()[:4] == ["ieee", "ieee", "tf32", "tf32"]
    assert not torch_backend.is_pinned("tf32")
    assert _read() == before


def test_beside_tf32_float32_is_float32(monkeypatch):
    """A look at the switches of a GPU, which can be read without one."""
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with torch_backend.pinned("tf32"):
        assert not torch_backend.is_pinned("float32")
        assert torch_backend.is_pinned("float64")


@pytest.mark.parametrize("allowed", [True, False, (False, False)])
def test_torch_sums_bfloat16_products_in_float32(allowed):
    products = torch.backends.cuda.matmul
    before = torch_backend._reductions()
    try:
        products.allow_bf16_reduced_precision_reduction = allowed
        found = torch_backend._reductions()
        assert torch_backend.is_pinned("bfloat16") == (not products.allow_bf16_reduced_precision_reduction)
        with torch_backend.pinned("bfloat16"):
            assert torch_backend.is_pinned("bfloat16")
            assert not products.allow_bf16_reduced_precision_reduction
        assert torch_backend._reductions() == found
    finally:
        products.allow_bf16_reduced_precision_reduction = before


@pytest.mark.parametrize("dtype", LOW)
def test_a_kernel_runs_in_its_own_precision_beside_others(dtype, emulated):
    """Without a word to torch, and in a process that was configured for another precision."""
    m = bench_core.method("logdet", "relative", "torch")
    kernels = [m.build(_problem(m), dtype=each) for each in (dtype, "float32")]
    before, inside = _read(), []
    for kernel in kernels:
        call = kernel._call
        kernel._call = lambda *given, call=call: (inside.append(_read()), call(*given))[1]
        kernel.run()
    assert _read() == before
    low, whole = inside
    assert (low[2], whole[2]) == ("tf32" if dtype == "tf32" else "ieee", before[2])
    assert dtype == "tf32" or low[4] in (False, (False, True))


@pytest.mark.long
@pytest.mark.parametrize("dtype", LOW)
def test_a_process_that_times_pays_for_no_switch(dtype, run_python):
    done = run_python(
        "-c",
        "import torch; from bench_core.backends import torch as backend; torch.set_float32_matmul_precision('medium'); "
        f"backend.configure(1, {dtype!r}); torch.cuda.is_initialized = lambda: True; "
        f"print(backend.is_pinned({dtype!r}))",
    )
    assert done.stdout.split() == ["True"], done.stderr


@pytest.mark.parametrize(("dtype", "says"), [("float32", "HIGHEST"), ("tf32", "DEFAULT"), ("bfloat16", "DEFAULT")])
def test_jax_compiles_the_precision_that_is_pinned(dtype, says, emulated):
    """What XLA reads, whatever the user's own word: DEFAULT is TF32 on a GPU, HIGHEST is float32 everywhere."""
    m = bench_core.method("logdet", "relative", "jax")
    kernel = m.build(_problem(m), dtype=dtype)
    with jax.default_matmul_precision("bfloat16"), jax_backend.pinned(dtype):
        text = jax.jit(m.function).lower(*kernel._arguments()[:4]).as_text()
    products = [line for line in text.splitlines() if "stablehlo.dot_general" in line]
    assert len(products) >= 7
    kind = "bf16" if dtype == "bfloat16" else "f32"
    assert all(f"precision = [{says}, {says}]" in line and kind in line for line in products)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_the_ceilings_are_of_the_precision(backend):
    """Names and kernels; a bfloat16 product on the processor is not waited for."""
    found, canary = load_backend(backend).ceiling("cpu", "bfloat16")
    assert found["gemm_name"] == "1024x1024x1024 bfloat16"
    assert found["copy_name"] == "256 MiB bfloat16"
    out = canary.run()
    canary.wait(out)
    assert str(out.dtype).removeprefix("torch.") == "bfloat16"


# -- on a device ----------------------------------------------------------------------------------------------------


def _on_card(m: Method, problem: bench_core.Problem, dtype: str) -> dict[str, np.ndarray]:
    try:
        return _result(m.build(problem, "cuda", dtype))
    except bench_core.Unavailable as missing:  # no card, or no such precision
        pytest.skip(str(missing))


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("m", [m for m in EXACT if not m.iterative], ids=_name)
def test_on_a_card_every_row_is_right_to_its_rounding(m, dtype):
    problem = _problem(m)
    assert problem.fault(_on_card(m, problem, dtype), m, dtype) == ""


@pytest.mark.cuda
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_on_a_card_a_precision_is_that_one_and_leaves_none_behind(backend):
    """By the error: tensor cores round what they multiply, and nothing else here leaves so much."""
    m, problem = bench_core.method("logdet", "relative", backend), bench_core.problem("logdet", D=512, B=128)
    order = ("tf32", "float32", "bfloat16", "float64", "float32", "tf32")
    errors = [(dtype, problem.error(_on_card(m, problem, dtype), m)) for dtype in order]
    leaves = {"float64": (0, 1e-12), "float32": (1e-8, 1e-5), "tf32": (1e-4, 2e-3), "bfloat16": (3e-3, 2e-2)}
    for dtype, error in errors:
        least, most = leaves[dtype]
        assert least < error < most, errors
