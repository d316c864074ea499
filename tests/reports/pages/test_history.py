"""The page of history: figures where the ratio to the yardstick was recorded, one line where it was not."""

import math
import re
from dataclasses import replace

import pytest

from reports.digest.history import History, Mark, Track, list_changes
from reports.families import FAMILIES
from reports.pages import history
from reports.pages.blocks import Table, Text
from reports.points import Place

COMMITS = tuple(letter * 40 for letter in "abcdefghijklmnop")


def track(row, size, ratios, paired=True):
    marks = tuple(
        Mark(commit, 1e-3, ratio if paired else math.nan, ratio) for commit, ratio in zip(COMMITS, ratios, strict=False)
    )
    place = Place("m", "torch", "cpu", "float32")
    return Track("env", "logdet", place, "D", size, (("B", 100), ("L", 2)), row, marks)


def build(digest, *tracks):
    (page,) = history.build(replace(digest, history=History(COMMITS, tracks, list_changes(tracks))))
    return page


def find(page, name):
    return next(section for section in page.sections if section.id == name)


def test_a_figure_for_each_family_with_panels_by_size(digest):
    tracks = [track("relative", size, (1.0, 1.02, 1.5 if size == 512 else 1.0)) for size in (8, 64, 128, 512, 1024)]
    page = build(digest, *tracks, track("inverse", 512, (4.0, 4.0, 4.1)))
    (figure,) = find(page, "yardstick").figures()
    assert "the most that moved is relative at D = 512, 1.5 × longer" in figure.title
    assert figure.svg.count(">D = ") == 4
    assert ">aaaaaaa<" in figure.svg
    (table,) = find(page, "changes").tables()
    (row,) = table.rows
    assert (row["row"].text, row["ratio"].text) == ("relative", "1.5 ×")


def test_what_the_title_tells_of_is_drawn(digest):
    """A row that is on no card, at a size between those with a panel."""
    sizes = (8, 16, 32, 64, 128, 256, 512)
    others = [track(row, size, (1.0, 1.0, 1.0)) for row in FAMILIES["logdet"].card for size in sizes]
    page = build(digest, *others, *(track("slq_7", size, (1, 1, 1.5 if size == 128 else 1)) for size in sizes))
    (figure,) = find(page, "yardstick").figures()
    assert "the most that moved is slq_7 at D = 128, 1.5 × longer" in figure.title
    assert ">slq_7<" in figure.svg
    assert re.findall(r">D = (\d+)<", figure.svg) == ["8", "32", "128", "512"]


def test_what_did_not_move_is_said(digest):
    page = build(digest, track("relative", 64, (1.0, 1.02, 1.04)))
    (figure,) = find(page, "yardstick").figures()
    assert figure.title.endswith("no row moved by more than 1.04 ×")
    assert list(find(page, "changes").tables()) == []


def test_two_commits_have_a_table_and_no_figure(digest):
    page = build(digest, track("relative", 64, (1.0, 1.3)))
    assert list(find(page, "yardstick").figures()) == []
    (text,) = find(page, "yardstick").blocks
    assert isinstance(text, Text)
    assert text.text.startswith("A line needs 3 commits")
    (table,) = find(page, "changes").tables()
    assert table.rows[0]["new"].text == "1.3"


def test_ratios_that_were_not_recorded_are_marked(digest):
    page = build(digest, track("relative", 64, (1.0, 1.3), paired=False))
    assert list(find(page, "yardstick").figures()) == []
    (text,) = find(page, "yardstick").blocks
    assert isinstance(text, Text)
    assert text.text.startswith("Nothing was recorded of it yet")
    (table,) = find(page, "changes").tables()
    assert table.rows[0]["new"].text == "≈ 1.3"


def test_few_commits_are_said_to_tell_nothing(digest):
    page = build(digest, track("relative", 64, (1.0, 1.0, 9.0)))
    (text,) = find(page, "points").blocks
    assert isinstance(text, Text)
    assert text.text.endswith("a change takes 8 commits of one row in one environment, and the longest record has 3.")


def test_a_change_stands_in_the_table_the_title_and_the_figure(digest):
    level = [1.0, 1.01, 0.99, 1.02, 0.98, 1.03, 0.97, 1.0]
    changed = track("relative", 64, [*level, *(1.5 * ratio for ratio in level)])
    page = build(digest, changed, track("inverse", 64, [4 * ratio for ratio in (*level, *reversed(level))]))
    note, table = find(page, "points").blocks
    assert isinstance(note, Text)
    assert isinstance(table, Table)
    assert note.text.startswith(
        "Of 2 rows recorded at 8 commits or more, 1 change of level by more than 5 % is certain"
    )
    (row,) = table.rows
    assert (row["row"].text, row["factor"].text) == ("relative", "1.5 ×")
    assert (row["first"].text, row["first"].note) == ("i" * 8, f"after {'h' * 8}")
    assert (row["before"].text, row["after"].note) == ("1", "8 commits")
    (figure,) = find(page, "yardstick").figures()
    assert figure.title.endswith("relative at D = 64 takes 1.5 × as long from iiiiiiii on")
    quiet = build(digest, track("relative", 64, [*level, *level]))
    (still,) = find(quiet, "yardstick").figures()
    assert figure.svg.count("stroke-dasharray") == still.svg.count("stroke-dasharray") + 1


@pytest.mark.parametrize("tracks", [()])
def test_no_history_is_one_line(digest, tracks):
    page = build(digest, *tracks)
    assert "there is no history yet" in page.lead
    assert page.sections == ()


def test_without_asv_there_is_no_history(digest):
    (page,) = history.build(replace(digest, history=History((), ())))
    assert page.lead.startswith("No asv file was read: there is no history yet. ")
