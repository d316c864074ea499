"""What the report says of the results that are committed: coverage of its intervals, and machine states."""

from pathlib import Path

import pytest

from reports.analysis import Analysis
from reports.digest.answers import digest_answers
from reports.digest.form import check_predictions
from reports.forecasts import Forecasts
from reports.load import load
from reports.states import read_state

RESULTS = Path(__file__).parents[2] / "results"
PROMISED = (0.90, 0.99)
# Fewer left-out processes than this leave a coverage of 95 % between 82 and 100 %.
ENOUGH = 30


@pytest.fixture(scope="session")
def committed() -> Analysis:
    """The analysis of the committed results, read once."""
    return Analysis(load(RESULTS))


@pytest.mark.parametrize("what", ["coverage", "coverage_of_ratios"])
def test_left_out_processes_are_inside(committed, what):
    found = {family: getattr(committed, what)(family) for family in committed.families}
    checked = {family: coverage for family, coverage in found.items() if coverage.total >= ENOUGH}
    assert "logdet" in checked
    for family, coverage in checked.items():
        assert PROMISED[0] <= coverage.share <= PROMISED[1], (family, coverage)


def test_predictions_know_how_far_they_miss(committed):
    for family in committed.families:
        forecasts = Forecasts(committed, family)
        quality = check_predictions(committed, family, forecasts, digest_answers(committed, family))
        assert quality.left_out >= ENOUGH
        # Families with few sizes a decade miss more: what is left out is then far from its neighbours.
        assert quality.error < 0.35
        assert 0.85 <= quality.coverage <= 0.97
        assert quality.picks >= 0.85
        # In another process the pick may be farther behind than in the mean over all, which the bound is of.
        assert not quality.held < 0.9


def test_few_answers_are_open(committed):
    for family in committed.families:
        cells = [cell for cell in digest_answers(committed, family) if cell.pick is not None]
        assert sum(cell.open for cell in cells) < 0.2 * len(cells)
        # More minutes settle most of what is open.
        assert not any(cell.minutes <= 0 for cell in cells if cell.open)


def test_exponents_of_one_process_without_neighbours_have_no_interval(committed):
    for series in committed.series():
        for row in committed.rows(series)[:3]:
            fit = committed.exponent(series, row)
            if fit is not None and committed.coverage(series.family).total == 0:
                assert fit.estimate.undetermined


def test_times_of_one_process_without_neighbours_have_no_interval(committed):
    for series in committed.series():
        points = [p for row in committed.rows(series) for p in committed.points(series, row) if p.ok]
        assert all(p.seconds.undetermined == (committed.coverage(series.family).total == 0) for p in points)


def test_cells_of_a_faster_machine_are_on_no_curve_of_the_others(committed):
    rates = {
        (
            session.get("cell", "family"),
            *(session.get("cell", name) for name in ("backend", "dtype")),
            state.letter,
        ): state
        for state in committed.states
        for session in state.sessions
    }
    slow, fast = rates["implicit", "jax", "float64", "A"], rates["implicit", "jax", "float64", "B"]
    assert fast.gemm_flops_per_s > 2 * slow.gemm_flops_per_s
    assert all(read_state(session)[0] > 2 * slow.gemm_flops_per_s for session in fast.sessions)
    letters = {(s.place.backend, s.place.dtype): set() for s in committed.series("implicit")}
    for series in committed.series("implicit"):
        letters[series.place.backend, series.place.dtype].add(series.state)
    assert {"A", "B"} <= letters["jax", "float64"]
