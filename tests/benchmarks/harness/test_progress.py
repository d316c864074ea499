"""The estimate of the rest."""

from __future__ import annotations

from benchmarks.harness.progress import estimate_left


def test_expected_seconds_need_only_be_right_in_proportion():
    assert estimate_left([(1.0, 2.0), (3.0, 6.0)], [5.0]) == 10.0


def test_none_before_the_first_cell():
    assert estimate_left([], [1.0]) is None
