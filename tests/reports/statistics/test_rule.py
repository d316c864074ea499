"""The shortest rule: against trying every rule there is, and what no range covers."""

import itertools
import math

import numpy as np
import pytest

from reports.statistics import find_plan


def follow(sizes, regrets, ranges):
    """Regret at each size of following the ranges; infinite where the method may not be used."""
    losses = []
    for first, last, row in ranges:
        losses += [
            entry.get(row, math.inf) for size, entry in zip(sizes, regrets, strict=True) if first <= size <= last
        ]
    assert len(losses) == len(sizes)
    return losses


def try_all(regrets, count):
    """Least worst regret of any split into `count` ranges with any method in each."""
    rows = sorted({row for entry in regrets for row in entry})
    least = math.inf
    for cuts in itertools.combinations(range(1, len(regrets)), count - 1):
        edges = [0, *cuts, len(regrets)]
        worst = max(
            min(max(entry.get(row, math.inf) for entry in regrets[i:j]) for row in rows)
            for i, j in itertools.pairwise(edges)
        )
        least = min(least, worst)
    return least


@pytest.mark.parametrize("seed", range(30))
def test_is_as_short_and_as_good_as_any(seed):
    rng = np.random.default_rng(seed)
    sizes = np.cumsum(rng.integers(1, 50, 6)).astype(float)
    regrets = [{row: float(rng.exponential(0.15)) for row in "abcd" if rng.random() < 0.9} or {"a": 0.0} for _ in sizes]
    plan = find_plan(sizes, regrets, within=0.1)
    losses = follow(sizes, regrets, plan.ranges)
    assert max(losses) == pytest.approx(plan.worst)
    assert losses[list(sizes).index(plan.at)] == plan.worst
    best = {count: try_all(regrets, count) for count in range(1, 7)}
    short = next((count for count in (1, 2, 3) if best[count] <= 0.1), None)
    if short is not None:
        assert (len(plan.ranges), plan.worst <= 0.1) == (short, True)
    elif math.isfinite(best[3]):
        assert plan.worst == pytest.approx(min(best[count] for count in (1, 2, 3)))
    else:
        assert len(plan.ranges) == next(count for count in best if math.isfinite(best[count]))


def test_one_method_where_one_will_do():
    regrets = [{"a": 0.0, "b": 0.08}, {"a": 0.3, "b": 0.0}, {"a": 0.0, "b": 0.09}]
    plan = find_plan([1, 2, 3], regrets, within=0.1)
    assert plan.ranges == ((1, 3, "b"),)
    assert (plan.worst, plan.at) == (0.09, 3)


def test_of_equal_rules_the_one_that_loses_least_elsewhere():
    regrets = [{"a": 0.05, "b": 0.05}, {"a": 0.04, "b": 0.01}]
    assert find_plan([1, 2], regrets, within=0.1).ranges == ((1, 2, "b"),)


def test_a_method_that_ends_needs_a_range_more():
    regrets = [{"a": 0.0, "b": 0.5}, {"a": 0.0, "b": 0.5}, {"b": 0.0}, {"b": 0.0, "a": math.nan}]
    assert find_plan([1, 2, 3, 4], regrets, within=0.1).ranges == ((1, 2, "a"), (3, 4, "b"))


def test_more_ranges_than_three_only_where_nothing_else_runs():
    regrets = [{row: 0.0} for row in "abcd"]
    assert [row for _, _, row in find_plan([1, 2, 3, 4], regrets, within=0.1).ranges] == list("abcd")
    zigzag = [{"a": 0.0, "b": 0.3}, {"a": 0.2, "b": 0.0}] * 3
    plan = find_plan(range(1, 7), zigzag, within=0.1)
    assert (len(plan.ranges), plan.worst) == (1, 0.2)


def test_refuses_what_is_no_table_of_regrets():
    assert find_plan([], [], within=0.1) is None
    with pytest.raises(ValueError, match="one for each size, got 1 for 2"):
        find_plan([1, 2], [{"a": 0.0}], within=0.1)
    with pytest.raises(ValueError, match="no method may be used at size 2"):
        find_plan([1, 2], [{"a": 0.0}, {"a": math.nan}], within=0.1)
    with pytest.raises(ValueError, match="strictly increasing"):
        find_plan([2, 1], [{"a": 0.0}, {"a": 0.0}], within=0.1)
    with pytest.raises(ValueError, match="within"):
        find_plan([1], [{"a": 0.0}], within=-1)
