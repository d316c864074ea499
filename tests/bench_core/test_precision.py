"""A kernel's precision is its own, and the user's switches are as they were found."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax
import numpy as np
import pytest
import torch

import bench_core
from bench_core.backends import torch as backend
from bench_core.implicit.torch._operator import Layer

SIZES = {
    "logdet": {"D": 64, "B": 8, "L": 2},
    "implicit": {"D": 64, "B": 4, "gamma": 0.5, "T": "symmetric"},
    "line_integral": {"d": 4, "B": 4, "H": 64, "J": "psd"},
    "score": {"d": 64, "H": 64, "L": 2, "B": 8},
}
# One row of each kind that has its own way to a dtype: ours, JAX's linear algebra, libraries' loops and controllers.
JAX_ROWS = [
    ("logdet", "relative"),
    ("logdet", "slogdet_autodiff"),
    ("implicit", "dense"),
    pytest.param("implicit", "gmres", marks=pytest.mark.slow),
    pytest.param("implicit", "lineax_gmres", marks=pytest.mark.slow),
    ("implicit", "optimistix_fixed_point"),
    ("line_integral", "gauss_legendre_8"),
    pytest.param("line_integral", "dopri5_direct_0.001", marks=pytest.mark.slow),  # as the family's own test
    pytest.param("line_integral", "inverse_lu_dopri5", marks=pytest.mark.slow),
    ("score", "phi"),
    ("score", "curl_dense"),
]
TORCH_ROWS = [
    ("logdet", "relative"),
    ("implicit", "dense"),
    ("line_integral", "gauss_legendre_8"),
    ("score", "psi_closed_form"),
]
SEEN = 1e-5  # an error above it is not float32's at these sizes: bfloat16 leaves some 1e-3


def build(family: str, name: str, of: str, dtype: str):
    try:
        return bench_core.method(family, name, of).build(bench_core.problem(family, **SIZES[family]), dtype=dtype)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


def result(kernel) -> dict[str, np.ndarray]:
    out = kernel.run()
    kernel.wait(out)
    return {name: np.array(array) for name, array in kernel.to_numpy(out).items()}


def dtypes(arrays: dict[str, np.ndarray]) -> set[str]:
    return {str(array.dtype) for name, array in arrays.items() if name != "iterations"}


@pytest.mark.parametrize(("family", "name"), JAX_ROWS)
def test_jax_kernels_keep_their_precision_and_the_users(family, name):
    """One of float64 and one of float32, built and run beside each other, without x64 and with it."""
    assert not jax.config.read("jax_enable_x64")
    double = build(family, name, "jax", "float64")
    assert jax.numpy.ones(3).dtype == "float32"
    assert not jax.config.read("jax_enable_x64")
    right = result(double)
    assert dtypes(right) == {"float64"}
    single = build(family, name, "jax", "float32")
    before = result(single)
    assert dtypes(before) == {"float32"}
    with jax.enable_x64(True):
        assert jax.numpy.ones(3).dtype == "float64"
        for kernel in (single, build(family, name, "jax", "float32")):
            found = result(kernel)
            assert dtypes(found) == {"float32"}
            for key, array in before.items():
                np.testing.assert_array_equal(found[key], array)
        for key, array in right.items():
            np.testing.assert_array_equal(result(double)[key], array)
        assert jax.numpy.ones(3).dtype == "float64"
    assert jax.numpy.ones(3).dtype == "float32"


@pytest.mark.parametrize("switch", [False, True])
def test_jaxs_switch_is_as_found_when_a_build_raises(switch, monkeypatch):
    problem, m = bench_core.problem("logdet", **SIZES["logdet"]), bench_core.method("logdet", "relative", "jax")
    monkeypatch.setattr(m.module, "relative", lambda *given: 1 / 0)
    jax.config.update("jax_enable_x64", switch)
    try:
        for dtype in ("float32", "float64"):
            with pytest.raises(ZeroDivisionError):
                m.build(problem, dtype=dtype)
            assert jax.config.read("jax_enable_x64") == switch
            assert jax.numpy.ones(3).dtype == ("float64" if switch else "float32")
    finally:
        jax.config.update("jax_enable_x64", False)


def read() -> list[str]:
    return [switch.fp32_precision for switch in backend._switches()]


@contextlib.contextmanager
def lowered(way: str) -> Iterator[None]:
    """The user's precision, set in each of the ways that torch has, or in both of them."""
    switches, everywhere = backend._switches(), torch.backends
    before = read()
    try:
        if "old" in way:
            torch.set_float32_matmul_precision("medium")
        if "all" in way:
            everywhere.fp32_precision = "bf16"  # pyright: ignore[reportAttributeAccessIssue]
        if "one" in way:
            switches[0].fp32_precision = "bf16"
        if "conv" in way:
            switches[1].fp32_precision = "bf16"
        yield
    finally:
        everywhere.fp32_precision = "none"  # pyright: ignore[reportAttributeAccessIssue]
        torch.set_float32_matmul_precision("highest")
        for switch, value in zip(switches, before, strict=True):
            switch.fp32_precision = value


WAYS = ("old", "all", "one", "conv", "old and one", "all and old", "conv and old")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("family", "name"), TORCH_ROWS)
def test_torch_kernels_keep_their_precision_and_the_users(family, name, way):
    before = read()
    kept = build(family, name, "torch", "float32")
    with lowered(way):
        found = read()
        assert "bf16" in found
        for kernel in (kept, build(family, name, "torch", "float32")):
            inside = []
            call = kernel._call
            kernel._call = lambda *given, call=call, inside=inside: (inside.append(read()), call(*given))[1]
            arrays = result(kernel)
            assert inside
            assert set(inside[0]) <= {"none", "ieee"}
            reference = result(build(family, name, "torch", "float64"))
            for key, array in reference.items():
                assert np.linalg.norm(arrays[key] - array) <= SEEN * np.linalg.norm(array)
            assert read() == found
        if "old" in way and "one" not in way:
            assert torch.get_float32_matmul_precision() == "medium"
    assert read() == before


LIBRARIES = [
    pytest.param(
        m.family, m.name, marks=() if m.name in ("torchflows_lu", "torchdeq_fixed_point") else pytest.mark.slow
    )
    for family in bench_core.FAMILIES
    for m in bench_core.methods(family, "torch")
    if m.role == "peer" or m.name in ("dopri5_direct_0.001", "inverse_dopri5_0.001")
]


@pytest.mark.parametrize(("family", "name"), [*TORCH_ROWS, *LIBRARIES])
def test_what_a_library_makes_without_a_dtype_is_float32(family, name):
    """Whatever torch's default is for the user, who finds it again."""
    kept = build(family, name, "torch", "float32")
    before = result(kept)
    torch.set_default_dtype(torch.float64)
    try:
        for kernel in (kept, build(family, name, "torch", "float32")):
            found = result(kernel)
            assert dtypes(found) == {"float32"}
            for key, array in before.items():
                np.testing.assert_array_equal(found[key], array)
            assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("way", WAYS)
def test_what_torch_computes_of_the_data_is_in_the_kernels_precision(way, monkeypatch):
    """The layer is linearised when a kernel is built, and when other data are placed."""
    inside = []
    linearise = Layer.at_point.__func__
    monkeypatch.setattr(
        Layer, "at_point", classmethod(lambda cls, *given: (inside.append(read()), linearise(cls, *given))[1])
    )
    with lowered(way):
        kernel = build("implicit", "dense", "torch", "float32")
        kernel.refill(bench_core.problem("implicit", **SIZES["implicit"]).unseen())
    assert len(inside) == 2
    assert {switch for switches in inside for switch in switches} <= {"none", "ieee"}


def test_what_torch_inherited_it_goes_on_inheriting():
    """After a kernel ran, the user's next word about all backends still reaches them."""
    kernel = build("implicit", "dense", "torch", "float32")
    with lowered("all"):
        result(kernel)
        torch.backends.fp32_precision = "tf32"  # pyright: ignore[reportAttributeAccessIssue]
        assert read()[:2] == ["tf32", "tf32"]


def test_torchs_switches_are_as_found_when_a_build_raises(monkeypatch):
    problem, m = bench_core.problem("logdet", **SIZES["logdet"]), bench_core.method("logdet", "relative", "torch")
    monkeypatch.setattr(backend, "prepare", lambda *given: 1 / 0)
    with lowered("old"):
        found = read()
        with pytest.raises(ZeroDivisionError):
            m.build(problem)
        assert read() == found
        assert torch.get_float32_matmul_precision() == "medium"


def test_on_a_gpu_the_look_sees_tf32(monkeypatch):
    """Of convolutions there it is the default; the GPU's switches can be read without one."""
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    before = read()
    assert before[3] != "ieee"
    assert not backend.is_pinned("float32")
    with backend.pinned("float32"):
        assert backend.is_pinned("float32")
    assert not backend.is_pinned("float32")
    assert read() == before


@pytest.mark.long
def test_a_process_that_times_pays_for_no_switch(run_python):
    done = run_python(
        "-c",
        "import torch; from bench_core.backends import torch as backend; torch.set_float32_matmul_precision('medium'); "
        "print(backend.is_pinned('float32')); backend.configure(1); print(backend.is_pinned('float32'))",
    )
    assert done.stdout.split() == ["False", "True"], done.stderr
