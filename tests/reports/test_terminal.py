"""The terminal: answers by regret and open cells, as text and as JSON."""

import json

import pytest

from reports.__main__ import main
from reports.digest.answers import Candidate, CellAnswer
from reports.terminal import _count_forms, print_open

pytestmark = pytest.mark.usefixtures("read_once")


def run(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_answer_says_what_to_use_and_what_it_may_lose(results, capsys):
    told = run(capsys, "answer", "--results", str(results), "--family", "logdet", "--D", "1024", "--device", "cpu")
    assert "logdet on synthetic-machine, torch, cpu, float32, D = 1,024, B = 100, L = 2" in told
    assert "use relative (gradient): at most" in told
    assert "slower than the best" in told
    assert "a call (measured; 90 % interval), error" in told


def test_an_answer_by_a_lent_spread_says_so(alone, capsys):
    arguments = ("answer", "--results", str(alone), "--family", "logdet", "--D", "3000", "--backend", "torch")
    told = run(capsys, *arguments)
    assert "slower than the best" in told
    assert "how far processes differ was not measured here: taken from " in told
    (cell,) = json.loads(run(capsys, *arguments, "--json"))
    assert cell["regret"] >= 0
    assert cell["lent_from"]["ruler"] == 4
    assert set(cell["lent_from"]) == {"machine", "processor", "ruler", "cells", "processes"}


@pytest.mark.long
def test_cells_by_a_lent_spread_are_to_be_settled_after_the_open_ones(alone, capsys):
    cells = json.loads(run(capsys, "open", "--results", str(alone), "--json"))
    lent = [cell["lent"] for cell in cells]
    assert lent == sorted(lent)
    names = [json.dumps([cell["backend"], cell["sizes"]]) for cell in cells if cell["lent"]]
    assert len(names) == len(set(names)) > 4
    assert all(cell["regret"] <= 0.25 for cell in cells if cell["lent"])
    assert all(cell["regret"] is None or cell["regret"] > 0.25 for cell in cells if not cell["lent"])
    assert "by a lent spread" in run(capsys, "open", "--results", str(alone))


@pytest.mark.long
def test_answer_as_json(results, capsys):
    arguments = ("--family", "logdet", "--D", "700", "--B", "32", "--question", "step", "--backend", "torch", "--json")
    cells = json.loads(run(capsys, "answer", "--results", str(results), *arguments))
    assert {cell["place"]["device"] for cell in cells} == {"cpu", "cuda"}
    for cell in cells:
        assert (cell["row"], cell["question"]) == ("relative_step", "step")
        assert cell["sizes"] == {"B": 100, "L": 2, "D": 700}
        assert cell["not_measured"] == {"B": 32}
        assert cell["ranked"][0]["low"] < cell["ranked"][0]["seconds"] < cell["ranked"][0]["high"]


def test_a_batch_that_was_not_measured_is_in_the_headline(results, capsys):
    told = run(capsys, "answer", "--results", str(results), "--family", "logdet", "--D", "100", "--B", "32")
    assert all("B = 32 was not measured" in line for line in told.splitlines() if line.startswith("logdet on"))


def test_claims_in_text_and_as_json(results, capsys):
    claims = json.loads(run(capsys, "claims", "--results", str(results), "--json"))
    told = run(capsys, "claims", "--results", str(results))
    assert len({claim["id"] for claim in claims}) == len(claims) > 10
    for claim in claims:
        assert f"{claim['id']} {claim['verdict']}: {claim['short']}" in told


def test_open_cells_are_what_settle_reads(small, capsys):
    cells = json.loads(run(capsys, "open", "--results", str(small), "--json"))
    assert cells
    for cell in cells:
        assert set(cell) == {
            *(
                "family",
                "question",
                "backend",
                "device",
                "dtype",
                "sizes",
                "rows",
                "regret",
                "profile",
                "machine",
                "minutes",
                "lent",
            ),
        }
        assert set(cell["sizes"]) == {"D", "B", "L"}
        assert len(cell["rows"]) > 1
    assert "not known" in run(capsys, "open", "--results", str(small))


def test_open_cells_come_widest_first_and_once(results, capsys):
    cells = json.loads(run(capsys, "open", "--results", str(results), "--json"))
    known = [cell["regret"] for cell in cells if cell["regret"] is not None]
    assert known == sorted(known, reverse=True)
    names = [json.dumps([cell["question"], cell["backend"], cell["device"], cell["sizes"]]) for cell in cells]
    assert len(names) == len(set(names))


def test_what_only_patient_sessions_timed_is_not_to_be_settled(synthetic, tmp_path, capsys):
    folder = synthetic.write_results(tmp_path / "results", sizes=(16, 64, 256), processes=2, cuda=False, rounds=8)
    session = synthetic.make_session(1024, rounds=2, rows=("relative", "inverse"))
    synthetic.write_session(folder, session | {"profile": "patient", "processes": 1}, "patient")
    cells = json.loads(run(capsys, "open", "--results", str(folder), "--json"))
    assert not [cell for cell in cells if cell["sizes"]["D"] == 1024]
    told = run(capsys, "answer", "--results", str(folder), "--family", "logdet", "--D", "1024", "--backend", "torch")
    assert "what it may lose is not known" in told


def test_many_rows_left_out_in_a_form_are_counted():
    rows = [*(f"{row}:graph" for row in ("a", "b", "c")), "d", "e:compiled"]
    assert _count_forms(rows) == ["d", "e:compiled", "3 rows in the form graph"]
    assert _count_forms(["a:graph", "b:graph"]) == ["a:graph", "b:graph"]


def test_what_patient_sessions_alone_timed_is_neither_open_nor_said_to_be_settled(make, capsys):
    series, nan = make.series(make.sweep("relative"), B=1), float("nan")
    pick = Candidate("relative", None, nan, make.about(60.0), 1e-7, 1e9)
    answer = CellAnswer(series.key, "gradient", 10.0, pick, nan, True, nan, (pick,), (), "patient")
    print_open([make.family(series, answers=(answer,))], False)
    assert capsys.readouterr().out.startswith("nothing is open: in every cell timed in rounds")
