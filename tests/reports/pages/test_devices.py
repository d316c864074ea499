"""The page past one device: tables and figures of a record, one line without."""

from dataclasses import replace

import pytest

from reports.analysis import Analysis
from reports.digest import build_digest
from reports.digest.devices import digest_devices
from reports.load import load
from reports.pages import devices
from reports.pages.blocks import Text
from reports.render import render_page
from tests.reports.finders import tables_of
from tests.reports.sharded import make_record, write_record


@pytest.fixture(scope="module")
def page(sharded):
    (found,) = devices.build(build_digest(sharded))
    return found


def words(page):
    return " ".join(block.text for section in page.sections for block in section.blocks if isinstance(block, Text))


def test_the_table_says_who_gathers(page):
    rows = {(row["row"].text, row["row"].note): row for row in tables_of(page)["devices"].rows}
    assert rows["`inverse`", "JAX"]["whole"].text == "whole W"
    assert rows["`relative`", "torch"]["whole"].text == "no"
    assert rows["`relative`", "JAX"]["saved"].text == "12 %"
    assert "`inverse` gathers every W; of `relative` arrays of the batch alone are exchanged" in words(page)
    assert "all 80 cases send what the formula says" in words(page)
    assert "at most 3.0e-7" in words(page)


def test_a_case_beside_its_formula_is_told(small, digest):
    record = make_record()
    record["measured"][-1]["formula_bytes"] *= 2
    write_record(small, record)
    (found,) = devices.build(replace(digest, devices=digest_devices(Analysis(load(small)))))
    assert "1 of 80 cases send other than the formula says" in words(found)


def test_weak_scaling_is_twice_the_size_on_four_times_the_devices(page):
    rows = [row for row in tables_of(page)["devices-weak"].rows if row["row"].text == "`relative`"]
    assert {(row["from"].text, row["to"].text) for row in rows} == {("8,192 on 2", "16,384 on 8")}
    assert {row["row"].note for row in rows} == {"JAX", "torch"}
    assert {row["peak"].text for row in rows} == {"1.00 ×"}
    # Twice the D, and 7 / 8 of the array over 1 / 2 of it.
    assert {row["sent"].text for row in rows} == {"3.50 ×"}


def test_the_model_is_marked_and_says_what_does_not_fit(page):
    assert "A model, measured nowhere" in words(page)
    assert "None of it has been timed on several cards" in words(page)
    rows = {(row["row"].text, row["size"].text): row for row in tables_of(page)["devices-model"].rows}
    assert rows["relative", "50,000"]["on8"].text == "≥ 251 ms"
    assert rows["inverse", "1,000,000"]["on512"].text == "does not fit"
    reach = {row["row"].text: row for row in tables_of(page)["devices-reach"].rows}
    assert reach["relative"]["on512"].text == "1,000,000"
    assert reach["inverse"]["on512"].text == "50,000"
    assert all(row["source"].text for row in tables_of(page)["devices-assumed"].rows)


def test_two_figures_with_their_words(page):
    figures = [figure for section in page.sections for figure in section.figures()]
    assert [figure.name for figure in figures] == ["devices-held", "devices-sent"]
    for figure in figures:
        assert figure.svg.count("<svg") == 2
        assert "relative" in figure.alt
    assert "<h2" in render_page(page, (page,))


def test_without_a_record_the_page_says_how_to_make_one(digest):
    (found,) = devices.build(digest)
    assert found.file == "devices.html"
    assert "`python -m benchmarks sharding`" in words(found)
