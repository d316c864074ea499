"""The family pages as a whole: bounded, well-formed, the same each time."""

import re
from argparse import Namespace

import pytest

from reports.families import FAMILIES
from reports.pages import families
from reports.pages.family import CHAPTERS
from reports.render import render_page
from tests.reports.parsed import Parsed

MOST_FIGURES, MOST_ROWS = 7, 60


@pytest.fixture(scope="module")
def pages(implicit_digest):
    return families.build(implicit_digest)


def test_a_page_a_family_with_its_chapters(pages):
    assert [page.file for page in pages] == ["logdet.html", "implicit.html"]
    told = {section.id for section in pages[1].sections}
    assert told >= {"notes", "scaling", "speedups", "memory", "accuracy", "ladders", "libraries", "work", "compilation"}


def test_no_more_figures_and_rows_than_can_be_read(pages):
    for page in pages:
        figures = [figure for section in page.sections for figure in section.figures()]
        assert 3 <= len(figures) <= MOST_FIGURES
        assert len({figure.name for figure in figures}) == len(figures)
        for table in (table for section in page.sections for table in section.tables()):
            assert len(table.rows) <= MOST_ROWS, table.name


def test_the_page_is_well_formed_and_every_picture_has_words(pages):
    for page in pages:
        html = render_page(page, pages)
        tags = Parsed(html)
        assert (tags.faults, tags.stack) == ([], [])
        assert len(tags.ids) == len(set(tags.ids))
        assert tags.svgs
        assert all(svg["role"] == "img" and len(svg["aria-label"]) > 30 for svg in tags.svgs)
        assert not re.search(r"\bnan\b|\bNone\b", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.long
def test_the_same_digest_gives_the_same_page(pages, implicit_digest):
    again = families.build(implicit_digest)
    assert [render_page(page, pages) for page in pages] == [render_page(page, again) for page in again]


def test_chapters_ask_the_digest_alone(implicit_digest):
    """Every chapter says something of some family or nothing; none needs more than the family's digest."""
    for family in implicit_digest.families:
        assert any(chapter.build(family) is not None for chapter in CHAPTERS)


def test_notes_of_rows_that_were_not_measured_are_left_out(make):
    family = make.family(make.series(make.sweep("relative")))
    (page,) = families.build(Namespace(families=(family,)))
    told = [block.text for block in page.sections[0].blocks]
    assert told[:2] == [FAMILIES["logdet"].names, FAMILIES["logdet"].notes[0]]
    assert not any("inverse_tracked" in text for text in told)
    tracked = make.family(make.series(make.sweep("relative"), make.sweep("inverse_tracked")))
    (page,) = families.build(Namespace(families=(tracked,)))
    assert any("inverse_tracked" in block.text for block in page.sections[0].blocks)
