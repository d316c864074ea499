"""The line_integral and score families and their studies in the report, against synthetic truth."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.analysis import Analysis
from reports.load import load
from reports.studies import find_fault, reach
from tests.reports.claims.planted import integral_study, plant_study, score_study, write_learned


@pytest.fixture(scope="module")
def folder(synthetic, tmp_path_factory):
    folder = write_learned(synthetic, tmp_path_factory.mktemp("learned"))
    records = [score_study("mixture"), score_study("digits"), integral_study("exp"), integral_study("abs")]
    plant_study(synthetic, folder, *records, integral_study("plane"))
    return folder


@pytest.fixture(scope="module")
def learned_report(folder, tmp_path_factory) -> Path:
    """Its report. Do not write into it."""
    output = tmp_path_factory.mktemp("learned-report")
    assert main(["--results", str(folder), "--output", str(output)]) == 0
    return output


def test_equal_loss(folder):
    study = next(s for s in load(folder).studies if s.name == "score-training")
    target, epochs = reach(study, "test_loss")
    assert target == pytest.approx(1 + math.exp(-50 / 40))
    assert epochs["psi_4"] == 50
    assert epochs["psi_1"] == 13  # 50 / 4, and the next whole epoch


def test_where_no_method_is_exact_the_fastest_within_an_error_is_the_answer(folder, learned_report, capsys):
    arguments = ["answer", "--results", str(folder), "--family", "line_integral", "--d", "64"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "use gauss_legendre_8 (integral gradient)" in out
    assert "left out: gauss_legendre_4: error 1.0e-03 above 1e-06" in out
    assert main([*arguments, "--accuracy", "0.01"]) == 0
    assert "use gauss_legendre_4" in capsys.readouterr().out
    assert main([*arguments, "--accuracy", "1e-9"]) == 0
    assert "use gauss_legendre_16" in capsys.readouterr().out
    twin = (learned_report / "index.md").read_text()
    assert "Fastest gradient with an error of at most 1e-06, by d and place" in twin
    assert "fastest gradient with an error of at most 1e-06 `gauss_legendre_8` at d = 16 to 256" in twin


def test_models_are_questions_of_their_own(synthetic, folder, learned_report, tmp_path, capsys):
    """Who trains phi has no use for psi, however fast it is."""
    analysis = Analysis(load(folder))
    assert analysis.questions("score") == ("psi", "phi")
    assert analysis.questions("line_integral") == ("gradient",)
    for series in analysis.series("score"):
        for size in analysis.sizes(series):
            rows = analysis.candidates(series, size, "phi")
            assert rows
            assert {analysis.facts(series, row).computes for row in rows} == {"phi"}
    text = (learned_report / "index.md").read_text(encoding="utf-8")
    assert "fastest gradient of φ" in text
    assert "fastest gradient of ψ" in text.split("## 1 Answer")[0]
    assert (learned_report / "csv" / "answer-score-phi.csv").is_file()
    # With one method of psi there is nothing to choose.
    alone = write_learned(synthetic, tmp_path / "alone", rows=("psi", "phi", "phi_closed_form"))
    assert main(["--results", str(alone), "--output", str(tmp_path / "page")]) == 0
    text = (tmp_path / "page" / "index.md").read_text(encoding="utf-8")
    assert "fastest gradient of ψ" not in text.split("## 1 Answer")[0]
    capsys.readouterr()
    assert main(["answer", "--results", str(folder), "--family", "score", "--d", "64"]) == 0
    said = capsys.readouterr().out
    assert "use psi_closed_form (psi" in said
    assert "use phi" in said


def test_the_form_answers_within_an_error_too(learned_report, browser):
    page = browser.new_page(offline=True)
    page.goto((learned_report / "index.html").as_uri())
    result = page.locator("#answer-result")
    page.select_option("[name=family]", "line_integral")
    # The size that stood there was another family's.
    assert page.input_value("[name=size]") == "64"
    assert "use gauss_legendre_8" in result.inner_text()
    page.fill("[name=error]", "0.01")
    assert "use gauss_legendre_4" in result.inner_text()
    page.fill("[name=error]", "")
    page.select_option("[name=family]", "score")
    assert "use psi" in result.inner_text()
    # psi and phi are different models: neither is the answer to who asks for the other.
    assert "phi" not in result.inner_text()
    page.select_option("[name=computes]", "phi")
    assert "use phi" in result.inner_text()
    assert page.locator("[name=computes] option[value=gradient]").count() == 0
    page.close()


def test_study_records_are_checked():
    record = copy.deepcopy(score_study())
    del record["settings"]["sigma"]
    assert find_fault(record) == "the settings lack sigma"
    record = copy.deepcopy(integral_study())
    record["rows"][0]["seconds"] = 0
    assert "seconds" in (find_fault(record) or "")
