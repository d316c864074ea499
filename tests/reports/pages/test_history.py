"""The page of history: figures where the ratio to the yardstick was recorded, one line where it was not."""

import math
import re
from dataclasses import replace

import pytest

from reports.comparisons import Compared
from reports.digest.history import History, Mark, Track, confirm, list_changes
from reports.families import FAMILIES
from reports.pages import history
from reports.pages.blocks import Table, Text
from reports.points import Place
from reports.statistics import Estimate

COMMITS = tuple(letter * 40 for letter in "abcdefghijklmnop")


def track(row, size, ratios, paired=True):
    marks = tuple(
        Mark(commit, ratio if paired else math.nan, ratio) for commit, ratio in zip(COMMITS, ratios, strict=False)
    )
    place = Place("m", "torch", "cpu", "float32")
    return Track("env", "logdet", place, "D", size, (("B", 100), ("L", 2)), row, marks)


def build(digest, *tracks, compared=()):
    changes = confirm(list_changes(tracks), compared)
    (page,) = history.build(replace(digest, history=History(COMMITS, tracks, changes, tuple(compared))))
    return page


def find(page, name):
    return next(section for section in page.sections if section.id == name)


def test_a_figure_for_each_family_with_panels_by_size(digest):
    tracks = [track("relative", size, (1.0, 1.02, 1.5 if size == 512 else 1.0)) for size in (8, 64, 128, 512, 1024)]
    page = build(digest, *tracks, track("inverse", 512, (4.0, 4.0, 4.1)))
    (figure,) = find(page, "yardstick").figures()
    assert figure.title.endswith(": no change is confirmed")
    assert figure.svg.count(">D = ") == 4
    assert ">aaaaaaa<" in figure.svg
    (table,) = find(page, "changes").tables()
    (row,) = table.rows
    assert (row["row"].text, row["ratio"].text) == ("relative", "1.5 ×")


def test_what_moved_most_is_drawn(digest):
    """A row that is on no card, at a size between those with a panel."""
    sizes = (8, 16, 32, 64, 128, 256, 512)
    others = [track(row, size, (1.0, 1.0, 1.0)) for row in FAMILIES["logdet"].card for size in sizes]
    page = build(digest, *others, *(track("slq_7", size, (1, 1, 1.5 if size == 128 else 1)) for size in sizes))
    (figure,) = find(page, "yardstick").figures()
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


def _count_dashes(figure):
    return figure.svg.count("stroke-dasharray")


LEVEL = [1.0, 1.01, 0.99, 1.02, 0.98, 1.03, 0.97, 1.0]
CHANGED = track("relative", 64, [*LEVEL, *(1.5 * ratio for ratio in LEVEL)])


@pytest.fixture(scope="module")
def dashes(digest):
    """How many a figure has in which nothing changed."""
    (figure,) = find(build(digest, track("relative", 64, [*LEVEL, *LEVEL])), "yardstick").figures()
    return _count_dashes(figure)


def compared(verdict, ratio, row="relative"):
    sizes = (("B", 100), ("D", 64), ("L", 2))
    value = Estimate(ratio, ratio / 1.05, ratio * 1.05)
    return Compared("m", COMMITS[7], COMMITS[8], "logdet", "torch", "cpu", "float32", sizes, row, verdict, value)


def test_a_confirmed_change_stands_in_the_table_the_title_and_the_figure(digest, dashes):
    still = track("inverse", 64, [4 * ratio for ratio in (*LEVEL, *reversed(LEVEL))])
    page = build(digest, CHANGED, still, compared=[compared("slower", 1.47)])
    note, table = find(page, "points").blocks
    assert isinstance(note, Text)
    assert isinstance(table, Table)
    assert note.text.startswith("Of 2 rows recorded at 8 commits or more, 1 step of level by more than 5 % is told")
    assert "So they do in 1; in 0 they do not, and 0 nobody has compared" in note.text
    (row,) = table.rows
    assert (table.name, row["row"].text, row["factor"].text) == ("points", "relative", "1.5 ×")
    assert (row["beside"].text, row["beside"].note) == ("1.47 [1.40, 1.54] ×", "slower")
    assert (row["first"].text, row["first"].note) == ("i" * 8, f"after {'h' * 8}")
    assert (row["before"].text, row["after"].note) == ("1", "8 commits")
    (figure,) = find(page, "yardstick").figures()
    assert figure.title.endswith("relative at D = 64 takes 1.47 [1.40, 1.54] × as long from iiiiiiii on")
    assert _count_dashes(figure) == dashes + 1


def test_a_step_that_nobody_has_compared_is_told_as_one_with_what_settles_it(digest, dashes):
    for others in ([], [compared("open", 1.2)], [compared("slower", 1.5, row="inverse")]):
        page = build(digest, CHANGED, compared=others)
        note, table = find(page, "points").blocks
        assert "So they do in 0; in 0 they do not, and 1 nobody has compared" in note.text
        assert table.name == "steps"
        assert table.rows[0]["ask"].text == (
            f'python -m benchmarks compare {"h" * 8} {"i" * 8} --cell "logdet torch D=64 B=100 L=2" --dtype float32 '
            "--method relative --keep m"
        )
        (figure,) = find(page, "yardstick").figures()
        assert figure.title.endswith(": no change is confirmed")
        assert _count_dashes(figure) == dashes


@pytest.mark.parametrize(("verdict", "ratio"), [("same", 1.01), ("faster", 0.7)])
def test_a_step_that_is_none_side_by_side_is_counted_and_not_told(digest, dashes, verdict, ratio):
    page = build(digest, CHANGED, compared=[compared(verdict, ratio)])
    (note,) = find(page, "points").blocks
    assert "So they do in 0; in 1 they do not, and 0 nobody has compared" in note.text
    (figure,) = find(page, "yardstick").figures()
    assert _count_dashes(figure) == dashes
    assert figure.title.endswith(": no change is confirmed")


def test_every_backend_has_its_figure(digest):
    torch = track("relative", 64, (1.0, 1.0, 1.1))
    page = build(digest, torch, replace(torch, place=replace(torch.place, backend="jax")))
    assert [figure.name for figure in find(page, "yardstick").figures()] == [
        "history-logdet-jax",
        "history-logdet-torch",
    ]


@pytest.mark.parametrize("tracks", [(), (track("relative", 64, (1.0, 1.3)),)])
def test_what_was_compared_side_by_side_is_told_with_any_history_or_none(digest, tracks):
    lines = [compared("slower", 1.02), compared("same", 1.0, row="inverse"), compared("faster", 0.5, row="transposed")]
    page = build(digest, *tracks, compared=lines)
    note, table = find(page, "compared").blocks
    assert note.text.startswith("1 pair of commits, each measured in lockstep")
    assert "of 3 rows 1 are slower, 1 faster, 1 no slower than the threshold, 0 open" in note.text
    assert [(row["row"].text, row["ratio"].tone) for row in table.rows] == [("transposed", "good"), ("relative", "bad")]
    assert (table.rows[0]["head"].text, table.rows[0]["head"].note) == ("i" * 8, f"over {'h' * 8}, on m")
    assert "compared" not in {section.id for section in build(digest, *tracks).sections}


def test_no_history_is_one_line(digest):
    page = build(digest)
    assert "there is no history yet" in page.lead
    assert page.sections == ()


def test_without_asv_there_is_no_history(digest):
    (page,) = history.build(replace(digest, history=History((), ())))
    assert page.lead.startswith("No asv file was read: there is no history yet. ")
