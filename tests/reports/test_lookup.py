"""The answer at one size, from a digest written by hand: the arithmetic that the page's form does too."""

import math
from dataclasses import replace

import pytest

from reports.arithmetic import find_cells, find_series, interpolate
from reports.digest import FamilyDigest
from reports.digest.answers import Candidate, CellAnswer
from reports.digest.form import FormRow, FormSeries
from reports.digest.series import Measured
from reports.families import FAMILIES
from reports.forecasts import Knot
from reports.lookup import find_answer, list_places
from reports.points import Place
from reports.statistics import Estimate

GRADIENT = FAMILIES["logdet"].questions[0]
PLACE = Place("m", "torch", "cpu", "float32")


INVERSE = next(question for question in FAMILIES["line_integral"].questions if question.key == "inverse")


def measure(key, **fixed):
    return Measured(key, "logdet", PLACE, "D", tuple(fixed.items()), "", (100.0, 400.0), 0.0, 0.05, 0.0, ())


def make_row(name, times, computes="relative", exact=True, error=1e-7, ends=None, wide=1.2):
    """A row measured at 100 and 400, followed to 800."""
    sizes, how = (100.0, 400.0, 800.0), ("measured", "measured", "extrapolated")
    knots = tuple(
        Knot(size, t, t / wide, t * wide, word)
        for size, t, word in zip(sizes, times, how, strict=True)
        if t is not None
    )
    bytes_ = ((100.0, 1e6), (400.0, 16e6))
    return FormRow(name, computes, exact, knots, ((100.0, error), (400.0, 2 * error)), bytes_, (), ends)


def answer(size, minutes=math.nan, accuracy=None, **regrets):
    candidates = tuple(
        Candidate(row, None, regret, Estimate(1.0, 1.0, 1.0), 0.0, 0.0) for row, regret in regrets.items()
    )
    pick = candidates[0]
    return CellAnswer(
        "s", "gradient", size, pick, pick.regret, pick.regret > 0.25, minutes, candidates, (), "", accuracy
    )


def make_family(rows, answers=(), approximate=()):
    series = measure("s", B=100, L=2)
    return FamilyDigest(
        "logdet", "D", ("B",), {}, (series,), answers, approximate, form=(FormSeries("s", tuple(rows)),)
    )


def ask(family, size, question=GRADIENT, **options):
    return find_answer(family, family.series[0], question, size, **options)


def test_lines_are_straight_in_log_log():
    assert interpolate([100, 400], [1.0, 16.0], 200) == pytest.approx(4.0)
    assert interpolate([100, 400], [1.0, 16.0], 400) == 16.0
    assert math.isnan(interpolate([100, 400], [1.0, 16.0], 401))
    assert math.isnan(interpolate([100, 400], [1.0, math.nan], 200))
    assert math.isnan(interpolate([], [], 200))


def test_at_a_measured_size_the_least_regret_is_the_answer():
    family = make_family(
        [make_row("a", (1.0, 9.0, 50.0)), make_row("b", (1.1, 8.0, 40.0))], (answer(100.0, b=0.03, a=0.2),)
    )
    found = ask(family, 100.0)
    assert (found.pick.row, found.regret, found.at, found.open) == ("b", 0.03, (100.0,), False)
    assert (found.pick.seconds, found.pick.how, found.pick.peak_bytes) == (1.1, "measured", 1e6)


def test_between_two_sizes_the_larger_regret_of_both_counts():
    cells = (answer(100.0, a=0.0, b=0.2), answer(400.0, 7.0, b=0.0, a=0.3))
    found = ask(make_family([make_row("a", (1.0, 16.0, 64.0)), make_row("b", (1.2, 12.0, 64.0))], cells), 200.0)
    assert (found.pick.row, found.regret, found.at) == ("b", 0.2, (100.0, 400.0))
    assert found.pick.seconds == pytest.approx(math.sqrt(1.2 * 12.0))
    assert found.pick.how == "interpolated between D = 100 and 400"
    assert found.pick.error == 2e-7


def test_beyond_the_ends_the_fastest_without_a_bound():
    rows = [make_row("a", (1.0, 16.0, 64.0)), make_row("b", (0.5, 12.0, 70.0))]
    found = ask(make_family(rows, (answer(100.0, b=0.0, a=0.9), answer(400.0, b=0.0, a=0.4))), 800.0)
    assert (found.pick.row, found.at) == ("a", ())
    assert math.isnan(found.regret)
    assert found.pick.how == "extrapolated from D = 400"
    assert ask(make_family(rows), 900.0).pick is None


def test_undetermined_says_what_would_settle_it():
    found = ask(make_family([make_row("a", (1.0, 9.0, 50.0))], (answer(100.0, 12.0, a=0.4),)), 100.0)
    assert (found.open, found.minutes) == (True, 12.0)


def test_what_cannot_be_recommended_says_why():
    rows = [
        make_row("ends", (1.0, 9.0, 50.0), ends=(150.0, "oom at D = 150")),
        make_row("wide", (1.0, 9.0, 50.0), wide=3.3),
        make_row("rough", (1.0, 9.0, 50.0), exact=False, error=1e-3),
        make_row("never", (None, None, None)),
        make_row("other", (1.0, 9.0, 50.0), computes="step"),
    ]
    found = ask(make_family(rows), 200.0)
    assert found.pick is None
    assert {p.row: p.reason for p in found.excluded} == {
        "ends": "oom at D = 150",
        "wide": "known no better than within a factor 10",
        "rough": "",
        "never": "never ran",
    }
    assert ask(make_family(rows), 200.0, accuracy=1e-2).pick.row == "rough"
    assert ask(make_family(rows), 200.0, accuracy=1e-3).pick is None
    assert ask(make_family(rows), 100.0).pick.row == "ends"


def test_an_approximate_method_breaks_the_bounds_of_the_exact_ones():
    rows = [make_row("a", (1.0, 9.0, 50.0)), make_row("rough", (0.5, 5.0, 20.0), exact=False, error=1e-3)]
    found = ask(make_family(rows, (answer(100.0, a=0.0),)), 100.0, accuracy=1e-2)
    assert found.pick.row == "rough"
    assert math.isnan(found.regret)


def test_an_allowed_error_is_answered_by_the_next_smaller_one():
    rows = [make_row("a", (1.0, 9.0, 50.0)), make_row("rough", (0.5, 5.0, 20.0), exact=False, error=1e-3)]
    cells = (answer(100.0, accuracy=1e-2, rough=0.02, a=1.1), answer(100.0, accuracy=1e-4, a=0.0))
    family = make_family(rows, (answer(100.0, a=0.0),), cells)
    for allowed, row, regret in ((2e-2, "rough", 0.02), (1e-2, "rough", 0.02), (1e-4, "a", 0.0)):
        found = ask(family, 100.0, accuracy=allowed)
        assert (found.pick.row, found.regret) == (row, regret)
    # Between the two a candidate more is allowed than the bounds were found with.
    found = ask(family, 100.0, accuracy=5e-3)
    assert found.pick.row == "rough"
    assert math.isnan(found.regret)


def test_cells_of_a_size():
    known = [answer(size, a=0.0) for size in (100.0, 400.0)]
    sizes = lambda size: [cell.size for cell in find_cells(known, size)]  # noqa: E731
    assert [sizes(size) for size in (50, 100, 200, 400, 500)] == [[], [100.0], [100.0, 400.0], [400.0], []]


def test_the_nearest_series_words_first_and_the_batch_last():
    known = [
        measure("a", B=64, gamma=0.9, T="random"),
        measure("b", B=1, gamma=0.5, T="random"),
        measure("c", B=64, gamma=0.5, T="conv"),
    ]
    assert find_series(known, {"T": "conv", "gamma": 0.9}).key == "c"
    assert find_series(known, {"T": "random", "gamma": 0.6, "B": 64}).key == "b"
    assert find_series(known, {}).key == "a"


def test_a_precision_that_was_not_measured_falls_back_on_the_others():
    family = make_family([make_row("a", (1.0, 9.0, 50.0))])
    assert [len(list_places(family, None, None, dtype)) for dtype in (None, "float32", "float64")] == [1, 1, 1]
    assert list_places(family, "jax", None) == []
    assert ask(family, 100.0, wanted={"dtype": "float64"}).unlike == (("dtype", "float64", "float32"),)


def test_series_that_are_not_about_times_answer_nothing():
    """Though they may be the nearest."""
    family = make_family([make_row("a", (1.0, 9.0, 50.0))])
    family = replace(family, series=(measure("hard", B=100, L=1, condition=1e4), *family.series))
    (known,) = list_places(family, None, None)
    assert find_series(known, {"L": 1.0}).key == "s"


def test_what_was_not_measured_is_said():
    family = make_family([make_row("a", (1.0, 9.0, 50.0))])
    assert ask(family, 100.0, wanted={"B": 32.0, "L": 2.0}).unlike == (("B", 32.0, 100),)


def test_where_no_method_is_exact_a_question_has_an_accuracy_of_its_own():
    rows = (
        make_row("adaptive", (2e-3, 8e-3, None), "inverse", exact=False, error=1.5e-4),
        make_row("as_printed", (1e-3, 4e-3, None), "inverse", exact=False, error=2e-2),
    )
    series = measure("s")
    cells = tuple(replace(answer(size, adaptive=0.0), series="s", question="inverse") for size in (100.0, 400.0))
    family = FamilyDigest("line_integral", "d", (), {}, (series,), cells, form=(FormSeries("s", rows),))
    found = find_answer(family, series, INVERSE, 200)
    assert (found.pick.row, found.accuracy) == ("adaptive", INVERSE.accuracy)
    assert [p.row for p in found.excluded] == ["as_printed"]
    assert find_answer(family, series, INVERSE, 200, 1e-1).pick.row == "as_printed"
    assert find_answer(family, series, INVERSE, 200, 1e-6).pick is None
