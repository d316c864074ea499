"""The first page: what stands on it, in which order, and that it says what the digest holds."""

import json
import math
from dataclasses import replace

import pytest

from reports.digest.cards import choose_states
from reports.digest.incidents import Incident
from reports.families import FAMILIES
from reports.pages import index
from reports.pages.blocks import Card, Form, Items, Table, Text
from reports.pages.form import build_form
from reports.points import Place
from reports.statistics import Estimate
from reports.text import write_ratio

# The panels' places, and where the same was measured besides.
PLACES = ("torch", "JAX", "torch on cuda")


@pytest.fixture(scope="module")
def page(digest):
    (page,) = index.build(digest)
    return page


def find(page, kind):
    return [block for section in page.sections for block in section.blocks if isinstance(block, kind)]


def test_in_the_order_of_a_reader(page):
    assert [section.id for section in page.sections] == ["answer", "families", "claims", "more"]


def test_one_sentence_says_what_was_measured_on_what(page, digest):
    (machine,) = digest.about.machines
    assert page.lead.count(". ") == 0
    for word in (*machine.processors, f"{machine.cores} cores", *(version for _, version in machine.versions)):
        assert word in page.lead
    assert machine.states == ()
    assert "which ran at one speed throughout ([its state](health.html))" in page.lead


@pytest.mark.parametrize(
    ("states", "known", "told"),
    [
        ((("torch", "float32", "AB"), ("jax", "float32", "ABC")), True, "ran at up to 3 speeds ([states]"),
        # Without a session record nobody knows.
        ((), False, None),
    ],
)
def test_the_lead_says_at_how_many_speeds_the_machine_ran(digest, states, known, told):
    machines = tuple(replace(machine, states=states) for machine in digest.about.machines)
    health = digest.health if known else replace(digest.health, states=())
    lead = index.write_lead(replace(digest, about=replace(digest.about, machines=machines), health=health))
    assert told in lead if told else "speed" not in lead


def test_the_lead_says_in_how_many_cells_the_speed_moved(digest):
    (machine,) = digest.about.machines
    here = Place(machine.name, "torch", "cpu", "float32")
    moved = [
        Incident("moved", {"place": here, "state": "A", "how": "…", "repeated": 0, "cells": cells})
        for cells in (("one", "two"), ("three",))
    ]
    elsewhere = Incident("moved", moved[0].values | {"place": replace(here, machine="elsewhere")})
    health = replace(digest.health, warnings=(*moved, elsewhere))
    lead = index.write_lead(replace(digest, health=health))
    assert "whose speed changed during 3 cells ([its state](health.html))" in lead
    assert "throughout" not in lead
    slow = Incident("disturbed", {"place": here, "state": "A", "most": 1.5, "cells": ("one", "two")})
    both, alone = "changed during 3 cells and was lower in 2 (", "was lower in 2 cells ("
    for warnings, told in (((*moved, slow), both), ((slow,), alone)):
        lead = index.write_lead(replace(digest, health=replace(digest.health, warnings=warnings)))
        assert f"whose speed {told}" in lead


def test_the_lead_names_every_processor(digest):
    (machine,) = digest.about.machines
    two = replace(machine, processors=("One (family 26 model 2)", "One (family 25 model 17)"))
    lead = index.write_lead(replace(digest, about=replace(digest.about, machines=(two,))))
    assert "One (family 26 model 2) and One (family 25 model 17) (" in lead
    assert "never joined on a curve ([states](health.html))" in lead
    older = replace(two, processors=("One", "One (family 25 model 17)"))
    lead = index.write_lead(replace(digest, about=replace(digest.about, machines=(older,))))
    assert "One (family not recorded) and One (family 25 model 17) (" in lead
    assert "speed" not in lead


def test_health_stands_there_only_if_something_warns(digest):
    assert digest.health.warnings == ()
    warning = Incident("file", {"line": "broken.session: no JSON"})
    (told,) = index.build(replace(digest, health=replace(digest.health, warnings=(warning,) * 7)))
    assert [section.id for section in told.sections][3] == "health"
    assert len(find(told, Items)[0].items) == index.MOST


def test_a_line_a_claim_in_few_words(page, digest):
    table = next(table for table in find(page, Table) if table.name == "claims")
    assert len(table.rows) == len(digest.claims)
    for row, claim in zip(table.rows, digest.claims, strict=True):
        assert row["words"].text == claim.short
        assert row["why"].text == claim.decided


def test_headlines_are_paired_ratios_at_the_largest_size_with_an_interval(page, digest, analysis):
    family, card = digest.family("logdet"), next(card for card in find(page, Card) if card.id == "card-logdet")
    known = {analysis.key(series): series for series in analysis.series("logdet")}
    assert len(family.card.headlines) == len(FAMILIES["logdet"].headlines) * len(family.card.panels)
    for found in family.card.headlines:
        ratio = analysis.ratio(known[found.series], found.at, found.row, found.baseline)
        told = next(
            r for r in card.ratios if r.words.endswith(f": time of `{found.row}` over that of `{found.baseline}`")
        )
        assert f"{write_ratio(ratio)} ×" in [value for _, value, _ in told.values]
        assert not found.ratio.undetermined
        later = [size for size in family.find(found.series).sizes if size > found.at]
        beyond = [analysis.ratio(known[found.series], s, found.row, found.baseline) for s in later]
        assert all(ratio is None or ratio.undetermined for ratio in beyond)
        # One process alone timed the largest sizes: their values are in the small line.
        ran = [(ratio.value, size) for ratio, size in zip(beyond, later, strict=True) if ratio is not None]
        assert found.last == (ran[-1] if ran else None)


def test_a_headline_without_an_interval_says_so_in_words(digest):
    family = digest.family("logdet")
    headlines = tuple(replace(h, ratio=Estimate(53.8, math.nan, math.nan, 1)) for h in family.card.headlines)
    alone = replace(family, card=replace(family.card, headlines=headlines))
    told = replace(digest, families=tuple(alone if f.name == "logdet" else f for f in digest.families))
    (page,) = index.build(told)
    for ratio in find(page, Card)[0].ratios:
        assert [value for _, value, _ in ratio.values] == ["53.8 ×"] * len(ratio.values)
        assert all(", no interval known" in where for _, _, where in ratio.values)


def test_a_card_has_a_panel_a_backend_and_says_its_rule(page):
    card = find(page, Card)[0]
    assert [panel.title for panel in card.panels] == ["torch", "JAX"]
    assert all("ended by" in panel.alt for panel in card.panels)
    *rules, elsewhere = card.rules
    assert all(rule.startswith(f"**{place}.** Use `relative") for rule, place in zip(rules, PLACES, strict=True))
    assert elsewhere.startswith("**torch's rule on cuda** ")


def test_names_of_a_card_are_explained_beside_its_picture(page):
    for card in find(page, Card):
        names = FAMILIES[card.id.removeprefix("card-")].names
        assert card.caption.endswith(names)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_most_rows_of_a_card_are_named(family):
    stems = {name.rstrip("0123456789").rstrip("_") for name in family.card}
    assert sum(stem in family.names for stem in stems) >= len(stems) - 1


def test_states_share_a_panel_only_where_their_sizes_do_not_mix(digest):
    series = digest.family("logdet").series[0]
    long = replace(series, key="a", state="A", sizes=(10.0, 32.0, 512.0))
    within, beyond = replace(long, key="c", sizes=(16.0, 64.0)), replace(long, key="b", sizes=(640.0, 1000.0))
    assert [s.key for s in choose_states([beyond, within, long])] == ["a", "b"]


def test_the_forms_data_is_plain_json_and_nothing_else_ends_the_script(page):
    (form,) = find(page, Form)
    assert "</" not in form.data

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    packed = json.loads(form.data, parse_constant=refuse)
    assert set(packed) == {name for name, _ in form.families}
    for family in packed.values():
        for series in family["series"]:
            for row in series["rows"]:
                assert len({len(row[k]) for k in (2, 3, 4)} | {len(series["sizes"])}) == 1


@pytest.mark.parametrize(
    ("error", "told"), [(1.004e-6, 1.01e-6), (1.049e-6, 1.05e-6), (9.96e-7, 1e-6), (2.5e-4, 2.5e-4), (0.0, 0)]
)
def test_the_form_has_no_error_below_the_measured_one(digest, error, told):
    """At an allowed error of 1e-6 the terminal leaves 1.004e-6 out, and so must the page."""
    family = digest.family("logdet")

    def retell(row):
        return replace(row, errors=tuple((at, error) for at, _ in row.errors))

    form = tuple(replace(known, rows=tuple(map(retell, known.rows))) for known in family.form)
    packed = json.loads(build_form(replace(digest, families=(replace(family, form=form),))).data)
    errors = {e for series in packed["logdet"]["series"] for row in series["rows"] for e in row[2] if e is not None}
    assert errors == {told}


def test_a_gpu_is_named_before_its_host(carded_digest, digest):
    (page,) = index.build(carded_digest)
    assert "on Synthetic GPU (driver 600.1; host Synthetic CPU, 2 cores, 149 GB; torch 2.13.0" in page.lead
    assert "`XLA_FLAGS=--xla_some_flag=false`" in page.lead
    assert "ways to compute log-determinant gradients, side by side" in page.lead
    # Where processors were measured as well the card stands behind them.
    (page,) = index.build(digest)
    assert "Synthetic CPU (2 cores, 25 GB, cpu and cuda: Synthetic GPU; torch" in page.lead


def test_the_form_of_a_graph_is_explained_where_there_is_one(carded_digest, page):
    (graphs,) = index.build(carded_digest)
    told = [block.text for block in find(graphs, Text)]
    assert any("`:graph` is a row replayed as a CUDA graph" in text for text in told)
    assert not any("`:graph`" in block.text for block in find(page, Text))
