"""The claims as data: one file each, plain values, words that fit a scoreboard."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

import reports.claims
from benchmarks.studies import STUDIES
from reports.claims import list_claims
from reports.claims._rule import VERDICTS
from reports.digest.claims import judge_claims
from tests.reports.claims.planted import judge

IDS = ["RG1", "RG2", "RG3", "RG4", "RG5", "JFB1", "JFB2", "JFB3", "JFB4", "JN1", "JN2", "JN3", "JN4", "GN1", "GN2"]
ROOT = Path(__file__).parents[3]


def test_every_claim_has_its_file():
    assert [claim.id for claim in list_claims()] == IDS
    modules = {claim.measure.__module__.rpartition(".")[2] for claim in list_claims()}
    assert modules == {name.lower() for name in IDS}


def test_a_claim_added_as_contributing_says_is_judged(tmp_path, monkeypatch, analysis):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    written = re.search(r"<!-- new-claim: reports/claims/(\w+\.py) -->\n```python\n(.*?)```", text, re.S)
    assert written
    (tmp_path / written[1]).write_text(written[2], encoding="utf-8")
    monkeypatch.setattr(reports.claims, "__path__", [*reports.claims.__path__, str(tmp_path)])
    found = {digest.id: digest for digest in judge_claims(analysis)}
    assert list(found) == [*IDS[:5], "XX1", *IDS[5:]]
    digest = found["XX1"]
    assert digest.verdict == "reproduced"
    assert [part.where for part in digest.parts] == ["torch, cpu", "jax, cpu", "torch, cuda"]
    assert digest.decided == "error of relative, the largest (torch, cpu): the claim holds at most 0.0001."


@pytest.mark.parametrize("claim", list_claims(), ids=lambda claim: claim.id)
def test_words_fit_the_scoreboard(claim):
    assert 3 < len(claim.short.split()) <= 15
    assert claim.short.endswith(".")
    assert all((claim.paper, claim.words, claim.figure, claim.printed, claim.threshold))
    for command in filter(None, claim.command.split("; ")):
        python, _, module, name, *rest = command.split()
        assert (python, module) == ("python", "benchmarks")
        assert name == "run" or (name == "study" and rest[0] in STUDIES), command
    # What is quoted has quotation marks; a paraphrase may quote a part.
    assert not claim.quoted or "“" in claim.words


def test_the_digest_is_plain_values(digest, implicit_digest):
    for claim in (*digest.claims, *implicit_digest.claims):
        assert claim.verdict in VERDICTS
        assert {part.verdict for part in claim.parts} <= set(VERDICTS)
        taken = asdict(claim)
        assert json.loads(json.dumps(taken))["id"] == claim.id
        _check(taken)
        assert claim.effect is not None or claim.verdict in ("not run", "undetermined")
        assert claim.decided.endswith(".")


def _check(value):
    if isinstance(value, dict):
        for inner in value.values():
            _check(inner)
    elif isinstance(value, tuple):
        for inner in value:
            _check(inner)
    else:
        assert value is None or type(value) in (str, int, float, bool), value


def test_what_was_not_measured_is_not_run(digest):
    """The synthetic results hold logdet only."""
    found = {claim.id: claim for claim in digest.claims}
    assert {id_ for id_, claim in found.items() if claim.verdict == "not run"} == set(IDS) - {"RG1", "RG2", "RG3"}
    assert "no study was run" in found["RG4"].decided
    assert "no study was run" in found["RG5"].decided
    assert all(claim.command for claim in found.values())


def test_the_part_that_decided_gives_the_number(analysis):
    digest = judge(analysis, "RG2")
    assert digest.verdict == "contradicted"
    decisive = next(part for part in digest.parts if part.verdict == "contradicted" and part.counts)
    assert (digest.effect, digest.unit) == (decisive.effect, "×")
    assert decisive.what in digest.decided
    assert decisive.where in digest.decided


def test_a_number_says_what_it_is(digest, implicit_digest, studied):
    """A unit, or a word where it has none: a reader of the column sees the number alone."""
    effects = [p for d in (digest, implicit_digest, studied) for c in d.claims for p in c.parts if p.effect is not None]
    assert {part.what for part in effects if not part.unit} == set()


def test_the_scoreboard_has_a_line_for_each(implicit_report):
    text = (implicit_report / "index.md").read_text(encoding="utf-8")
    board = text.split("## The papers' claims")[1].split("\n\n")[2].splitlines()[2:]
    assert [line.split("](")[0].strip("| [") for line in board] == IDS
    assert all(line.count(" | ") == 5 for line in board)
