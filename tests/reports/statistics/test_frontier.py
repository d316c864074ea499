"""Frontiers: of clean, mixed, one-sided and empty series."""

import pytest

from reports.statistics import Frontier, find_frontier


@pytest.mark.parametrize(
    ("outcomes", "frontier"),
    [
        ([(10, "ok"), (100, "ok"), (1000, "oom"), (2000, "skipped")], Frontier(100, 1000, "oom")),
        ([(2000, "timeout"), (10, "ok"), (1000, "oom")], Frontier(10, 1000, "oom")),
        ([(10, "ok")], Frontier(10, None, None)),
        ([(10, "over_budget")], Frontier(None, 10, "over_budget")),
        ([(10, "wrong"), (20, "ok")], Frontier(20, 10, "wrong")),
        ([(10, "ok"), (20, "ok"), (20, "oom"), (20, "ok")], Frontier(10, 20, "oom")),
    ],
)
def test_finds_both_sides(outcomes, frontier):
    assert find_frontier(outcomes) == frontier


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        ([], "at least one"),
        ([(0, "ok")], "size must be positive, got 0"),
        ([(-1, "ok")], "size must be finite and in"),
        ([(float("nan"), "ok")], "size must be finite and in"),
        ([(1, "crashed")], "outcome must be one of ok, skipped.*got 'crashed'"),
    ],
)
def test_refuses_what_is_no_outcome(outcomes, message):
    with pytest.raises(ValueError, match=message):
        find_frontier(outcomes)
