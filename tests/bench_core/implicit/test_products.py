"""Products: the cost formulas against what the operator counts, over random sizes, maps and tolerances."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

import bench_core
from tests.bench_core.judges.implicit import SIZES

METHODS = [m for b in bench_core.BACKENDS for m in bench_core.methods("implicit", b) if m.role != "peer"]
DEEP = 100  # unrolled methods beyond this differ from those before it in their time only


@pytest.mark.parametrize("m", METHODS, ids=lambda m: f"{m.backend}-{m.name}")
def test_counts_equal_the_formulas(m):
    deep = m.settings.get("K", 0) >= DEEP
    # JAX compiles for every size, and again for the count.
    examples = 12 if m.backend == "torch" and not deep else 1

    # The second takes more iterations than GMRES and Broyden's method keep vectors.
    @settings(max_examples=examples, deadline=None, database=None)
    @example(sizes={"D": 9, "B": 3, "gamma": 0.9, "T": "symmetric", "tol": 1e-6})
    @example(sizes={"D": 64, "B": 2, "gamma": 0.95, "T": "rotation", "tol": 1e-6})
    @given(sizes=SIZES)
    def check(sizes):
        problem = bench_core.problem("implicit", seed=1, **sizes)
        kernel = m.build(problem, dtype="float64")
        out = kernel.run()
        cost = m.cost(problem, "float64", kernel.iterations(out))
        assert kernel.count() == {"vjps": cost.vjps, "jvps": cost.jvps, "evaluations": cost.evaluations}

    check()


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_the_best_exact_method_takes_a_sixth_of_the_published_products(backend):
    """gamma = 0.9, random A, D = 512, B = 64, float64, to 1e-6."""
    problem = bench_core.problem("implicit", D=512, B=64, gamma=0.9, T="random", tol=1e-6)
    products = {}
    for m in bench_core.methods("implicit", backend):
        if m.iterative and m.role == "method" and m.computes == "parameter_gradient":
            kernel = m.build(problem, dtype="float64")
            out = kernel.run()
            assert problem.fault(kernel.to_numpy(out), m, "float64") == ""
            cost = m.cost(problem, "float64", kernel.iterations(out))
            products[m.name] = cost.vjps + cost.jvps
    published = products.pop("cg_published")
    assert min(products.values()) <= published / 6, products | {"cg_published": published}
