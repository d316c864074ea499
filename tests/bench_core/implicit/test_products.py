"""Products: the cost formulas against what the operator counts, over random sizes, maps and tolerances."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import example, given, settings

import bench_core
from tests.bench_core.judges.implicit import SIZES
from tests.examples import THOROUGH, examples

PRODUCT = re.compile(r" dot\(|__onednn\$matmul")
METHODS = [m for b in bench_core.BACKENDS for m in bench_core.methods("implicit", b) if m.role != "peer"]
DEEP = 100  # unrolled methods beyond this differ from those before it in their time only


# More iterations than GMRES and Broyden's method keep vectors.
LONG = {"D": 64, "B": 2, "gamma": 0.95, "T": "rotation", "tol": 1e-6}


def _check(m, sizes) -> None:
    problem = bench_core.problem("implicit", seed=1, **sizes)
    kernel = m.build(problem, dtype="float64")
    out = kernel.run()
    cost = m.cost(problem, "float64", kernel.iterations(out))
    assert kernel.count() == {"vjps": cost.vjps, "jvps": cost.jvps, "evaluations": cost.evaluations}, sizes


@pytest.mark.parametrize("m", [m for m in METHODS if m.backend == "torch"], ids=lambda m: f"{m.backend}-{m.name}")
def test_counts_equal_the_formulas(m):
    @settings(max_examples=1 if m.settings.get("K", 0) >= DEEP else examples(quick=4, thorough=25))
    @example(sizes=LONG)
    @given(sizes=SIZES)
    def check(sizes):
        _check(m, sizes)

    check()


def _compiled():
    """Of JAX's rows that differ in how often they turn, and of solvers, one of each kind: it takes seconds to compile
    one and its count.
    """
    twins = ("cg_published", "bicgstab_global", "forward_anderson", "forward_broyden", "anderson", "broyden")
    twins += ("bicgstab", "shine", "dense", "unrolled_checkpointed_10")
    for m in METHODS:
        if m.backend == "jax":
            again = m.settings.get("K", 10) != 10 or m.settings.get("k", 5) != 5 or m.name in twins
            again |= m.computes == "warm_gradient" or m.declaration.kernel in ("gmres_k", "bicgstab_k")
            yield pytest.param(m, marks=pytest.mark.slow if again else (), id=f"{m.backend}-{m.name}")


@pytest.mark.parametrize("m", list(_compiled()))
def test_counts_equal_the_formulas_in_compiled_programs(m):
    """JAX compiles for every size, and again for the count: one size, drawn anew in every run, and a long one.

    Without the slow tests solvers have the long one only, the others the one that is drawn.
    """
    if m.iterative:
        _check(m, LONG)
        if not THOROUGH:
            return
    drawn = {"D": random.randint(2, 20), "B": random.randint(2, 6), "gamma": random.uniform(0.3, 0.9)}
    _check(m, drawn | {"T": random.choice(["random", "symmetric", "rotation"]), "tol": 10 ** random.uniform(-9, -2)})


@pytest.mark.parametrize("D", [24, 130])
def test_the_published_conjugate_gradients_count_the_products_that_run(D):
    """Matrix products in the body of the compiled loop, and outside of it."""
    problem = bench_core.problem("implicit", D=D, B=3, T="random")
    m = bench_core.method("implicit", "cg_published", "jax")
    kernel = m.build(problem)
    made = [line for line in kernel._call.as_text().split("\n") if PRODUCT.search(line)]
    inside = sum("while/body" in line for line in made)
    n = 7
    cost = m.cost(problem, iterations=n)
    # One product more is the parameters' gradient.
    assert inside * n + (len(made) - inside) - 1 == cost.vjps + cost.jvps


@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_the_best_exact_method_takes_a_fraction_of_the_published_products(backend):
    """gamma = 0.9, random A, D = 512, B = 64, float64, to 1e-6; XLA makes four of the published six an iteration.

    Without the slow tests at a fifth of the work.
    """
    sizes = {"D": 512, "B": 64} if THOROUGH else {"D": 256, "B": 24}
    problem = bench_core.problem("implicit", **sizes, gamma=0.9, T="random", tol=1e-6)
    products = {}
    for m in bench_core.methods("implicit", backend):
        if m.iterative and m.role == "method" and m.computes == "parameter_gradient":
            kernel = m.build(problem, dtype="float64")
            out = kernel.run()
            assert problem.fault(kernel.to_numpy(out), m, "float64") == ""
            cost = m.cost(problem, "float64", kernel.iterations(out))
            products[m.name] = cost.vjps + cost.jvps
    published = products.pop("cg_published")
    share = {"torch": 6, "jax": 4}[backend]
    assert min(products.values()) <= published / share, products | {"cg_published": published}
