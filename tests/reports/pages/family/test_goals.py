"""The goals as a table: a verdict without an interval is by one process, and says so; on a processor a line a goal."""

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


def test_a_processors_goal_is_a_line_with_the_figure_of_every_size(make):
    """Missed where one size is, met where all are; what the values alone would say stands where intervals do not."""
    series, time = make.series(make.sweep("relative")), make.about(3e-3)

    def goals(kind, limit, *told):
        return [
            Goal(series.key, size, "relative", kind, make.about(value), limit, time, verdict, True)
            for size, value, verdict in told
        ]

    def show(*some):
        blocks = show_goals(make.family(series, goals=tuple(some)))
        cells = [(row["figures"].text, row["most"].text, row["verdict"]) for row in blocks[0].rows]
        return blocks, [(here, most, cell.text, cell.tone, cell.note) for here, most, cell in cells]

    (table, note), told = show(
        *goals("floor", 1.05, (1000.0, 1.02, "met"), (4000.0, 1.0, "met")),
        *goals("roofline", 1.4, (1000.0, 2.9, "missed"), (4000.0, 1.45, "undetermined"), (20_000.0, 1.3, "met")),
    )
    assert told == [
        ("1,000: 1.020, 4,000: 1.000", "1.020 [1.010, 1.030] × at 1,000", "met", "good", ""),
        (
            "1,000: 2.900, 4,000: 1.450, 20,000: 1.300",
            "2.900 [2.871, 2.929] × at 1,000",
            "missed",
            "bad",
            "the values alone: missed at 1,000 and 4,000",
        ),
    ]
    assert [row["words"].text for row in table.rows] == [
        "at most 1.05 × its own products",
        "at most 1.4 × the roofline",
    ]
    assert "on a processor" in table.caption
    assert "for D from 1,000 on" in note.text
    _, told = show(*goals("floor", 1.05, (1000.0, 1.04, "undetermined"), (4000.0, 1.0, "met")))
    assert told[0][2:] == ("undetermined", "undecided", "the values alone: met")
    _, told = show(*goals("floor", 1.05, (1000.0, 1.06, "undetermined"), (4000.0, 1.0, "met")))
    assert told[0][2:] == ("undetermined", "undecided", "the values alone: missed at 1,000")
