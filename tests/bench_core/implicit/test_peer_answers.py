"""Libraries' rows: each sample by itself or the batch as one system, and the products that an answer takes."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import bench_core

VMAPPED = {m.name for m in bench_core.methods("implicit", "jax") if m.settings.get("vmapped")}


def test_each_library_has_both_rows_of_every_solver():
    whole = {m.name for m in bench_core.methods("implicit", "jax") if m.role == "peer"} - VMAPPED
    assert {f"{name}_vmapped" for name in whole} == VMAPPED


@pytest.mark.parametrize(
    "name",
    ["jaxopt_bicgstab", pytest.param("lineax_bicgstab", marks=pytest.mark.slow)],
)
def test_a_vmapped_row_solves_every_sample_by_itself(name):
    """One sample a thousand times as large changes no other's answer; as one system they share a step length."""
    problem = bench_core.problem("implicit", D=32, B=3, gamma=0.9, T="random")
    kernel = bench_core.method("implicit", "jfb", "jax").build(problem, dtype="float64")
    v = np.array(kernel._placed["v"])
    moved = {}
    for row in (name, f"{name}_vmapped"):
        m = bench_core.method("implicit", row, "jax")
        try:
            solve = m.function
        except bench_core.Unavailable as missing:
            pytest.skip(str(missing))
        with kernel._backend.pinned("float64"):
            call = jax.jit(lambda v, solve=solve, m=m: solve(kernel._operator, v, **m.settings, rtol=1e-6).w)
            first, other = (np.array(call(v * np.array([[1.0], [s], [1.0]]))) for s in (1.0, 1e3))
        moved[row] = np.linalg.norm(other[0] - first[0]) / np.linalg.norm(first[0])
    assert moved[f"{name}_vmapped"] < 1e-12 < moved[name]


@pytest.mark.parametrize("T", ["random", "symmetric"])
def test_torchdeqs_anderson_takes_no_more_products_than_ours(T):
    """By default it solves for its weights with 1e-4 added to products of residuals, which are far smaller than that
    near the answer: it then took two to five times as many.
    """
    problem = bench_core.problem("implicit", D=64, B=4, gamma=0.9, T=T, tol=1e-6)
    taken = {}
    for name in ("torchdeq_anderson", "anderson"):
        try:
            taken[name] = bench_core.method("implicit", name, "torch").build(problem, dtype="float64").count()["vjps"]
        except bench_core.Unavailable as missing:
            pytest.skip(str(missing))
    assert taken["torchdeq_anderson"] <= 1.5 * taken["anderson"]
