"""Memory: the machine's own only where rows come near it, and what ended a row in words."""

from dataclasses import replace

from reports.pages.family import memory


def test_the_machine_is_drawn_where_rows_come_near_it(make):
    series = make.series(make.sweep("relative"))

    def draw(memory_bytes):
        (figure,) = make.figures(memory.build(make.family(replace(series, memory_bytes=memory_bytes))))
        return "memory of the machine" in figure.svg

    assert draw(32e9)
    assert not draw(32e12)
    assert not draw(float("nan"))


def test_what_ended_a_row_is_said(make):
    rows = (
        make.sweep("relative"),
        make.row("inverse", make.cell(10), make.cell(100, None, limit="memory")),
        make.row("slow", make.cell(10, None, limit="time")),
        make.row("dense", make.cell(10, None, outcome="error", reason="no such thing"), smallest_failed=None),
        make.row("later", make.cell(10, None, limit="time"), make.cell(100)),
    )
    series = make.series(*rows)
    (table,) = make.tables(memory.build(make.family(series)))
    cells = {line["row"].text: line[series.key] for line in table.rows}
    assert (cells["relative"].text, cells["relative"].tone) == ("10,000", "good")
    assert (cells["inverse"].text, cells["inverse"].note) == ("10", "memory at 100")
    assert (cells["slow"].text, cells["slow"].note) == ("none", "time at 10")
    assert (cells["dense"].text, cells["dense"].note) == ("error", "no such thing")
    # What ran at a larger size was not ended by a smaller one.
    assert (cells["later"].text, cells["later"].note) == ("100", "")


def test_a_panel_is_of_one_instrument_and_says_which(make):
    row = make.sweep("relative")
    cells = [replace(cell, instrument="allocator peak rise", peak_bytes=1e6 * cell.size) for cell in row.cells]
    cells[-1] = replace(cells[-1], instrument="memory_analysis", peak_bytes=77e9)
    series = make.series(replace(row, cells=tuple(cells)))
    (figure,) = make.figures(memory.build(make.family(series)))
    assert "by allocator peak rise" in figure.svg
    assert "memory_analysis" not in figure.svg
    # The last point is the largest that the same instrument read.
    assert "77 GB" not in figure.alt
    assert figure.alt.endswith(f"at {cells[-2].size:,.0f}.")
