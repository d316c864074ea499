"""Numbers that rest on another machine's spread say so where they stand."""

import json
import math
from dataclasses import replace

from reports.digest.lent import LentFrom
from reports.pages import build_pages
from reports.pages.index import build
from reports.pages.lent import say_lent, say_near, write_lent
from reports.render import render_markdown
from reports.statistics import Estimate
from reports.text import write_seconds

SENTENCE = "How far processes differ was not measured here: it is taken from "
FOUND = LentFrom("epyc", "AMD EPYC", 4, 17, 51)


def test_cells_of_a_machine_are_told_together(make):
    torch, jax = (make.series(make.sweep("relative"), backend=backend) for backend in ("torch", "jax"))
    lent = make.family(replace(torch, lent_from=FOUND), replace(jax, lent_from=replace(FOUND, cells=3, processes=9)))
    assert say_lent([make.family(torch, jax)]) == ""
    assert say_lent([lent]).startswith(f"{SENTENCE}epyc (AMD EPYC; 20 cells in 60 processes), bounded from above. ")
    assert "`python -m benchmarks settle --minutes 10`" in say_lent([lent])


def test_times_of_one_process_are_marked_and_the_mark_is_explained(make):
    known = Estimate(2.0, 1.0, 3.0, basis="own processes")
    near = Estimate(2.0, 1.0, 3.0, basis="neighbours")
    assert write_seconds(near) == f"{write_seconds(known)} †"
    # What has no interval has none that anybody lent.
    assert "†" not in write_seconds(Estimate(2.0, math.nan, math.nan, basis="neighbours"))
    row = make.sweep("relative")
    cells = tuple(replace(cell, seconds=value) for cell, value in zip(row.cells, (known, near, near, known)))
    assert say_near([make.family(make.series(row))]) == ""
    told = say_near([make.family(make.series(replace(row, cells=cells)))])
    assert told.startswith("† marks a time of one process (2 of 4): ")


def test_the_first_page_has_rules_and_says_whose_spread_they_have(alone_digest):
    (page,) = build(alone_digest)
    (card,) = next(section for section in page.sections if section.id == "families").blocks[1:]
    assert card.rules[-1].startswith(SENTENCE)
    assert all("no rule yet" not in rule for rule in card.rules)
    assert any("slower than the best" in rule or "nothing is faster" in rule for rule in card.rules)
    form = next(section for section in page.sections if section.id == "answer").blocks[0]
    (rules,) = form.rules
    assert rules.rows
    assert all(row["place"].note.startswith("spread between processes lent by") for row in rules.rows)
    family = json.loads(form.data)["logdet"]
    # Of one lender each, where the card's are told together.
    found = {series.lent_from for series in alone_digest.family("logdet").series}
    assert set(family["lent"]) == {write_lent([lent]) for lent in found}
    assert {family["lent"][series["lent"]] for series in family["series"]} == set(family["lent"])
    assert SENTENCE in render_markdown(page, (page,))


def test_pages_behind_it_say_so_too(alone_digest):
    pages = {page.file: page for page in build_pages(alone_digest)}
    assert SENTENCE in pages["claims.html"].lead
    (notes,) = (section for section in pages["logdet.html"].sections if section.id == "notes")
    assert any(block.text.startswith(SENTENCE) for block in notes.blocks)


def test_pages_of_several_processes_are_silent(built):
    for page in built:
        assert SENTENCE not in page.lead
        if page.file == "index.html":
            assert SENTENCE not in render_markdown(page, (page,))
