"""The page of the run's health tells each thing once."""

import math
from dataclasses import replace

import pytest

from reports.digest.health import CoverageRow
from reports.digest.incidents import Incident
from reports.pages import health
from reports.pages.blocks import Items, Table, Text
from reports.pages.holes import tabulate_holes
from tests.reports.finders import tables_of


@pytest.fixture(scope="module")
def page(digest):
    (page,) = health.build(digest)
    return page


def test_every_outcome_is_told_by_its_reason(digest):
    table = tabulate_holes(digest)
    told = {row["reason"].text: row for row in table.rows}
    for reason in (
        "CUDA out of memory: tried to allocate 156.25 GiB",
        "no answer after 120 s",
        "error 3.1e-02 above the tolerance 1e-04",
        "RuntimeError: the determinant lemma needs D >= 16",
        "compiled forms are measured up to D = 1024",
        "not tried: a smaller size ran out of memory",
    ):
        assert reason in told
    # What differs in its numbers alone is one line, with their range.
    (over,) = [row for row in table.rows if row["outcome"].text == "over budget"]
    assert over["reason"].text.endswith("s a call is over the budget of 2 s")
    assert " to " in over["reason"].text
    assert "jacobian_autodiff" in over["reason"].note
    cells = [c for f in digest.families for s in f.series for row in s.rows for c in row.cells if c.outcome != "ok"]
    assert sum(int(row["cells"].text.replace(",", "")) for row in table.rows) == len(cells)
    assert len(table.rows) < len(cells) / 2


def test_a_reason_may_hold_any_sign(digest):
    """`#` too, as in the frames that an exception of C++ names."""
    family = digest.family("logdet")

    def retell(cell):
        return replace(cell, reason=f"frame #0: {cell.reason}") if cell.outcome != "ok" else cell

    def retell_rows(series):
        return replace(series, rows=tuple(replace(row, cells=tuple(map(retell, row.cells))) for row in series.rows))

    told = replace(family, series=tuple(map(retell_rows, family.series)))
    rows = tabulate_holes(replace(digest, families=(told,))).rows
    assert rows
    assert all(row["reason"].text.startswith("frame #0: ") for row in rows)


def test_tables_of_the_machine(page):
    found = tables_of(page)
    assert {row["state"].text for row in found["states"].rows} == {"A"}
    facts = {
        row["label"].text: [cell.text for key, cell in row.items() if key != "label"] for row in found["health"].rows
    }
    assert len(facts["A/A noise floor"]) == 3
    assert facts["Threads"] == ["2", "2", "2"]
    assert all("not known" not in text for text in facts["Time in rounds"])
    (quality,) = found["quality"].rows
    assert quality["inner"].note.startswith("of ")
    assert "intervals held" in quality["inner"].note
    assert quality["picks"].text.endswith("%")
    (row,) = found["coverage"].rows
    assert "of " in row["c0"].note


def test_states_name_their_processor_where_a_machine_had_several(page, digest):
    assert "processor" not in tables_of(page)["states"].rows[0]
    first, *others = digest.health.states
    two = replace(digest.health, states=(first, replace(first, letter="B", processor="another"), *others))
    rows = tables_of(health.build(replace(digest, health=two))[0])["states"].rows
    assert [row["processor"].text for row in rows[:2]] == [first.processor, "another"]


def test_a_coverage_of_few_is_not_told(digest):
    few = CoverageRow("logdet", "a time", 1.0, 29, 1.1), CoverageRow("logdet", "a ratio", math.nan, 0, math.nan)
    enough = CoverageRow("logdet", "an exponent", 0.9, 30, 1.1)
    (page,) = health.build(replace(digest, health=replace(digest.health, coverage=(*few, enough))))
    (row,) = tables_of(page)["coverage"].rows
    assert [(row[name].text, row[name].note) for name in ("c0", "c1", "c2")] == [
        ("–", "too few to tell: 29"),
        ("–", "too few of several processes"),
        ("90 %", "of 30, within 1.10 ×"),
    ]


def test_a_warning_is_in_the_lead(page, digest):
    assert page.lead.startswith("Nothing was recorded")
    warned = replace(digest.health, warnings=(Incident("dirty", {"sessions": 2, "of": 7}),))
    (page,) = health.build(replace(digest, health=warned))
    assert "2 sessions of 7 ran from a working tree with changes" in page.lead
    (items,) = [block for block in page.sections[0].blocks if isinstance(block, Items)][:1]
    assert len(items.items) == 1


def test_the_lead_counts_what_the_list_names(digest):
    cells = tuple(f"logdet-jax-cpu-float32-D{D}" for D in range(20, 31))
    place = digest.families[0].series[0].place
    how = "products 4.61e+11 FLOP/s at the start, 2.44e+11 at the end"
    moved = Incident("moved", {"place": place, "state": "A", "how": how, "repeated": 2, "cells": cells})
    early = Incident("failures", {"lines": ("a, process 0: slow, stopped", "b, process 1: slow", "c", "d")})
    (page,) = health.build(replace(digest, health=replace(digest.health, warnings=(moved,), notes=(early,))))
    assert page.lead.endswith("float32: the machine's speed moved within 11 cells.")
    told, more = [block.items[0] for block in page.sections[0].blocks if isinstance(block, Items)]
    assert "within 11 cells: logdet at D = 20, " in told
    assert told.endswith(
        " (in one of them products 461 GFLOP/s at the start, 244 GFLOP/s at the end), though repeated 2 times"
    )
    assert more.endswith("whose rows gave no time: a, process 0: slow, stopped; b, process 1: slow; and 2 more")


def test_files_are_beside_the_page(page, digest):
    (asset,) = page.assets
    assert asset.file == "files.csv"
    assert len(asset.text.splitlines()) == 1 + digest.about.files
    assert any("(files.csv)" in block.text for s in page.sections for block in s.blocks if isinstance(block, Text))
    assert "environment" in tables_of(page)
    assert isinstance(tables_of(page)["sources"], Table)


def test_over_budget_is_what_a_bound_or_a_call_says(page):
    told = " ".join(item for block in page.sections[-1].blocks if isinstance(block, Items) for item in block.items)
    assert "decided on a true bound or on a call" in told
    assert "predicted, not run" not in told


def test_the_gpu_stands_in_place_of_the_processors_clock(carded_digest):
    (page,) = health.build(carded_digest)
    (clock,) = [row for row in tables_of(page)["health"].rows if row["label"].text == "Clock"]
    assert clock["p0"].text == "1,980 of 1,980 MHz, 500 W, 60 °C at most; nothing held it back"
    texts = [b.text for section in page.sections for b in section.blocks if isinstance(b, Text)]
    (gpu,) = [text for text in texts if text.startswith("GPU of ")]
    assert "Synthetic GPU, driver 600.1, JAX with `XLA_FLAGS=--xla_some_flag=false`, precision of products:" in gpu
    assert "tf32 in torch, cuda, tf32" in gpu


def test_a_goal_that_predictions_miss_is_marked(digest):
    family = digest.family("logdet")
    known = {"left_out": 40, "cells": 20, "picks": 0.95, "beyond": 40}
    told = {"error": 0.15, "coverage": 0.85, "beyond_error": 0.16, "beyond_coverage": 0.9}
    met = replace(family.quality, **known, **told)
    rows = []
    for quality in (met, replace(met, error=0.1, coverage=0.96, beyond_error=0.1, picks=0.9)):
        changed = replace(digest, families=(replace(family, quality=quality),))
        (row,) = tables_of(health.build(changed)[0])["quality"].rows
        rows.append([row[name].note.endswith("goal missed") for name in ("inner", "ends", "picks")])
    assert rows == [[False, True, False], [True, False, True]]
