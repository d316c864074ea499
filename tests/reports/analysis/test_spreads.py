"""Whose processes say how wide a ratio's interval is: the run's own, or those of who lends."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reports.analysis import Analysis
from reports.analysis.spreads import find_manner
from reports.load import load
from reports.statistics import ENOUGH_CELLS, paired_ratio

RESULTS = Path(__file__).parents[3] / "results"


def find_series(analysis, backend):
    return next(series for series in analysis.series("logdet") if series.place.backend == backend)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_one_process_a_cell_takes_the_lent_spread(alone_analysis, backend):
    series = find_series(alone_analysis, backend)
    lender = alone_analysis.lender(series)
    assert (lender.family, lender.backend, lender.ruler) == ("logdet", backend, 4)
    assert lender.cells >= ENOUGH_CELLS
    assert lender.processes > 2 * lender.cells
    ratio = alone_analysis.ratio(series, 100, "inverse", "relative")
    assert ratio.basis == "lent"
    rounds = paired_ratio(alone_analysis.pairs(series, 100, "inverse", "relative"))
    assert ratio.low < rounds.low < rounds.high < ratio.high
    assert alone_analysis.lenders == ()


def change_records(folder, change):
    for path in folder.glob("*/sessions/*/*.session"):
        record = json.loads(path.read_text())
        change(record)
        path.write_text(json.dumps(record))


@pytest.mark.parametrize("what", ["ruler", "policy"])
def test_what_was_measured_otherwise_has_no_interval(alone, tmp_path, what):
    def change(record):
        if what == "ruler":
            record["ruler"] = 3
        else:
            record["environment"]["policy"]["allocator"] = "default"

    shutil.copytree(alone, tmp_path / "results")
    change_records(tmp_path / "results", change)
    analysis = Analysis(load(tmp_path / "results"))
    series = find_series(analysis, "torch")
    ratio = analysis.ratio(series, 100, "inverse", "relative")
    assert (analysis.ratio_spread(series), analysis.lender(series)) == (None, None)
    assert ratio.undetermined
    assert ratio.basis == "rounds"
    assert analysis.verdict(series, 100, "relative", "inverse") == "undetermined"
    assert analysis.crossover(series, "inverse", "relative") is None


def add_processes(alone, folder, cells):
    """The first process of all cells, and the second of so many."""
    shutil.copytree(alone, folder)
    for path in sorted(RESULTS.glob("epyc-2core/sessions/*/logdet-torch-cpu-float32-*-B100-L2.p1.session"))[:cells]:
        shutil.copy(path, folder / "elsewhere" / "sessions" / path.parent.name)
    return Analysis(load(folder))


def test_enough_cells_of_its_own_need_no_lender(alone, tmp_path):
    analysis = add_processes(alone, tmp_path / "results", ENOUGH_CELLS)
    series = find_series(analysis, "torch")
    assert analysis.lender(series) is None
    assert analysis.ratio(series, 100, "inverse", "relative").basis in ("own processes", "neighbours")
    # The other backend still has one process a cell.
    assert analysis.lender(find_series(analysis, "jax")) is not None


def test_of_few_cells_the_wider_spread_counts(alone, tmp_path):
    analysis = add_processes(alone, tmp_path / "results", 1)
    series = find_series(analysis, "torch")
    spread, lender = analysis.ratio_spread(series), analysis.lender(series)
    assert (lender is not None) == spread.lent
    assert analysis._fit_spread((series.family, series.place, series.state)) is not None


def test_sessions_of_two_manners_have_none(alone_analysis):
    sessions = list(alone_analysis.run.sessions)
    assert find_manner(sessions) == (4, "allocator kept, waiting default")
    assert find_manner([]) is None
    other = replace(sessions[0], record=sessions[0].record | {"ruler": 3})
    assert find_manner([*sessions, other]) is None
