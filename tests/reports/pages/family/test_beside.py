"""Sweeps beside the family's own: a table a letter, of series that differ in it alone."""

from dataclasses import replace

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


def test_two_commits_share_no_line(make):
    """Their kernels may differ: L = 2 of another commit is not beside the others."""
    known = [replace(make.series(*rows(make, 1.0), B=100, L=L), commits=("aaaaaaaa",)) for L in (1, 8, 32)]
    other = replace(make.series(*rows(make, 3.0), B=100, L=2), commits=("bbbbbbbb",))
    (table,) = make.tables(beside.build(make.family(*known, other)))
    assert table.name == "logdet-by-l"
    assert [column.label for column in table.columns[3:]] == ["L = 1", "L = 8", "L = 32"]


def test_two_values_are_no_table(make):
    known = [make.series(*rows(make, 1.0), B=B, L=1) for B in (1, 100)]
    assert beside.build(make.family(*known)) is None
    assert beside.build(make.family(*known, name="implicit")) is None
