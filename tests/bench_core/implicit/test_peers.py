"""Libraries' rows: right wherever ours are, no better than asked for, and with no setting that only takes time."""

from __future__ import annotations

import statistics
import time

import jax
import numpy as np
import pytest

import bench_core
from bench_core.implicit import ImplicitProblem
from bench_core.implicit.settings import KEPT
from bench_core.implicit.tuning import LARGEST, find_fewest, find_loosest

PEERS = [m for b in bench_core.BACKENDS for m in bench_core.methods("implicit", b) if m.role == "peer"]
JAX = [m for m in PEERS if m.backend == "jax"]
TORCHDEQ = [m for m in PEERS if "torchdeq" in m.name]
DOUBLE = "float64"


def _name(m):
    return f"{m.backend}-{m.name}"


def _build(m, problem, dtype=DOUBLE):
    try:
        return m.build(problem, dtype=dtype)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


def _run(m, problem, dtype=DOUBLE):
    kernel = _build(m, problem, dtype)
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def _with(m, kernel, problem, **changed):
    """The residual with other settings of the library."""
    with kernel._backend.pinned(DOUBLE):
        w = m.function(kernel._operator, kernel._placed["v"], **kernel.settings | changed).w
    return problem.quality(kernel.to_numpy(kernel.run()) | {"w": np.asarray(w)}, m)["residual"]


# One row a library in JAX, which compiles a row again and again while its tolerance is searched.
FEW = ("jaxopt_bicgstab", "lineax_bicgstab", "optimistix_fixed_point")


@pytest.mark.parametrize(
    "m",
    [
        m if m.backend == "torch" or m.name in (*FEW, "matfree_lsmr") else pytest.param(m, marks=pytest.mark.slow)
        for m in PEERS
    ],
    ids=_name,
)
def test_a_librarys_answer_is_right_and_not_better_than_asked_for(m):
    """By the oracle's own residual, as ours are judged; not below a third of the tolerance unless the next looser
    setting misses it: an iteration more can gain that much.
    """
    problem = bench_core.problem("implicit", D=32, B=4, gamma=0.9, T="random", tol=1e-6)
    kernel = _build(m, problem)
    got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
    assert problem.fault(got, m, DOUBLE) == ""
    assert problem.error(got, m) < 1e-4
    reached = problem.quality(got, m)["residual"]
    if reached < problem.tol / 3:
        if kernel.settings["rtol"] > LARGEST:
            looser = {"restart": kernel.settings["restart"] - 1}
        else:
            looser = {"rtol": 1.3 * kernel.settings["rtol"]}
        assert _with(m, kernel, problem, **looser) > problem.tol


@pytest.mark.slow
@pytest.mark.parametrize("m", [m for m in PEERS if "lineax_bicgstab" in m.name], ids=_name)
@pytest.mark.parametrize("T", ["random", "symmetric"])
def test_bicgstab_in_float32_is_not_better_than_asked_for_either(m, T):
    """It may end at what it takes for a breakdown: short of the tolerance, which the judge says."""
    problem = bench_core.problem("implicit", D=64, B=8, gamma=0.9, T=T, tol=1e-4)
    kernel = _build(m, problem, "float32")
    got = kernel.to_numpy(kernel.run())
    reached = problem.quality(got, m)["residual"]
    if problem.fault(got, m, "float32"):
        assert reached > problem.tol
    else:
        assert reached >= problem.tol / 3


@pytest.mark.parametrize("m", TORCHDEQ, ids=_name)
@pytest.mark.parametrize("T", ["random", "rotation"])
def test_iteration_limits_are_those_of_the_run(m, T):
    """torchdeq allocates and pads by its limit: with 3,000 it took up to ten times as long for the same answer."""
    problem = bench_core.problem("implicit", D=32, B=4, gamma=0.9, T=T, tol=1e-6)
    kernel = _build(m, problem)
    counted = kernel._operators.Counted(kernel._operator)
    m.function(counted, kernel._placed["v"], **kernel.settings)
    assert counted.vjps <= kernel.settings["max_iter"] + 1 <= 1.05 * counted.vjps + 3


@pytest.mark.parametrize(
    "m",
    [
        pytest.param(m, marks=pytest.mark.slow) if m.name.startswith("lineax") else m
        for m in PEERS
        if m.settings.get("solver") == "gmres"
    ],
    ids=_name,
)
def test_restarts_are_ours(m):
    """The worst case of GMRES: several cycles, as long as ours."""
    problem = bench_core.problem("implicit", D=64, B=3, gamma=0.95, T="rotation", tol=1e-6)
    kernel = _build(m, problem)
    assert kernel.settings.get("restart", KEPT) == KEPT
    assert problem.fault(kernel.to_numpy(kernel.run()), m, DOUBLE) == ""


ZEROS = ("zero rows in v", "A = 0", "v = 0", "d = 0")


def _zeros():
    """JAX compiles a library's solver in seconds, twice for every row: two cases of one row a library by default."""
    for m in PEERS:
        for case in ZEROS:
            slow = m.backend == "jax" and (case in ZEROS[2:] or m.name not in FEW)
            yield pytest.param(m, case, marks=pytest.mark.slow if slow else (), id=f"{_name(m)}-{case}")


@pytest.mark.parametrize(("m", "case"), list(_zeros()))
def test_zeros_are_no_trouble(m, case):
    problem = bench_core.problem("implicit", D=9, B=3, T="random", gamma=0.8)
    a = dict(problem.arrays)
    if case == "A = 0":
        a["A"] = np.zeros_like(a["A"])
    elif case == "d = 0":
        a["d"] = np.zeros_like(a["d"])
    else:
        a["v"][0 if case == "zero rows in v" else slice(None)] = 0
    own = ImplicitProblem.from_arrays(a["A"], a["d"], a["v"])
    got = _run(m, own)
    assert own.fault(got, m, DOUBLE) == ""
    assert own.error(got, m) < 1e-5


@pytest.mark.parametrize("m", [m if m.name in FEW else pytest.param(m, marks=pytest.mark.slow) for m in JAX], ids=_name)
def test_float32_is_float32_whatever_the_users_switch(m):
    problem = bench_core.problem("implicit", D=8, B=2, gamma=0.5, T="symmetric", tol=1e-3)
    plain = _run(m, problem, "float32")
    with jax.enable_x64(True):
        under = _run(m, problem, "float32")
    for name, array in under.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, plain[name])


@pytest.mark.parametrize("power", [-9.0, -3.0, 0.0, 0.7, 4.0, 9.3])
def test_the_search_of_a_tolerance_has_no_bound(power):
    """A library's tolerance may mean anything: powers of ten off in either direction."""
    calls = []

    def residual(x):
        calls.append(x)
        return x * 10**power

    found = find_loosest(residual, 1e-6)
    assert 1e-6 / 1.25 <= residual(found) <= 1e-6
    assert len(calls) <= 8 + abs(power)


def test_the_search_ends_where_no_tolerance_matters_or_none_serves():
    assert find_loosest(lambda x: 0.0, 1e-6) > LARGEST
    assert find_loosest(lambda x: float("nan"), 1e-6) == 1e-6
    floor = find_loosest(lambda x: max(x, 3e-6) if x > 1e-9 else 4e-6, 1e-6)
    assert 1e-9 < floor <= 3e-6


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.7])
def test_the_search_of_a_whole_number(rate):
    def residual(n):
        return rate**n

    found = find_fewest(residual, 1e-3, 30)
    assert residual(found) <= 1e-3
    assert residual(found) >= 1e-3 / 2 or residual(found - 1) > 1e-3
    assert find_fewest(lambda n: 1.0, 1e-3, 30) == 30


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("m", TORCHDEQ, ids=_name)
def test_no_setting_costs_a_tenth(m):
    """A limit of exactly as many iterations as the run takes gives the same bits; ours takes no tenth longer."""
    problem = bench_core.problem("implicit", D=256, B=64, gamma=0.9, T="random", tol=1e-6)
    kernel = _build(m, problem)
    counted = kernel._operators.Counted(kernel._operator)
    m.function(counted, kernel._placed["v"], **kernel.settings)
    exact = int(counted.vjps) - ("broyden" in m.name)
    times = {limit: [] for limit in (kernel.settings["max_iter"], exact)}
    answers = {}
    for _ in range(25):
        for limit, taken in times.items():
            start = time.perf_counter()
            answers[limit] = m.function(
                kernel._operator, kernel._placed["v"], **kernel.settings | {"max_iter": limit}
            ).w
            taken.append(time.perf_counter() - start)
    ours, least = (statistics.median(taken) for taken in times.values())
    assert all(np.array_equal(a, answers[exact]) for a in answers.values())
    assert ours <= 1.1 * least
