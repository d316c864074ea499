"""The page of trainings: tables and figures of each study, few figures whatever was run."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from reports.digest.studies import digest_studies
from reports.families import TRAININGS
from reports.pages import studies
from tests.reports.claims.planted import logdet_study, plant_study
from tests.reports.finders import tables_of


@pytest.fixture(scope="module")
def page(studied):
    (page,) = studies.build(studied)
    return page


def rows_of(table):
    """A table's rows by what they tell."""
    return {row["row"].text: row for row in table.rows}


def figures(page):
    return [figure for section in page.sections for figure in section.figures()]


def test_nine_figures_at_most(page, studied):
    names = [figure.name for figure in figures(page)]
    assert len(names) == len(set(names)) == 9
    for figure in figures(page):
        assert f'aria-label="{figure.alt[:30]}' in figure.svg
        assert len(figure.alt) > 60
    # Another machine's trainings are tables: no more figures.
    other = tuple(replace(study, machine="other", key=f"{study.key}-other") for study in studied.studies)
    both = replace(studied, studies=(*studied.studies, *other))
    assert len(figures(studies.build(both)[0])) == 9


def test_titles_state_a_finding_only_where_it_holds(page, studied):
    titles = {figure.name: figure.title for figure in figures(page)}
    name = "study-implicit-training-digits-solvers"
    # Planted: cg takes 2.2 times as long as jfb, cg_published 5.5 times; five terms of the series 1.4 times.
    assert titles[name] == "An epoch takes 2.2 to 5.5 times as long with a solver as with `jfb`"
    series = "An epoch takes 1.4 times as long with 5 terms of the Neumann series as with `jfb`"
    assert titles["study-implicit-training-digits-series"] == series
    (study,) = [study for study in studied.studies if study.name == "implicit-training"]
    methods = tuple(replace(m, verdict="undetermined") if m.name == "cg" else m for m in study.methods)
    (other,) = studies.build(replace(studied, studies=(replace(study, methods=methods),)))
    assert {figure.name: figure.title for figure in figures(other)}[name] == "`jfb` and solvers of the linear system"


def test_costs_beside_the_published_ones(page):
    tables = tables_of(page)
    published = rows_of(tables["published-table-2"])
    assert published["Jacobian based, MNIST"]["ratio"].text == "1.6 ×"
    assert published["Jacobian based, CIFAR-10"]["ratio"].text == "3.6 ×"
    ours = rows_of(tables["study-implicit-training-digits"])
    assert re.fullmatch(r"2\.\d+ to 2\.\d+\nslower", ours["cg"]["ratio"].note)
    assert ours["jfb"]["ratio"].text == "1"
    integral = rows_of(tables["study-line-integral-training-exp"])
    assert integral["gauss_legendre"]["inverse"].text == "2.0e-2"
    score = rows_of(tables["study-score-training-mixture"])
    # psi_4 ends at the largest loss, after its 50 epochs; psi_1 is there after 13.
    assert score["psi_4"]["equal"].text.endswith("after 50")
    assert score["psi_1"]["equal"].text.endswith("after 13")


def test_a_cosine_that_nobody_took_is_no_ascent(studied):
    (study,) = [study for study in studied.studies if study.name == "implicit-training"]
    methods = tuple(replace(m, extremes={k: v for k, v in m.extremes.items() if k != "cosine"}) for m in study.methods)
    (page,) = studies.build(replace(studied, studies=(replace(study, methods=methods),)))
    rows = tables_of(page)["study-implicit-training-digits-gradients"].rows
    assert {(row["cosine"].text, row["cosine"].tone) for row in rows} == {("–", "")}


def test_rates_that_are_not_the_best_are_folded(page):
    tables = tables_of(page)
    shown, every = tables["study-logdet-training-moons"], tables["study-logdet-training-moons-rates"]
    assert [row["row"].text for row in shown.rows] == [
        "ordinary, plain descent",
        "ordinary, Adam",
        "relative, plain descent",
        "relative, Adam",
    ]
    assert {row["rate"].text for row in shown.rows} == {"0.1"}
    assert every.folded
    assert len(every.rows) == 8
    (figure,) = page.sections[0].figures()
    assert ">iterations<" in figure.svg
    assert "ordinary 3" in figure.alt


def _show(synthetic, folder, study):
    """The tables of a study of both gradients."""
    synthetic.write_results(folder, (64,), processes=1, cuda=False, rounds=8)
    (page,) = studies.build(SimpleNamespace(studies=digest_studies(plant_study(synthetic, folder, study))))
    return tables_of(page)


def test_iterations_and_seconds_to_one_likelihood_have_intervals(synthetic, tmp_path):
    study = logdet_study(more=2.0, spread=0.005, slower=0.5, rates=(0.01, 0.1, 1.0))
    rows = rows_of(_show(synthetic, tmp_path, study)["study-logdet-training-moons"])
    ours, theirs = (rows[f"{gradient}, plain descent"] for gradient in ("relative", "ordinary"))
    for row, iterations, seconds in ((ours, 300, 150), (theirs, 150, 150)):
        assert float(row["iterations"].text) == pytest.approx(iterations, rel=0.02)
        low, high = map(float, row["iterations"].note.split(" to "))
        assert low <= float(row["iterations"].text) <= high < 1.02 * low
        assert float(row["spent"].text.removesuffix(" ms")) == pytest.approx(seconds, rel=0.02)
        assert row["rate"].note == "", "its best rate has neighbours"


def test_what_was_not_reached_says_from_how_many_starts_it_was(synthetic, tmp_path):
    rows = rows_of(_show(synthetic, tmp_path, logdet_study(stalled=("relative", 8)))["study-logdet-training-moons"])
    cell = rows["relative, plain descent"]["iterations"]
    assert cell.text == rows["relative, plain descent"]["spent"].text == "not reached"
    assert cell.note.endswith("\n2 of 10 starts")
    assert cell.note.startswith("from ")
    assert "not reached" not in rows["ordinary, plain descent"]["iterations"].text
    assert rows["relative, Adam"]["rate"].note == "an end of the grid"


def test_a_training_that_left_the_numbers_is_told(synthetic, tmp_path):
    tables = _show(synthetic, tmp_path, logdet_study(diverges=True))
    assert rows_of(tables["study-logdet-training-moons-rates"])["relative_gd_0.1"]["loss"].text == "diverged"
    assert len(tables["study-logdet-training-moons"].rows) == 2


def test_a_csv_a_study(page, studied):
    assert [asset.file for asset in page.assets] == [f"study-{study.key}.csv" for study in studied.studies]


def test_without_a_study_the_page_says_how_to_run_one(digest):
    (page,) = studies.build(digest)
    ((commands,),) = (section.blocks for section in page.sections)
    assert len(commands.items) == len(TRAININGS)
    for name, told in zip(TRAININGS, commands.items, strict=True):
        assert f"python -m benchmarks study {name}" in told
