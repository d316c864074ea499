"""The search of a library's setting: loose enough, with few solves, and with what the next looser one reaches."""

from __future__ import annotations

import math

import pytest

from bench_core.implicit.tuning import LARGEST, NEAR, find_fewest, find_loosest, tune

TOL = 1e-6
# What there is beside the tenfold steps: one interpolation and four bisections, twice, and three looser ones between.
MOST = 13


def _counted(residual):
    """The function and the numbers that it was asked for."""
    calls = []

    def counted(x):
        calls.append(x)
        return residual(x)

    return counted, calls


@pytest.mark.parametrize("power", [-9.0, -3.0, 0.0, 0.7, 4.0, 9.3])
def test_a_tolerance_has_no_bound(power):
    """A library's tolerance may mean anything: powers of ten off in either direction."""
    residual, calls = _counted(lambda x: x * 10**power)
    found, missed = find_loosest(residual, TOL)
    assert TOL / 1.25 <= found * 10**power <= TOL < missed * 10**power
    # A residual in proportion to the tolerance is interpolated at once.
    assert len(calls) <= 4 + abs(power)


@pytest.mark.parametrize("edge", [1.3e-9, 3e-7, 4.4e-6, 8e-3])
def test_a_step_is_found_from_both_sides(edge):
    """Superlinear convergence, or a finite one: the residual falls by a factor 10^5 within one step."""
    residual, calls = _counted(lambda x: 1e-9 if x < edge else 1e-4)
    found, missed = find_loosest(residual, TOL)
    assert missed is not None
    assert found < edge <= missed <= NEAR * found
    assert len(calls) <= abs(math.log10(edge / TOL)) + 3 + MOST


def test_a_looser_tolerance_that_serves_again_is_found():
    """A residual need not fall with the tolerance: BiCGStab's goes up and down."""

    def residual(x):
        return 1e-9 if x < 2e-6 else 5e-6 if x < 6e-6 else 0.9e-6 if x < 1.5e-5 else 2e-6

    counted, calls = _counted(residual)
    found, missed = find_loosest(counted, TOL)
    assert missed is not None
    assert 6e-6 <= found < 1.5e-5 <= missed
    assert len(calls) <= 3 + MOST
    # Once: what is hidden behind two such waves stays hidden, and the search short.
    counted, calls = _counted(lambda x: 1e-9 if math.log(x) % 1 < 0.5 else 1e-4)
    assert counted(find_loosest(counted, TOL)[0]) <= TOL
    assert len(calls) <= 24 + MOST


def test_it_ends_where_no_tolerance_matters_or_none_serves():
    found, missed = find_loosest(lambda x: 0.0, TOL)
    assert found > LARGEST
    assert missed is None
    assert find_loosest(lambda x: float("nan"), TOL) == (TOL, None)
    floor, missed = find_loosest(lambda x: max(x, 3e-6) if x > 1e-9 else 4e-6, TOL)
    assert 1e-9 < floor <= 3e-6
    assert missed is None


def test_a_tolerance_is_tried_once_and_its_own_residual_is_told():
    """Of a format that cannot hold the tolerance too: less what it holds the answers are searched for anew, what is
    told is the residual itself.
    """
    held = 5e-6
    residuals, calls = _counted(lambda x: (x + held, x))
    found, looser = tune(residuals, TOL, lambda x: (x + held, x))
    assert TOL / 1.25 <= found <= TOL
    assert looser > TOL + held
    assert len(set(calls)) == len(calls)
    found, looser = tune(lambda x: (x, x - held), TOL, lambda x: (x, x - held))
    assert found <= TOL < looser
    assert math.isnan(tune(lambda x: (0.0, 0.0), TOL, lambda x: (0.0, 0.0)).looser)


@pytest.mark.parametrize("worse", [1.0, 1.1, 1.7, 30.0])
def test_what_rounding_moves_is_held_to_the_tolerance_as_well(worse):
    """A chaotic iteration stops elsewhere where its data differ by rounding; no library is told tighter for nothing."""
    found, looser = tune(lambda x: 2 * (x,), TOL, lambda x: 2 * (worse * x,))
    assert worse * found <= TOL < looser
    assert found >= TOL / (1.5 * worse)
    found, _ = tune(lambda x: 2 * (x,), TOL, lambda x: 2 * (x if x < TOL / 30 else math.nan,))
    assert found < TOL / 30


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.7])
@pytest.mark.parametrize("unit", [1e-4, 3.0])
def test_what_is_tuned_on_some_data_holds_on_other(rate, unit):
    """An iteration stops at the first iterate whose residual, in the library's unit, is below its tolerance; on other
    data the iterates lie elsewhere, where a tolerance just below one that missed lets another one pass that misses.
    """

    def stopped(x, first):
        residual = first
        while not residual * unit <= x:
            residual *= rate
        return residual

    def residuals(x):
        return 2 * (stopped(x, 1.0),)

    setting, looser = tune(residuals, TOL, residuals)
    assert looser > TOL
    assert stopped(setting, 1.0) == stopped(TOL * unit, 1.0)  # the loosest that serves: no iteration is added
    others = [stopped(setting, first) for first in (0.9, 0.7, 0.5, 0.3, 0.1, 0.06)]
    assert max(others) <= TOL * max(1.0, looser / TOL / 10)  # a tenth of what an iteration gains at the most


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.7])
def test_a_whole_number(rate):
    def residual(n):
        return rate**n

    found, looser = find_fewest(residual, 1e-3, 30)
    assert residual(found) <= 1e-3
    assert residual(found) >= 1e-3 / 2 or residual(found - 1) == looser
    assert not looser <= 1e-3
    assert find_fewest(lambda n: 1.0, 1e-3, 30).setting == 30
    assert math.isnan(find_fewest(lambda n: 1.0, 1e-3, 30).looser)
    found, looser = find_fewest(lambda n: 8e-4, 1e-3, 30)  # near enough: no other is tried, and none is told of
    assert found == 30
    assert math.isnan(looser)
