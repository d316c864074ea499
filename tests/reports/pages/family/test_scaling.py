"""Time by size: a panel a sweep on shared axes, and a title that says only what holds."""

import re

from reports.digest.answers import Candidate, CellAnswer
from reports.pages.family import scaling


def answer(make, series, row, regret, open_=False, several=True):
    pick = Candidate(row, None, regret, make.about(1.0), 0.0, 0.0)
    other = Candidate("other", None, 1.0, make.about(2.0), 0.0, 0.0)
    found = (pick, other) if several else (pick,)
    return CellAnswer(series.key, "gradient", 10000.0, pick, regret, open_, float("nan"), found, ())


def pair(make):
    rows = make.sweep("relative"), make.sweep("inverse", 2e-4)
    return make.series(*rows), make.series(*rows, backend="jax")


def test_a_panel_a_sweep_on_shared_axes(make):
    torch, jax = pair(make)
    jax = make.series(make.sweep("relative", 1e-2), backend="jax")
    (figure,) = make.figures(scaling.build(make.family(torch, jax)))
    panels = figure.svg.split("<svg")[1:]
    assert len(panels) == 2
    ticks = [re.findall(r">([\d,.]+ (?:s|ms|µs))<", panel) for panel in panels]
    assert ticks[0] == ticks[1]
    assert ">torch</p>" in figure.svg
    assert ">JAX</p>" in figure.svg
    assert "inverse 200 s at 10,000" in figure.alt


def test_three_sizes_are_a_table(make):
    short = make.series(make.row("relative", *(make.cell(size, 1.0) for size in (1, 2, 3))), backend="jax", B=7)
    torch = make.series(make.sweep("relative"), make.sweep("inverse"))
    section = scaling.build(make.family(torch, short))
    (table,) = make.tables(section)
    assert [line["place"].text for line in table.rows] == ["JAX"]
    assert table.rows[0]["relative"].text == "1 s"
    assert make.figures(section)[0].svg.count("<svg") == 1


def test_a_column_of_the_table_is_a_main_row_where_any_ran(make):
    rows = [make.row(name, make.cell(1, 1.0)) for name in ("relative", "other")]
    (table,) = make.tables(scaling.build(make.family(make.series(*rows))))
    assert [column.key for column in table.columns] == ["place", "size", "relative"]
    (table,) = make.tables(scaling.build(make.family(make.series(rows[1]))))
    assert [column.key for column in table.columns] == ["place", "size", "other"]


def test_the_title_says_what_to_use_only_where_all_panels_agree(make):
    torch, jax = pair(make)

    def entitle(*answers):
        return make.figures(scaling.build(make.family(torch, jax, answers=answers)))[0].title

    found = entitle(answer(make, torch, "relative", 0.021), answer(make, jax, "relative", 0.0))
    assert found == "`relative` loses at most 2.1 % to the fastest at the largest D of every panel"
    plain = "Time of one call, D = 10 to 10,000"
    assert entitle() == plain
    assert entitle(answer(make, torch, "relative", 0.02)) == plain
    assert entitle(answer(make, torch, "relative", 0.02), answer(make, jax, "inverse", 0.0)) == plain
    assert entitle(answer(make, torch, "relative", 0.02), answer(make, jax, "relative", 0.4, True)) == plain
    # Not within a tenth; and where there is no choice nothing was found.
    assert entitle(answer(make, torch, "relative", 0.2), answer(make, jax, "relative", 0.0)) == plain
    assert entitle(*(answer(make, s, "relative", 0.0, several=False) for s in (torch, jax))) == plain


def test_nothing_ran_nothing_is_told(make):
    series = make.series(make.row("relative", *(make.cell(size, None) for size in make.SIZES)))
    assert scaling.build(make.family(series)) is None
