"""Products: the cost formulas against what the operator counts, over random sizes, maps and tolerances."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import example, given, settings

import bench_core
from tests.bench_core.judges.implicit import SIZES
from tests.examples import THOROUGH, examples

PRODUCT = re.compile(r" dot\(|__onednn\$matmul")
BATCHED = re.compile(r"lhs_batch_dims=\{\d")
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


@pytest.mark.long
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


def _made(kernel) -> Counter[int]:
    """Matrix products in the text of a compiled program, by how many loops they stand in. Those of a batch, such as
    Anderson's Gram matrices, are none with the operator.
    """
    lines = [line for line in kernel._call.as_text().split("\n") if PRODUCT.search(line) and not BATCHED.search(line)]
    return Counter(line.count("while/body") for line in lines)


@pytest.mark.parametrize("D", [24, 130])
def test_the_published_conjugate_gradients_count_the_products_that_run(D):
    """Matrix products in the body of the compiled loop, and outside of it."""
    problem = bench_core.problem("implicit", D=D, B=3, T="random")
    m = bench_core.method("implicit", "cg_published", "jax")
    made = _made(m.build(problem))
    n = 7
    cost = m.cost(problem, iterations=n)
    # One product more is the parameters' gradient.
    assert made[1] * n + made[0] - 1 == cost.vjps + cost.jvps


def _programs():
    """JAX's rows of our own; those that turn longer than another one, and solvers' twins, in the slow tests."""
    for m in METHODS:
        if m.backend == "jax" and not m.name.startswith("unrolled"):
            again = m.settings.get("k", 5) != 5 or m.name in ("bicgstab_global", "forward_anderson", "gmres_warm")
            yield pytest.param(m, marks=pytest.mark.slow if again else (), id=m.name)


@pytest.mark.parametrize("m", [*_programs()])
def test_programs_make_the_products_that_are_counted(m):
    """The compiler shares none, and repeats none: what stands in a program without a loop, or in the innermost one."""
    problem = bench_core.problem("implicit", D=24, B=3, T="random")
    made = _made(m.build(problem))
    if not m.iterative:
        cost = m.cost(problem)
        # One product more is the parameters' gradient.
        assert made == Counter({0: cost.vjps + cost.jvps + cost.evaluations + 1})
        return
    turn = 2 if m.name.startswith("bicgstab") else 1  # two half steps
    fewer, more = (m.cost(problem, iterations=n) for n in (4, 4 + turn))
    each = [cost.vjps + cost.jvps + cost.evaluations for cost in (fewer, more)]
    assert made[max(made)] == each[1] - each[0]


def test_an_unrolled_program_makes_the_products_that_are_counted():
    problem = bench_core.problem("implicit", D=24, B=3, T="random")
    m = bench_core.method("implicit", "unrolled_10", "jax")
    made, cost = _made(m.build(problem)), m.cost(problem)
    # The loops leave one of the ten steps out, there and back; each has a gradient of the parameters.
    assert made[1] * 9 + made[0] == cost.evaluations + cost.vjps + 10


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
