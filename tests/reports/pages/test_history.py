"""The page of history: figures where the ratio to the yardstick was recorded, one line where it was not."""

import math
from dataclasses import replace

import pytest

from reports.digest.history import History, Mark, Track
from reports.pages import history
from reports.pages.blocks import Text
from reports.points import Place

COMMITS = ("a" * 40, "b" * 40, "c" * 40)


def track(row, size, ratios, paired=True):
    marks = tuple(
        Mark(commit, 1e-3, ratio if paired else math.nan, ratio) for commit, ratio in zip(COMMITS, ratios, strict=False)
    )
    place = Place("m", "torch", "cpu", "float32")
    return Track("m", "env", "logdet", place, "D", size, (("B", 100), ("L", 2)), row, marks)


def build(digest, *tracks):
    (page,) = history.build(replace(digest, history=History(COMMITS, tracks)))
    return page


def test_a_figure_for_each_family_with_panels_by_size(digest):
    tracks = [track("relative", size, (1.0, 1.02, 1.5 if size == 512 else 1.0)) for size in (8, 64, 128, 512, 1024)]
    page = build(digest, *tracks, track("inverse", 512, (4.0, 4.0, 4.1)))
    (figure,) = page.sections[0].figures()
    assert "the most that moved is relative at D = 512, 1.5 × longer" in figure.title
    assert figure.svg.count(">D = ") == 4
    assert ">aaaaaaa<" in figure.svg
    (table,) = page.sections[1].tables()
    (row,) = table.rows
    assert (row["row"].text, row["ratio"].text) == ("relative", "1.5 ×")


def test_what_did_not_move_is_said(digest):
    page = build(digest, track("relative", 64, (1.0, 1.04)))
    (figure,) = page.sections[0].figures()
    assert figure.title.endswith("no row moved by more than 1.04 ×")
    assert list(page.sections[1].tables()) == []


def test_ratios_that_were_not_recorded_are_marked(digest):
    page = build(digest, track("relative", 64, (1.0, 1.3), paired=False))
    assert list(page.sections[0].figures()) == []
    (text,) = page.sections[0].blocks
    assert isinstance(text, Text)
    assert text.text.startswith("Nothing was recorded of it yet")
    (table,) = page.sections[1].tables()
    assert table.rows[0]["new"].text == "≈ 1.3"


@pytest.mark.parametrize("tracks", [()])
def test_no_history_is_one_line(digest, tracks):
    page = build(digest, *tracks)
    assert "there is no history yet" in page.lead
    assert page.sections == ()


def test_without_asv_there_is_no_history(digest):
    (page,) = history.build(replace(digest, history=History((), ())))
    assert page.lead.startswith("No asv file was read: there is no history yet. ")
