"""Rows that the committed results have no time of: by a true bound or a call, and none by a guess."""

import re
from itertools import product
from pathlib import Path

from reports.analysis import Analysis
from reports.load import load

RESULTS = Path(__file__).parents[2] / "results"
# Why a row may be over its budget: a true bound, or a call that was tried, here or at a smaller size.
TRUE = re.compile(
    r"time: (not tried: at \w+ = \d+ )?measured (> )?(?P<took>[\d.e+-]+) s a call, budget (?P<may>[\d.e+-]+) s"
    r"|time: its least FLOPs at 2 times the measured product rate take (?P<least>[\d.e+-]+) s a call,"
    r" budget (?P<limit>[\d.e+-]+) s"
    r"|memory: its results and largest array are (?P<holds>[\d.]+) GiB, (?P<free>[\d.]+) GiB are free"
    r"|time: the session's .*"
)


def test_no_committed_row_was_refused_by_a_guess(committed, second):
    cards, refused = [Analysis(load(RESULTS, machine=machine)) for machine in ("h100", "h200")], 0
    for analysis in (committed, second, *cards):
        points = (
            analysis.point(series, size, row)
            for series in analysis.series()
            for size, row in product(analysis.sizes(series), analysis.rows(series))
        )
        for point in points:
            if point is None or point.outcome != "over_budget":
                continue
            refused += 1
            found = TRUE.fullmatch(point.reason)
            assert found, point.reason
            for more, less in (("took", "may"), ("least", "limit"), ("holds", "free")):
                if found[more]:
                    assert float(found[more]) >= float(found[less]), point.reason
    assert refused > 100


def test_rows_that_a_prediction_refused_take_less_than_half_of_it(committed):
    text = (RESULTS.parent / "docs/admission.md").read_text(encoding="utf-8")
    lines = re.findall(
        r"^\| `(.+)` \| (\w+), (\w+), (.+), (\w) = (\d+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE
    )
    assert len(lines) == 6
    today = 0
    for row, family, backend, where, letter, size, predicted, took in lines:
        fixed = dict(part.split(" = ") for part in where.split(", "))
        fixed = {"gamma": "0.9"} | fixed if family == "implicit" else fixed
        assert float(predicted) > 2 * float(took)
        for series in committed.series(family):
            same = {"B": "64", **fixed}.items() <= {name: str(value) for name, value in series.fixed}.items()
            if same and (series.place.backend, series.place.dtype, series.axis) == (backend, "float64", letter):
                point = committed.point(series, float(size), row)
                today += point is not None
                assert point is None or float(predicted) > 2 * point.seconds.value
    assert today >= 2
