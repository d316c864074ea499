"""Cost formulas against the paper's."""

from __future__ import annotations

import pytest

import bench_core


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
