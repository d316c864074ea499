"""A lent spread is wider than what it was measured as, by what the cells leave open, and covers other cells."""

import math

import numpy as np
import pytest

from reports.statistics import ENOUGH_CELLS, bound_spread, choose_spread, fit_spread, reach_process


def simulate(rng, cells, rows=12, processes=3, apart=0.5):
    """Cells whose rows share a level of noise, which differs from cell to cell."""
    levels = 0.03 * np.exp(rng.normal(0, apart, cells))
    return [[rng.normal(0, level, processes) for _ in range(rows)] for level in levels]


def reach(spread, confidence=0.95):
    return float(reach_process(np.zeros(1), spread, confidence))


def test_it_is_bounded_from_above_and_says_that_it_is_lent():
    cells = simulate(np.random.default_rng(0), 20)
    own, lent = fit_spread(row for rows in cells for row in rows), bound_spread(cells)
    assert (lent.freedom, lent.stretch, lent.groups) == (own.freedom, own.stretch, own.groups)
    assert own.variance < lent.variance < 9 * own.variance
    assert lent.lent
    assert not own.lent


def test_the_bound_is_of_cells_and_not_of_their_rows():
    """Twelve copies of each row are no further evidence."""
    cells = simulate(np.random.default_rng(1), 12, rows=3)
    once, often = bound_spread(cells), bound_spread([rows * 12 for rows in cells])
    assert often.groups == 12 * once.groups
    assert math.log(reach(often) / reach(once)) == pytest.approx(0, abs=0.2)


def test_of_few_cells_the_wider_circle_counts_where_it_is_wider():
    rng = np.random.default_rng(7)
    narrow, wide = (fit_spread(rng.normal(0, level, (40, 3))) for level in (0.01, 0.1))
    for cells, own, circle, chosen in (
        (ENOUGH_CELLS - 1, narrow, wide, wide),
        (ENOUGH_CELLS - 1, wide, narrow, wide),
        (ENOUGH_CELLS, narrow, wide, narrow),
        (1, narrow, None, narrow),
    ):
        assert choose_spread(own, cells, circle) is chosen


def test_the_more_cells_the_less_is_added():
    def added(cells):
        known = simulate(np.random.default_rng(2), cells)
        own = fit_spread(row for rows in known for row in rows)
        return bound_spread(known).variance / own.variance

    assert added(160) < 1.3 < added(10)


def test_few_cells_lend_nothing():
    cells = simulate(np.random.default_rng(4), ENOUGH_CELLS)
    lonely = [[np.zeros(1)] * 12, []]
    assert bound_spread(cells) is not None
    assert bound_spread(cells[1:] + lonely) is None
    assert bound_spread([]) is None


def test_thinned_scores_are_never_less():
    cells = simulate(np.random.default_rng(5), 30)
    own, lent = fit_spread(row for rows in cells for row in rows), bound_spread(cells)
    wider = math.sqrt(lent.variance / own.variance)
    for confidence in (0.8, 0.9, 0.95, 0.98, 0.99, 0.9975):
        assert reach(own, confidence) * wider <= reach(lent, confidence) * (1 + 1e-9)
        assert reach(lent, confidence) < 1.5 * wider * reach(own, confidence)


def test_it_covers_cells_that_had_no_say():
    rng, held = np.random.default_rng(6), []
    for _ in range(40):
        lent = bound_spread(simulate(rng, 12))
        held += [abs(row[1] - row[0]) <= reach(lent) for rows in simulate(rng, 12) for row in rows]
    assert 0.93 <= np.mean(held) <= 0.995
