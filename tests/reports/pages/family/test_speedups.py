"""Speed-ups: the title states a finding where its verdict holds everywhere, the table stays short."""

from dataclasses import replace

from reports.digest.speedups import Speedup
from reports.pages.family import speedups
from reports.pages.family._lines import FEW


def rise(make, series, row="relative", baseline="inverse", verdict="faster"):
    return [
        Speedup(series.key, size, row, baseline, make.about(2.0 * (j + 1)), verdict)
        for j, size in enumerate(series.sizes)
    ]


def test_the_title_says_how_much_where_every_panel_has_it(make):
    sweeps = [make.series(make.sweep("relative"), make.sweep("inverse"), backend=b) for b in ("torch", "jax")]
    found = [s for series in sweeps for s in rise(make, series)]

    def entitle(known):
        return make.figures(speedups.build(make.family(*sweeps, speedups=tuple(known))))[0].title

    assert entitle(found) == "`relative` is 8 × faster than `inverse` at the largest size both ran at"
    unsure = [replace(s, verdict="same") if s is found[-1] else s for s in found]
    assert entitle(unsure) == "Speed-up over what users run today, D = 10 to 10,000"


def test_the_table_has_three_sizes_and_the_main_rows(make):
    series = make.series(*(make.sweep(name) for name in ("relative", "inverse", *(f"r{j}" for j in range(70)))))
    few = tuple(rise(make, series))
    (table,) = make.tables(speedups.build(make.family(series, speedups=few)))
    (line,) = table.rows
    assert [line[at].note for at in ("smallest", "middle", "largest")] == ["D = 10", "D = 1,000", "D = 10,000"]
    assert line["largest"].tone == "good"
    many = few + tuple(s for j in range(70) for s in rise(make, series, f"r{j}"))
    (table,) = make.tables(speedups.build(make.family(series, speedups=many)))
    assert [line["row"].text for line in table.rows] == ["relative"]
    assert "of the main rows" in table.caption


def test_of_two_sizes_one_is_the_smallest_and_none_the_middle(make):
    series = make.series(*(make.sweep(name) for name in ("relative", "inverse")))
    few = rise(make, series)
    for kept, names in ((few[1:3], ["smallest", "largest"]), (few[2:3], ["largest"])):
        (table,) = make.tables(speedups.build(make.family(series, speedups=tuple(kept))))
        assert [column.key for column in table.columns[3:]] == names
        assert [table.rows[0][name].note for name in names][-1] == "D = 1,000"


def test_a_panel_holds_the_main_rows_or_a_few_others_of_its_first_baseline(make):
    names = [f"r{j}" for j in range(9)]
    series = make.series(*(make.sweep(name) for name in ("inverse", *names)))
    found = tuple(s for name in names for s in rise(make, series, name))
    other = tuple(rise(make, series, "r1", "slogdet"))
    (figure,) = make.figures(speedups.build(make.family(series, speedups=found + other)))
    assert figure.alt.count(" × at 10,000") == FEW
    assert "over inverse" in figure.svg
    assert "over slogdet" not in figure.svg


def test_what_is_not_exact_is_said(make):
    series = make.series(make.sweep("cg_published"), make.sweep("jfb", exact=False))
    found = tuple(rise(make, series, "jfb", "cg_published"))
    (figure,) = make.figures(speedups.build(make.family(series, name="implicit", speedups=found)))
    assert figure.title == "`jfb`, not exact, is 8 × faster than `cg_published` at D = 10,000"
    rows = [make.sweep(row, exact=False, computes="integral") for row in ("gauss_legendre_16", "dopri5_direct_1e-06")]
    series = make.series(*rows)
    found = tuple(rise(make, series, *(r.name for r in rows)))
    (figure,) = make.figures(speedups.build(make.family(series, name="line_integral", speedups=found)))
    assert "exact" not in figure.title
