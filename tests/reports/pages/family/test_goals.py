"""The goals on a GPU as a table: a verdict without an interval is by one process, and says so."""

import math

from reports.digest.goals import Goal
from reports.pages.family import work
from reports.pages.family._goals import show_goals
from reports.statistics import Estimate


def test_verdicts_say_what_they_rest_on(make):
    series = make.series(make.sweep("relative"))
    alone, time = Estimate(0.781, math.nan, math.nan), make.about(3e-3)
    goals = (
        Goal(series.key, 10_000.0, "relative", "products", alone, 0.85, time, "missed", False),
        Goal(series.key, 10_000.0, "relative_step", "copy", make.about(1.1), 1.15, time, "met", True),
        Goal(series.key, 100.0, "relative:graph", "launch", None, 3.0, time, "not judged", False),
    )
    table, note = show_goals(make.family(series, goals=goals))
    told = [(row["here"].text, row["verdict"].text, row["verdict"].tone, row["verdict"].note) for row in table.rows]
    assert told == [
        ("78.1 %", "missed", "undecided", "one process"),
        ("1.100 [1.089, 1.111] ×", "met", "good", ""),
        ("–", "not judged", "off", ""),
    ]
    assert "Not judged: the records of that size hold no time of an empty launch" in note.text
    (_, without) = show_goals(make.family(series, goals=goals[:2]))
    assert "Not judged" not in without.text
    assert table in work.build(make.family(series, goals=goals)).blocks


def test_without_goals_there_is_nothing(make):
    assert show_goals(make.family(make.series(make.sweep("relative")))) == ()
