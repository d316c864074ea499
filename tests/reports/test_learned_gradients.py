"""The line_integral and score families and their studies in the report, against synthetic truth."""

from __future__ import annotations

import copy
import math

import pytest

from reports.__main__ import main
from reports.analysis import Analysis
from reports.digest.studies import digest_studies
from reports.load import load
from reports.pages.study_score_training import _reach
from reports.studies import find_fault
from tests.reports.claims.planted import integral_study, plant_study, score_study, write_learned

pytestmark = pytest.mark.usefixtures("read_once")


@pytest.fixture(scope="module")
def folder(synthetic, tmp_path_factory):
    folder = write_learned(synthetic, tmp_path_factory.mktemp("learned"))
    records = [score_study("mixture"), score_study("digits"), integral_study("exp"), integral_study("abs")]
    plant_study(synthetic, folder, *records, integral_study("plane"))
    return folder


@pytest.fixture(scope="module")
def analysis(folder):
    return Analysis(load(folder))


def test_equal_loss(analysis):
    """What the page tells: the value that all come to, and the epoch, from 0, after which each has."""
    study = next(s for s in digest_studies(analysis) if s.name == "score-training")
    target, epochs = _reach(study)
    assert target == pytest.approx(1 + math.exp(-50 / 40))
    assert epochs["psi_4"] == 49
    assert epochs["psi_1"] == 12  # 50 / 4, and the next whole epoch: the thirteenth


def test_where_no_method_is_exact_the_fastest_within_an_error_is_the_answer(folder, capsys):
    arguments = ["answer", "--results", str(folder), "--family", "line_integral", "--d", "64"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "use gauss_legendre_8 (gradient)" in out
    assert "left out: gauss_legendre_4: error 1.0e-3 above 1e-6" in out
    assert main([*arguments, "--accuracy", "0.01"]) == 0
    assert "use gauss_legendre_4" in capsys.readouterr().out
    assert main([*arguments, "--accuracy", "1e-9"]) == 0
    assert "use gauss_legendre_16" in capsys.readouterr().out


def test_models_are_questions_of_their_own(folder, analysis, capsys):
    """Who trains phi has no use for psi, however fast it is."""
    assert analysis.questions("score") == ("psi", "phi")
    assert analysis.questions("line_integral") == ("gradient",)
    for series in analysis.series("score"):
        for size in analysis.sizes(series):
            rows = analysis.candidates(series, size, "phi")
            assert rows
            assert {analysis.facts(series, row).computes for row in rows} == {"phi"}
    assert main(["answer", "--results", str(folder), "--family", "score", "--d", "64"]) == 0
    said = capsys.readouterr().out
    assert "use psi_closed_form (psi)" in said
    assert "use phi" in said


def test_study_records_are_checked():
    record = copy.deepcopy(score_study())
    del record["settings"]["sigma"]
    assert find_fault(record) == "the settings lack sigma"
    record = copy.deepcopy(integral_study())
    record["rows"][0]["seconds"] = 0
    assert "seconds" in (find_fault(record) or "")
