"""Qualities: the columns are those that were recorded."""

import math

from reports.digest.qualities import Worth
from reports.pages.family import qualities

NOTHING = {"mean": math.nan, "spread": math.nan, "path_error": math.nan, "round_trip": math.nan}


def test_inverses_and_curls_have_their_own_columns(make):
    series = make.series(make.sweep("inverse_lu_rk4"), axis="d")
    told = {}
    for family, computes, known in (
        ("line_integral", "inverse", {"path_error": 0.02, "round_trip": 1e-9}),
        ("score", "curl", {"mean": 1.0}),
        ("line_integral", "integral", {"sample_error": 0.1, "hard_error": 0.02}),
        ("logdet", "ordinary", {"bias": 0.1, "noise": 0.02}),
    ):
        worth = Worth(series.key, 100.0, "row", computes, make.about(1.0), 1e-8, **(NOTHING | known))
        section = qualities.build(make.family(series, name=family, qualities=(worth,)))
        (table,) = make.tables(section)
        told[section.title] = {column.label for column in table.columns} - {"Where", "Row", "D", "d", "Time", "Error"}
    assert told == {
        "Inverses": {"Path error", "Round trip"},
        "Probes of the curl": {"Mean"},
        "Hard samples": {"Worst sample", "Hard sample"},
        "Estimates": {"Bias, nats a dimension", "Noise, nats a dimension"},
    }


def test_hard_samples_have_a_table_of_their_own_whatever_the_other_holds(make):
    """A sweep of one size is the first to go where inverses are many."""
    many = [make.series(make.sweep("inverse_lu_rk4"), axis="d", state=str(j)) for j in range(qualities.MOST_ROWS)]
    hard = make.series(make.row("dopri5_direct_0.001", make.cell(10)), axis="d", J="uneven")
    worths = [
        Worth(s.key, 1e4, "inverse_lu_rk4", "inverse_rk4", make.about(1.0), 1e-9, **NOTHING | {"round_trip": 1e-3})
        for s in many
    ]
    told = {"sample_error": 3e-3, "hard_error": 2e-3}
    worths.append(Worth(hard.key, 10.0, "dopri5_direct_0.001", "integral", make.about(1.0), 2e-3, **NOTHING, **told))
    section = qualities.build(make.family(*many, hard, name="line_integral", qualities=tuple(worths)))
    assert section.title == "Inverses and hard samples"
    inverses, (line,) = (table.rows for table in make.tables(section))
    assert len(inverses) == qualities.MOST_ROWS
    assert (line["sample_error"].text, line["hard_error"].text) == ("3.0e-3", "2.0e-3")
