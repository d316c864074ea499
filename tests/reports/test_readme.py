"""README says what the findings say, and what the published sessions took."""

import json
import re
import statistics
from pathlib import Path

import pytest

from benchmarks.harness.profile import STANDARD
from benchmarks.harness.record import unpack
from benchmarks.harness.run import planned

from .test_findings import FINDINGS, read_sentence

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
README = " ".join(TEXT.split())


def test_its_table_is_theirs():
    head = TEXT.partition("## Two commands")[0]
    lines = [line for line in head.splitlines() if line.startswith("|")]
    assert len(lines) > 4
    assert set(lines) <= set(FINDINGS.splitlines())


@pytest.mark.parametrize(
    ("lead", "heading"),
    [
        ("Through a fixed point", "Gradients through a fixed point"),
        ("Functions learned through their Jacobian", "Functions learned through their Jacobian"),
        ("Networks that stand for a gradient", "Networks that stand for a gradient"),
        ("On one NVIDIA H200", "On one NVIDIA H200"),
    ],
)
def test_a_line_has_no_other_numbers_than_the_findings(lead, heading):
    line = README.partition(f"- **{lead}**")[2].partition(" - **")[0]
    section = FINDINGS.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    told, found = (set(re.findall(r"\d[\d,.]*\b", text)) for text in (line, section))
    assert len(told) > 2
    assert told <= found


def _read_minutes() -> dict[str, dict[int, float]]:
    """What the published sessions took, by cell and process."""
    took: dict[str, dict[int, float]] = {}
    for path in sorted((ROOT / "results/epyc-2core/sessions").glob("*/*.session")):
        record = json.loads(unpack(path.read_bytes()))
        if record["profile"] in ("standard", "full"):
            cell, _, process = path.stem.rpartition(".p")
            took.setdefault(cell, {})[int(process)] = record["elapsed_s"] / 60
    return took


def test_the_minutes_of_what_is_published():
    took = {cell: sum(minutes.values()) for cell, minutes in _read_minutes().items()}
    logdet = sum(minutes for cell, minutes in took.items() if cell.startswith("logdet-"))
    assert read_sentence(
        "`--profile full` what is published (its records call it `standard`, as it was named),", "minutes", README
    ) == [round(sum(took.values()))]
    assert read_sentence("`--bench '^logdet'` are", ";", README) == [round(logdet)]


def test_standard_takes_75_minutes_at_most():
    """By the clock of the published sessions of its cells; a process that has none there takes what others of it do."""
    took, total = _read_minutes(), 0.0
    for cell, processes in planned(STANDARD, "cpu").items():
        known = took[cell]
        total += sum(known.get(number, statistics.mean(known.values())) for number in range(processes))
    assert total < 75
    assert read_sentence("measures all families in", "minutes of sessions", README) == [round(total)]


def _read_verdicts(machine: str) -> list[str]:
    digest = json.loads((ROOT / f"reports/published/{machine}/digest.json").read_text(encoding="utf-8"))
    return [claim["verdict"] for claim in digest["claims"]]


def test_the_verdicts_of_the_claims():
    verdicts = _read_verdicts("epyc-2core")
    told = "of {} claims {} are reproduced, {} contradicted".format(
        len(verdicts), *map(verdicts.count, ("reproduced", "contradicted"))
    )
    assert told in README
    assert f"and {verdicts.count('undetermined')} undetermined" in README


def test_the_verdicts_of_the_claims_on_another_processor():
    first, second = map(_read_verdicts, ("epyc-2core", "zen3-2core"))
    told = read_sentence("Of the 15 claims", "have the verdict")
    counted = [second.count(word) for word in ("reproduced", "contradicted", "undetermined")]
    assert [told[0], told[1], *told[-2:]] == [
        *counted,
        sum(one == other for one, other in zip(first, second, strict=True)),
    ]
