"""Qualities: the columns are those that were recorded."""

import math

from reports.digest.qualities import Worth
from reports.pages.family import qualities


def test_inverses_and_curls_have_their_own_columns(make):
    series = make.series(make.sweep("inverse_lu_rk4"), axis="d")
    nothing = {"mean": math.nan, "spread": math.nan, "path_error": math.nan, "round_trip": math.nan}
    told = {}
    for computes, known in (
        ("inverse", {"path_error": 0.02, "round_trip": 1e-9}),
        ("curl", {"mean": 1.0}),
        ("integral", {"sample_error": 0.1}),
    ):
        worth = Worth(series.key, 100.0, "row", computes, make.about(1.0), 1e-8, **(nothing | known))
        section = qualities.build(make.family(series, qualities=(worth,)))
        (table,) = make.tables(section)
        told[section.title] = {column.label for column in table.columns} - {"Where", "Row", "D", "d", "Time", "Error"}
    assert told == {
        "Inverses": {"Path error", "Round trip"},
        "Probes of the curl": {"Mean"},
        "Hard samples": {"Worst sample"},
    }
