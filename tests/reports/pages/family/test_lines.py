"""Which rows a panel holds, and what a line says of where its row ended."""

from reports.pages.family._lines import choose_rows, list_ends, make_line, make_lines
from reports.plots import MOST_LINES


def test_main_rows_first_and_others_where_those_are_few(make):
    card = make.series(*(make.sweep(name) for name in ("inverse", "relative", "transposed", "slogdet_autodiff")))
    few = make.series(*(make.sweep(f"other_{j}") for j in range(8)), make.sweep("relative"))
    full = make.series(
        *(make.sweep(name) for name in ("relative", "inverse", "slogdet_autodiff", "gemm_floor", "other"))
    )
    family = make.family(card, few, full)
    assert [r.name for r in choose_rows(family, card)] == ["relative", "inverse", "slogdet_autodiff", "transposed"]
    assert len(choose_rows(family, few)) == MOST_LINES
    assert choose_rows(family, few)[0].name == "relative"
    assert "other" not in [r.name for r in choose_rows(family, full)]


def test_a_row_that_never_ran_has_no_line(make):
    series = make.series(make.row("relative", *(make.cell(size, None) for size in make.SIZES)))
    assert choose_rows(make.family(series), series) == []


def test_where_a_row_ended_is_marked_by_what_ended_it(make):
    def draw(limit, **more):
        cells = [make.cell(10, 1.0), make.cell(100, 2.0), make.cell(1000, None, limit=limit, stopped_s=30.0)]
        row = make.row("relative", *cells, **more)
        return make_line(make.family(make.series(row)), row, lambda c: c.seconds, stops=True)

    assert draw("memory").memory_stops == [(1000, 30.0)]
    assert draw("time").time_stops == [(1000, 30.0)]
    # What ran at a larger size did not end there.
    assert not draw("memory", largest_ok=5000).memory_stops


def test_states_are_lines_of_their_own_and_one_end(make):
    a = make.series(make.row("relative", *(make.cell(size, 1.0) for size in (10, 100))), state="A")
    b = make.series(make.row("relative", *(make.cell(size, 2.0) for size in (1000, 10000))), state="B")
    lines = make_lines(make.family(a, b), (a, b), lambda cell: cell.seconds)
    assert [line.sizes for line in lines] == [[10, 100], [1000, 10000]]
    assert list_ends(lines, str) == "relative 2.0 at 10,000"
