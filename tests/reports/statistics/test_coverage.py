"""Coverage counts what intervals held, by processes that had no say in them."""

import math

import numpy as np
import pytest

from reports.statistics import Coverage, Estimate, count_held, cover_processes, estimate_process, fit_spread


def simulate(rng, cells, rows=3, processes=3, sigma=0.05):
    return [[rng.normal(rng.uniform(-9, 0), sigma, processes) for _ in range(rows)] for _ in range(cells)]


def test_share_of_what_was_left_out():
    assert Coverage(19, 20, 1.1).share == 0.95
    assert math.isnan(Coverage(0, 0, math.nan).share)


def test_every_process_of_several_is_left_out_once():
    cells = simulate(np.random.default_rng(0), 12, rows=2, processes=2) + simulate(np.random.default_rng(1), 5)
    lonely = [[np.array([-3.0])] * 4]
    found = cover_processes(cells + lonely)
    assert found.total == 12 * 2 * 2 + 5 * 3 * 3
    assert 0 < found.inside <= found.total
    assert found == cover_processes(cells)


def test_too_few_cells_tell_nothing():
    found = cover_processes(simulate(np.random.default_rng(0), 3, rows=2))
    assert (found.inside, found.total) == (0, 0)
    assert math.isnan(found.factor)
    assert cover_processes([]).total == 0


def test_a_cell_has_no_say_in_the_width_of_its_own_intervals():
    """One cell whose processes differ tenfold among cells that agree within 1 %: its own rows would widen it."""
    rng = np.random.default_rng(2)
    calm = simulate(rng, 30, rows=3, processes=2, sigma=0.01)
    wild = [np.array([-1.0, 1.3])] * 30
    found = cover_processes([*calm, wild])
    assert found.total - found.inside >= 60
    spread = fit_spread(row for rows in [*calm, wild] for row in rows)
    own = estimate_process([[math.exp(-1.0)]], spread)
    assert own.high > math.exp(1.2)


def test_factor_is_the_reach_of_the_intervals():
    calm, loud = (cover_processes(simulate(np.random.default_rng(3), 20, sigma=sigma)) for sigma in (0.02, 0.2))
    assert 1.0 < calm.factor < 1.2
    assert math.log(loud.factor) == pytest.approx(10 * math.log(calm.factor), rel=0.2)


@pytest.mark.parametrize(("confidence", "least", "most"), [(0.5, 0.4, 0.65), (0.95, 0.9, 0.99)])
def test_confidence_is_what_is_held(confidence, least, most):
    found = cover_processes(simulate(np.random.default_rng(4), 40), confidence)
    assert least <= found.share <= most


def test_values_are_counted_where_there_is_an_interval():
    known, unknown = Estimate(2.0, 1.0, 3.0), Estimate(2.0, math.nan, math.nan)
    found = count_held([(known, 1.0), (known, 3.1), (known, math.nan), (unknown, 2.0)])
    assert found == Coverage(1, 3, 1.5)
    assert count_held([(unknown, 2.0)]).total == 0
