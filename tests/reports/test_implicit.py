"""The implicit family: approximate gradients, many series of one size, ladders and libraries."""

import json
import math

import pytest

from reports.__main__ import main
from reports.analysis import Analysis
from reports.arithmetic import find_series
from reports.families import FAMILIES
from reports.load import load
from reports.lookup import find_answer
from reports.plots import Line
from reports.plots.style import tell_apart
from reports.statistics import Estimate
from tests.reports.claims.planted import plant_cells

pytestmark = pytest.mark.usefixtures("read_once")


def series_of(analysis, backend="torch", **fixed):
    wanted = {"B": 64, "gamma": 0.9, "T": "random"} | fixed
    return next(
        s
        for s in analysis.series("implicit")
        if s.place.backend == backend and all(s.size(letter) == value for letter, value in wanted.items())
    )


# Reading.


def test_classes_that_start_with_a_backend_are_that_backend(implicit_results, implicit_analysis):
    run = implicit_analysis.run
    assert set(run.frame["backend"]) == {"torch", "jax"}
    assert run.problems == ()
    for path in implicit_results.glob("*/*implicit.json"):
        assert any("TorchSpectrum" in name for name in json.loads(path.read_text())["results"])


def test_asv_alone_gives_every_cell_once(synthetic, tmp_path):
    """The cell that two classes share is one cell."""
    synthetic.write_index(tmp_path)
    synthetic.write_implicit(tmp_path, rounds=6)
    for path in tmp_path.glob("*/sessions/*/*.session"):
        path.unlink()
    frame = load(tmp_path).frame
    assert set(frame["recorded_by"]) == {"asv"}
    assert not frame.duplicated(["cell", "row"]).any()
    cells = {(*sorted(c.items()),) for cells in synthetic.list_implicit().values() for c in cells}
    # D = 128, B = 64, gamma = 0.9, random stands in two sweeps.
    assert frame["cell"].nunique() == 2 * (len(cells) - 1)


def test_new_fields_are_read_and_old_records_have_none(implicit_analysis):
    series = series_of(implicit_analysis)
    cg = implicit_analysis.point(series, 128, "cg_published")
    assert (cg.products.vjps, cg.products.jvps, cg.products.counted) == (104, 104, True)
    assert cg.quality.iterations_max == 34
    assert implicit_analysis.point(series, 128, "neumann_5").settings == {"k": 5}
    jax = implicit_analysis.point(series_of(implicit_analysis, "jax"), 128, "cg")
    assert not jax.products.counted
    old = next(s for s in implicit_analysis.series("logdet"))
    point = implicit_analysis.point(old, 64, "relative")
    assert point.settings == {}
    assert point.products.total == 0
    assert math.isnan(point.quality.cosine)


@pytest.mark.parametrize("value", [None, {}, [], "text", {"cosine": None, "residual": "small"}])
def test_broken_optional_fields_are_as_good_as_none(synthetic, tmp_path, value):
    def edit(rows, cell):
        for row in rows.values():
            row |= {"settings": value if not value else {}, "products": value, "quality": value}

    analysis = plant_cells(synthetic, tmp_path, edit)
    point = analysis.point(analysis.series("implicit")[0], 64, "jfb")
    assert math.isnan(point.quality.cosine)
    assert point.products is None or not point.products.counted


def test_quality_is_that_of_the_worst_process(synthetic, tmp_path):
    synthetic.write_index(tmp_path)
    for process, cosine in enumerate((0.9, 0.2, 0.8)):
        record = synthetic.make_implicit_session(64, process=process)
        record["rows"]["jfb"]["quality"] |= {"cosine": cosine, "residual": cosine}
        synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    quality = analysis.point(analysis.series("implicit")[0], 64, "jfb").quality
    assert (quality.cosine, quality.residual) == (0.2, 0.9)


# Series, names and panels.


def test_sweeps_and_groups(implicit_analysis):
    sweeps = [s for s in implicit_analysis.series("implicit") if len(implicit_analysis.sizes(s)) >= 3]
    assert {(s.size("B"), s.size("T"), s.size("gamma")) for s in sweeps} == {
        (1, "random", 0.9),
        (64, "random", 0.9),
        (64, "conv", 0.9),
    }
    groups = implicit_analysis.groups("implicit")
    assert [(g.place.backend, g.size, len(g.series)) for g in groups] == [("torch", 128, 9), ("jax", 128, 9)]


def test_ladders(implicit_analysis):
    found = {(ladder.stem, ladder.letter): ladder for ladder in implicit_analysis.ladders(series_of(implicit_analysis))}
    assert list(found) == [("neumann", "k"), ("unrolled", "K"), ("unrolled_checkpointed", "K")]
    assert found["neumann", "k"].rungs[-1] == (20.0, "neumann_20")


def test_lines_of_one_figure_have_their_own_colours():
    one = [Estimate(1.0, 0.9, 1.1)]
    lines = [Line(label, "c0", [1.0], one) for label in ("a", "b", "b:compiled", "c")]
    told = tell_apart(lines)
    assert told[0].colour == "c0"
    assert told[1].colour == told[2].colour
    assert len({line.colour for line in told}) == 3
    assert tell_apart([]) == []
    # What has a colour of its own keeps it, wherever it stands.
    assert tell_apart([Line(label, "c0", [1.0], one) for label in ("unrolled", "jfb")])[1].colour == "c0"


# Candidates, accuracy and answers.


def test_only_exact_methods_are_candidates(implicit_analysis):
    for series in implicit_analysis.series("implicit"):
        for size in implicit_analysis.sizes(series):
            facts = [implicit_analysis.facts(series, row) for row in implicit_analysis.candidates(series, size)]
            assert facts
            assert all(fact.role == "method" and fact.exact for fact in facts)


@pytest.fixture(scope="module")
def implicit(implicit_digest):
    """The family's answers and predictions."""
    return implicit_digest.family("implicit")


def test_answers_by_accuracy(implicit, implicit_analysis, synthetic):
    gradient, _, fixed_point = FAMILIES["implicit"].questions
    series = implicit.find(implicit_analysis.key(series_of(implicit_analysis)))

    def find(accuracy=None, question=gradient):
        return find_answer(implicit, series, question, 128, accuracy).pick

    assert find().row == "gmres"
    assert find(0.6).row == "jfb:compiled"
    for accuracy in (0.3, 1e-2, 1e-4, 1e-6):
        best = find(accuracy)
        assert best.error <= accuracy
        rows = [
            r for r in synthetic.IMPLICIT_ROWS if synthetic.IMPLICIT_ROWS[r][:2] == ("method", "parameter_gradient")
        ]
        within = [r for r in rows if synthetic.true_error(r, 0.9, "random") <= accuracy]
        least = min(synthetic.true_implicit_seconds(r, 128, 64, 0.9, "random", "torch") for r in within)
        assert best.seconds == pytest.approx(least, rel=0.05)
    assert find(question=fixed_point).row.startswith("forward_")
    assert find(1e-20) is None


def test_the_series_that_was_asked_for(implicit):
    torch = [series for series in implicit.series if series.place.backend == "torch"]

    def find(**wanted):
        fixed = dict(find_series(torch, wanted).fixed)
        return fixed["B"], fixed["T"], fixed["gamma"]

    assert find(B=64.0) == (64, "random", 0.9)
    assert find(B=2.0) == (1, "random", 0.9)
    assert find(T="rotation", gamma=0.95) == (64, "rotation", 0.99)
    # Which problem it is weighs more than the batch.
    assert find(B=1.0, gamma=0.5) == (64, "random", 0.5)
    assert find(T="conv", B=1.0) == (64, "conv", 0.9)
    assert find()[1:] == ("random", 0.9)


@pytest.mark.long
def test_answer_at_the_terminal(implicit_results, capsys):
    arguments = ["answer", "--results", str(implicit_results), "--family", "implicit", "--D", "128", "--B", "64"]
    assert main([*arguments, "--gamma", "0.99", "--T", "rotation", "--backend", "torch"]) == 0
    out = capsys.readouterr().out
    assert "torch, cpu, float64, D = 128, B = 64, T = rotation, gamma = 0.99, tol = 1e-6" in out
    assert "use gmres (gradient)" in out
    assert "left out: jfb" in out
    assert main([*arguments, "--gamma", "0.5", "--T", "random", "--accuracy", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "use jfb:compiled (gradient)" in out
    assert main([*arguments, "--gamma", "0.7", "--T", "conv"]) == 0
    assert "gamma = 0.9, tol = 1e-6; gamma = 0.7 was not measured" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--family", "implicit", "--T", "cube"],
            "no results with T = cube (measured: conv, random, rotation, symmetric)",
        ),
        (["--family", "logdet", "--gamma", "0.9"], "family logdet has no size gamma (it has: B, L)"),
        (["--family", "implicit", "--gamma", "-1"], "gamma must be positive and finite, got -1"),
        (["--family", "implicit", "--accuracy", "0"], "error must be positive and finite, got 0"),
    ],
)
def test_answer_refuses_bad_input(implicit_results, capsys, arguments, line):
    assert main(["answer", "--results", str(implicit_results), "--D", "128", *arguments]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1


# Sections.


def test_time_is_linear_in_the_number_of_terms(implicit_analysis):
    series = series_of(implicit_analysis)
    for ladder, size in implicit_analysis.climbs(series):
        fit = implicit_analysis.ladder_exponent(series, size, ladder)
        assert fit.estimate.value == pytest.approx(1, abs=0.06)
        assert size == (256 if ladder.stem == "unrolled" else 512)


def test_memory_grows_with_the_depth(implicit_analysis):
    series = series_of(implicit_analysis)
    laws = {
        ladder.stem: implicit_analysis.ladder_memory(series, size, ladder)
        for ladder, size in implicit_analysis.climbs(series)
    }
    assert laws["unrolled"].estimate.value == pytest.approx(1, abs=0.02)
    assert laws["unrolled_checkpointed"].estimate.value == pytest.approx(0.5, abs=0.02)


def test_two_rungs_are_no_ladder(synthetic, tmp_path):
    def edit(rows, cell):
        for name in [name for name in rows if "_" in name and name.rpartition("_")[2] not in ("1", "20", "10")]:
            del rows[name]

    analysis = plant_cells(synthetic, tmp_path, edit, [{"size": size} for size in (32, 64, 128)])
    series = analysis.series("implicit")[0]
    assert [ladder.stem for ladder in analysis.ladders(series)] == ["neumann"]


def test_one_cell_alone_makes_a_page(synthetic, tmp_path):
    plant_cells(synthetic, tmp_path, lambda rows, cell: None, [{"size": 64}])
    output = tmp_path / "page"
    assert main(["--results", str(tmp_path), "--output", str(output)]) == 0
    markdown = (output / "index.md").read_text(encoding="utf-8")
    assert "### [Gradients through a fixed point](implicit.html)" in markdown
    assert (output / "implicit.html").is_file()
