"""Cost formulas against what is executed: ATen operations of the torch kernels, the compiled HLO of the JAX kernels.

Both waste (a product too many) and elimination (a product the compiler removed) would show as a difference.
"""

from __future__ import annotations

import pytest

import bench_core
from tests.bench_core import hlo
from tests.bench_core.aten import Count

SIZES = [(24, 10, 3), (10, 30, 2), (16, 16, 2)]
# FLOPs of the factorisations in D^3 a call. LAPACK's trsm solves one triangle with D right-hand sides.
TORCH = {"_linalg_slogdet": 2 / 3, "linalg_inv_ex": 8 / 3, "linalg_lu_solve": 2.0}
XLA = {"lapack_sgetrf_ffi": 2 / 3, "lapack_strsm_ffi": 1.0}


def _factorised(m, D: int, B: int) -> int:
    """Size of the matrices a method factorises."""
    return min(B, D) if m.name == "value_tracking" else D


@pytest.mark.parametrize(("D", "B", "L"), SIZES)
@pytest.mark.parametrize("m", bench_core.methods("logdet", "torch"), ids=lambda m: m.name)
def test_torch_executes_what_the_formula_says(m, D, B, L):
    problem = bench_core.problem("logdet", D=D, B=B, L=L)
    kernel = m.build(problem)
    with Count() as count:
        kernel.run()
    factorised = sum(TORCH[name] * calls for name, calls in count.others.items() if name in TORCH)
    flops = count.product_flops + factorised * _factorised(m, D, B) ** 3
    assert flops == pytest.approx(m.cost(problem).flops, rel=1e-12)
    assert set(count.others) <= {*TORCH, "_linalg_check_errors"}


@pytest.mark.parametrize(("D", "B", "L"), SIZES)
@pytest.mark.parametrize("m", bench_core.methods("logdet", "jax"), ids=lambda m: m.name)
def test_xla_executes_what_the_formula_says(m, D, B, L):
    problem = bench_core.problem("logdet", D=D, B=B, L=L)
    text = m.build(problem)._call.as_text()
    calls = hlo.custom_calls(text)
    # A batched call is one custom call: B of them for the Jacobians.
    batch = B if m.name == "jacobian_autodiff" else 1
    factorised = batch * sum(XLA[name] * number for name, number in calls.items() if name in XLA)
    flops = hlo.matrix_flops(text) + factorised * _factorised(m, D, B) ** 3
    saved = {
        # The product Z W^T that the paper's order takes twice is one common subexpression.
        "relative_published": 2 * B * D**2 * L,
        # The product with the identity and its gradient are not taken for every sample: they are W itself.
        "jacobian_autodiff": 4 * B * D**3 - 4 * D**3,
    }
    assert flops == pytest.approx(m.cost(problem).flops - saved.get(m.name, 0), rel=1e-12)


def test_the_formulas_of_the_paper():
    """(4L-1) u and its neighbours, u = 2 B D^2."""
    problem = bench_core.problem("logdet", D=1000, B=100, L=2)
    u, cube = 2 * 100 * 1000**2, 1000**3
    want = {
        "relative": 7 * u,
        "relative_published": 9 * u,
        "transposed": 8 * u,
        "inverse": 5 * u + 16 / 3 * cube,
        "slogdet_autodiff": 5 * u + 16 / 3 * cube,
        "relative_step": 7 * u,
        "gemm_floor": 7 * u,
        "slogdet": 4 / 3 * cube,
    }
    for name, flops in want.items():
        assert bench_core.method("logdet", name, "torch").cost(problem).flops == pytest.approx(flops)
