"""Sweeps beside the family's own: a table a letter, of series that differ in it alone."""

import math
from dataclasses import replace

from reports.digest.orders import Order
from reports.pages.family import beside


def rows(make, ratio, near=1e-7, **changes):
    floor = make.row("gemm_floor", make.cell(100, 1e-3), role="floor")
    cells = [make.cell(size, 2e-3, ratio=make.about(ratio), error=near) for size in (100, 1000)]
    return floor, make.row("relative", *cells), make.row("inverse", make.cell(100, **changes))


def test_times_of_the_yardstick_by_batch(make):
    known = [make.series(*rows(make, 1 + B / 1000), B=B, L=1) for B in (1000, 1, 100)]
    other = make.series(*rows(make, 5.0), B=100, L=2)
    table, *more = make.tables(beside.build(make.family(*known, other)))
    assert not more
    assert (table.name, table.caption) == ("logdet-by-b", "Time by B (float32, L = 1)")
    assert [column.label for column in table.columns] == ["Where", "D", "Row", "B = 1", "B = 100", "B = 1,000"]
    lines = {(line["row"].text, line["size"].text): line for line in table.rows}
    # One series has no other to stand beside; a row without a ratio is not told, the yardstick in its own seconds.
    assert set(lines) == {("gemm_floor", "100"), ("relative", "100"), ("relative", "1,000")}
    assert [lines["relative", "100"][key].text.split()[0] for key in ("1", "100", "1000")] == [
        "1.001",
        "1.100",
        "2.000",
    ]
    assert lines["gemm_floor", "100"]["1"].text.endswith("ms")


def test_errors_by_condition_tell_what_is_wrong(make):
    known = [make.series(*rows(make, 1.0, near=1e-9 * c), B=100, L=1, condition=c) for c in (1.0, 1e2)]
    wrong = {"seconds": None, "outcome": "wrong", "reason": "error 0.02 exceeds the tolerance 1e-04", "error": 0.02}
    known.append(make.series(*rows(make, 1.0, **wrong), B=100, L=1, condition=1e6))
    plain = make.series(*rows(make, 1.0), B=100, L=1)
    (table,) = make.tables(beside.build(make.family(*known, plain)))
    assert table.name == "logdet-by-condition"
    (line,) = [line for line in table.rows if (line["row"].text, line["size"].text) == ("inverse", "100")]
    assert (line["1e+06"].text, line["1e+06"].tone) == ("2.0e-2", "bad")
    assert line["1e+06"].note.startswith("error 0.02")
    assert line["100"].tone == ""


def test_each_size_with_enough_values_is_told(make):
    """D = 100 has four values, D = 1,000 three, D = 10,000 two."""
    known = []
    for B, sizes in ((1, (100, 1000, 10000)), (10, (100, 1000, 10000)), (100, (100, 1000)), (1000, (100,))):
        cells = [make.cell(size, 2e-3, ratio=make.about(2.0)) for size in sizes]
        known.append(make.series(make.row("relative", *cells), B=B, L=1))
    (table,) = make.tables(beside.build(make.family(*known)))
    assert [line["size"].text for line in table.rows] == ["100", "1,000"]
    assert "1000" not in table.rows[1]


def test_a_skipped_cell_says_why(make):
    known = [make.series(*rows(make, 1.0), B=100, L=1, condition=c) for c in (1.0, 1e2)]
    skipped = {"seconds": None, "outcome": "skipped", "reason": "pivots are too small", "error": math.nan}
    known.append(make.series(*rows(make, 1.0, **skipped), B=100, L=1, condition=1e6))
    (table,) = make.tables(beside.build(make.family(*known)))
    (line,) = [line for line in table.rows if line["row"].text == "inverse"]
    assert (line["1e+06"].text, line["1e+06"].note) == ("–", "pivots are too small")
    assert line["1"].note == ""


def one(make, size, commit="aaaaaaaa"):
    return make.cell(size, 2e-3, ratio=make.about(2.0), commit=commit)


def test_two_commits_share_no_line(make):
    """Their kernels may differ: L = 2 of another commit is not beside the others."""
    known = [make.series(make.row("relative", one(make, 100)), B=100, L=L) for L in (1, 8, 32)]
    other = make.series(make.row("relative", one(make, 100, "bbbbbbbb")), B=100, L=2)
    (table,) = make.tables(beside.build(make.family(*known, other)))
    assert table.name == "logdet-by-l"
    assert [column.label for column in table.columns[3:]] == ["L = 1", "L = 8", "L = 32"]


def test_patient_calls_of_another_commit_part_no_series(make):
    """They are of other sizes: what is told is of one commit."""
    known = [
        replace(
            make.series(make.row("relative", one(make, 100), one(make, 10000, patient)), B=100, L=L),
            commits=tuple(sorted({"aaaaaaaa", patient})),
        )
        for L, patient in ((1, "aaaaaaaa"), (2, "bbbbbbbb"), (8, "aaaaaaaa"), (32, "aaaaaaaa"))
    ]
    (table,) = make.tables(beside.build(make.family(*known)))
    assert [column.label for column in table.columns[3:]] == ["L = 1", "L = 2", "L = 8", "L = 32"]
    assert table.rows[0]["size"].text == "100"


def test_whether_a_batch_beyond_the_dimension_turns_the_order(make):
    known = {B: make.series(*rows(make, 2.0), B=B, L=1) for B in (1, 100, 1000)}
    orders = [
        Order(known[B].key, size, row, "transposed", make.about(0.5), word)
        for B, size, row, word in (
            (1, 100.0, "relative_published", "undetermined"),
            (1, 1000.0, "relative", "faster"),
            (100, 100.0, "relative", "undetermined"),
            (1000, 100.0, "relative", "faster"),
        )
    ]
    (note,) = make.texts(beside.build(make.family(*known.values(), orders=tuple(orders))))
    assert note.endswith(
        " Of `relative`, `relative_published` and `transposed` the fastest is (in how many cells beyond doubt) in "
        "torch where B ≤ D `relative` (1 of 2) and `relative_published` at D = 100, B = 1 (0 of 1), where B > D "
        "`relative` (1 of 1)."
    )


def test_two_values_are_no_table(make):
    known = [make.series(*rows(make, 1.0), B=B, L=1) for B in (1, 100)]
    assert beside.build(make.family(*known)) is None
    assert beside.build(make.family(*known, name="implicit")) is None
