"""A promise is broken by what chance does not explain."""

import numpy as np
import pytest

from tests.performance.ratios import pair, refute


@pytest.mark.parametrize(("ratios", "broken"), [([1.3] * 6, True), ([1.3] * 5 + [1.0], False), ([1.2] * 20, False)])
def test_a_promise_is_broken_where_chance_does_not_explain_it(ratios, broken):
    assert bool(refute(np.array(ratios), 1.25)) == broken


def test_it_is_said_by_how_much():
    assert refute(np.array([1.3] * 9 + [1.0]), 1.25) == "1.300, and 9 of 10 rounds above 1.250"


def test_only_rounds_of_both_rows_are_paired():
    rows = {
        "a": {"rounds": [*range(8)], "samples_s": [2.0] * 8},
        "b": {"rounds": [*range(1, 9)], "samples_s": [1.0] * 8},
    }
    assert pair({"rows": rows}, "a", "b").tolist() == [2.0] * 7
