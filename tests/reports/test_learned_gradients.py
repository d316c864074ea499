"""The line_integral and score families and their studies in the report, against synthetic truth."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pandas as pd
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


def test_what_is_written_out_is_held_to_what_is_written_out(learned_report):
    """By hand psi and phi take 0.4 of the time here: over the other's autodiff each would seem to cost nothing."""
    (path,) = (learned_report / "csv").glob("double-backprop-*.csv")
    columns = set(pd.read_csv(path).columns)
    assert "phi_closed_form_over_psi_closed_form" in columns
    assert "phi_closed_form_over_psi" not in columns
    # And nowhere is a speed-up told of one model over the other.
    for path in (learned_report / "csv").glob("speedups-score-*.csv"):
        table = pd.read_csv(path)
        assert all(row[:3] == baseline[:3] for row, baseline in zip(table["row"], table["baseline"], strict=True))


def test_results_without_a_psi_by_hand_tell_no_ratio_of_it(synthetic, tmp_path):
    folder = write_learned(synthetic, tmp_path / "results", rows=("psi", "phi", "phi_closed_form"))
    assert main(["--results", str(folder), "--output", str(tmp_path / "page")]) == 0
    (path,) = (tmp_path / "page" / "csv").glob("double-backprop-*.csv")
    assert "phi_over_psi" in pd.read_csv(path).columns
    assert "closed_form" not in path.read_text()


def test_qualities_are_told_of_what_is_no_gradient(learned_report):
    inverses = pd.read_csv(learned_report / "csv" / "quality-line_integral.csv")
    assert {"inverse_lu_rk4", "inverse_kronecker_rk4"} <= set(inverses["row"])
    assert {"path_error", "round_trip", "seconds"} <= set(inverses.columns)


def test_equal_loss(folder):
    study = next(s for s in load(folder).studies if s.name == "score-training")
    target, epochs = reach(study, "test_loss")
    assert target == pytest.approx(1 + math.exp(-50 / 40))
    assert epochs["psi_4"] == 50
    assert epochs["psi_1"] == 13  # 50 / 4, and the next whole epoch


def test_page_tells_both_families(learned_report):
    page = (learned_report / "index.html").read_text()
    for text in ("A step of phi over one of psi", "As figure 1", "Path gap", "Asymmetry", "GN1", "JN4"):
        assert text in page, text
    tables = {path.name for path in learned_report.rglob("*.csv")}
    assert any("double-backprop" in name for name in tables)
    assert any("study-score-mixture-field" in name for name in tables)


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
