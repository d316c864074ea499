"""Cost formulas against the paper's."""

from __future__ import annotations

import pytest

import bench_core
from bench_core.logdet import settings


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
        "ordinary_with_value": 5 * u + 16 / 3 * cube,
        "inverse_tracked": 12 * u + 2 * (4 * 100**2 * 1000 + 2 / 3 * 100**3),
    }
    for name, flops in want.items():
        assert bench_core.method("logdet", name, "torch").cost(problem).flops == pytest.approx(flops)
    # XLA takes the product that the paper's order repeats once, and that of each Jacobian with the identity.
    for name, fewer in (("relative_published", 2 * u), ("jacobian_autodiff", 4 * (100 - 1) * cube)):
        torch, jax = (bench_core.method("logdet", name, backend).cost(problem).flops for backend in ("torch", "jax"))
        assert jax == pytest.approx(torch - fewer)


@pytest.mark.parametrize(("D", "blocks"), [(300, 1), (1000, 4), (20000, 8)])
def test_triangles_take_half_of_a_dense_product(D, blocks):
    """And of each block the other half of its own square: (1 + 1 / n) / 2 with n equal blocks."""
    problem = bench_core.problem("logdet", D=D, B=100, L=2)
    assert len(settings.blocks(D)) == blocks
    flops = bench_core.method("logdet", "lu_layer", "torch").cost(problem).flops
    assert flops == pytest.approx(11 * 2 * 100 * D**2 * (1 + 1 / blocks) / 2)


def test_a_few_samples_hold_fewer_jacobians():
    few, whole = (
        bench_core.method("logdet", name, "torch") for name in ("jacobian_autodiff_chunked", "jacobian_autodiff")
    )
    for D, share in ((100, 1), (1000, 1 / 100)):
        problem = bench_core.problem("logdet", D=D, B=100, L=1)
        assert few.cost(problem).flops == whole.cost(problem).flops
        assert few.cost(problem).peak_bytes == pytest.approx(share * whole.cost(problem).peak_bytes, rel=0.5)


def test_parts_that_xla_loops_over_divide_the_batch():
    """Of a prime number of samples each is a part, however many have room, with the product with the identity."""
    problem = bench_core.problem("logdet", D=200, B=101, L=2)
    few, whole = (
        bench_core.method("logdet", name, "jax").cost(problem)
        for name in ("jacobian_autodiff_chunked", "jacobian_autodiff")
    )
    assert few.flops - whole.flops == pytest.approx(4 * (101 - 1) * 200**3)
