"""Answers of synthetic cells whose fastest method is known."""

import math

import pytest

from reports.analysis import Analysis
from reports.arithmetic import OPEN
from reports.digest import digest_family
from reports.digest.answers import ACCURACIES, check_regrets, digest_answers, digest_approximate, group_answers
from reports.digest.form import pack_form
from reports.forecasts import Forecasts
from reports.load import load
from reports.lookup import list_places
from tests.reports.finders import series_of


@pytest.fixture(scope="module")
def answers(digest):
    """The answers by (series, question), in the order of the sizes."""
    return group_answers(digest.family("logdet").answers)


def test_every_question_and_size_has_an_answer(analysis, answers):
    for series in analysis.series("logdet"):
        for question in ("gradient", "ordinary", "step", "value"):
            cells = answers[analysis.key(series), question]
            assert tuple(cell.size for cell in cells) == analysis.sizes(series)


def test_where_the_error_is_the_question_there_is_no_answer(synthetic, tmp_path):
    """W of a condition number: no reader's problem is drawn like it."""
    for D in (64, 256):
        for sizes in ({}, {"condition": 1e4}):
            record = synthetic.make_session(D, rounds=8)
            record["cell"]["sizes"] |= sizes
            synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    assert len(analysis.series("logdet")) == 2
    told = {answer.series for answer in digest_answers(analysis, "logdet")}
    assert told == {
        analysis.key(series) for series in analysis.series("logdet") if "condition" not in dict(series.fixed)
    }
    # Nor at a size between.
    assert {form.series for form in pack_form(analysis, "logdet", Forecasts(analysis, "logdet"))} == told
    family = digest_family(analysis, "logdet")
    assert {series.key for place in list_places(family, None, None) for series in place} == told


def test_true_regrets_are_within_their_bounds(analysis, answers, synthetic):
    inside = total = 0
    for series in analysis.series("logdet"):
        place = series.place.backend, series.place.device
        for cell in answers[analysis.key(series), "gradient"]:
            truth = {c.row: synthetic.true_seconds(c.row, int(cell.size), *place) for c in cell.candidates}
            if cell.pick is not None:
                inside += truth[cell.pick.row] / min(truth.values()) - 1 <= cell.regret + 1e-9
                total += 1
    assert total > 25
    assert inside / total >= 0.95


def test_processes_left_out_are_within_the_bounds_of_the_others(analysis, small):
    found = check_regrets(analysis, "logdet")
    assert found.total > 50
    assert found.share >= 0.95
    assert check_regrets(Analysis(load(small)), "logdet").total == 0


def test_the_pick_has_the_least_regret_and_ties_lose_little(analysis, answers):
    series = series_of(analysis)
    for cell in answers[analysis.key(series), "gradient"]:
        known = [c.regret for c in cell.candidates]
        assert known == sorted(known)
        assert cell.regret == known[0]
    tie = next(cell for cell in answers[analysis.key(series), "gradient"] if cell.size == 1024)
    near = {c.row: c.regret for c in tie.candidates[:2]}
    assert set(near) == {"relative", "relative:compiled"}
    assert max(near.values()) < 0.1
    assert not tie.open


def test_a_candidate_alone_loses_nothing(answers):
    alone = [cell for (_, question), cells in answers.items() if question == "step" for cell in cells if cell.pick]
    assert alone
    assert {(cell.regret, cell.pick.ratio, cell.open) for cell in alone} == {(0.0, None, False)}


def test_what_did_not_run_is_excluded_with_its_reason(analysis, answers):
    series = series_of(analysis)
    cell = next(cell for cell in answers[analysis.key(series), "gradient"] if cell.size == 512)
    reasons = dict(cell.excluded)
    assert reasons["jacobian_autodiff"].startswith("oom")
    assert "jacobian_autodiff" not in {c.row for c in cell.candidates}


def test_one_process_alone_bounds_nothing(small):
    cells = digest_answers(Analysis(load(small)), "logdet")
    choices = [cell for cell in cells if len(cell.candidates) > 1]
    assert choices
    for cell in choices:
        assert math.isnan(cell.regret)
        assert cell.open
        assert math.isnan(cell.minutes)
        assert cell.pick.seconds.value == min(c.seconds.value for c in cell.candidates)


def test_without_exact_methods_the_accurate_ones_are_candidates(implicit_analysis):
    cells = [cell for cell in digest_answers(implicit_analysis, "implicit") if cell.question == "gradient"]
    assert cells
    for cell in cells:
        assert not {c.row for c in cell.candidates} & {"jfb", "neumann_1"}


def test_where_an_error_is_allowed_approximate_methods_are_candidates(implicit_analysis):
    cells = [cell for cell in digest_approximate(implicit_analysis, "implicit") if cell.question == "gradient"]
    assert {cell.accuracy for cell in cells} == set(ACCURACIES)
    for cell in cells:
        assert all(c.error <= cell.accuracy for c in cell.candidates)
    loose = [cell for cell in cells if cell.accuracy == max(ACCURACIES) and cell.pick is not None]
    assert any(not is_exact(implicit_analysis, cell) for cell in loose)


def is_exact(analysis, cell):
    series = next(s for s in analysis.series("implicit") if analysis.key(s) == cell.series)
    return analysis.facts(series, cell.pick.row).exact


def test_exact_families_have_no_approximate_answers(analysis):
    assert digest_approximate(analysis, "logdet") == ()


def test_open_cells_say_the_minutes_that_would_settle_them(answers):
    cells = [cell for known in answers.values() for cell in known if cell.pick is not None]
    for cell in cells:
        assert cell.open == (not cell.regret <= OPEN)
        assert cell.open or math.isnan(cell.minutes)
