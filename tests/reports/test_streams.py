"""The report's commands on streams that are not UTF-8."""

from __future__ import annotations

import pytest

from reports.stream import HANDLER


@pytest.mark.long
def test_an_answer_keeps_its_units(run_python, small):
    done = run_python(
        *("-m", "reports", "answer", "--results", str(small), "--family", "logdet", "--D", "64"),
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode == 0, done.stderr
    assert "use relative" in done.stdout
    assert " us " in done.stdout
    assert "?" not in done.stdout


@pytest.mark.long
def test_the_report_says_where_it_is(run_python, small, tmp_path):
    done = run_python(
        *("-m", "reports", "--results", str(small), "--output", str(tmp_path / "seite-ő")), PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0, done.stderr
    assert "seite-?" in done.stdout
    assert (tmp_path / "seite-ő" / "index.html").is_file()


@pytest.mark.long
def test_help(run_python):
    done = run_python("-m", "reports", "answer", "--help", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "what is asked, such as gradient, step or value" in " ".join(done.stdout.split())


def test_what_claims_say_is_spelt_out():
    told = "−13.372 ± 0.450; κ(MᵀM) ≤ 1/γ; J Jᵀ + ε".encode("ascii", HANDLER).decode("ascii")
    assert told == "-13.372 +- 0.450; kappa(M^TM) <= 1/gamma; J J^T + epsilon"
