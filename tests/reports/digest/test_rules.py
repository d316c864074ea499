"""Rules of series and of places, from answers written by hand."""

import math

import pytest

from reports.digest.answers import Candidate, CellAnswer
from reports.digest.rules import Range, find_place_rules, find_rules
from reports.digest.series import Measured
from reports.points import Place
from reports.statistics import Estimate


def answer(series, size, regrets, question="gradient"):
    candidates = tuple(
        Candidate(row, None, regret, Estimate(1.0, 1.0, 1.0), 0.0, 0.0) for row, regret in regrets.items()
    )
    pick = candidates[0] if candidates else None
    return CellAnswer(series, question, size, pick, math.nan, False, math.nan, candidates, ())


def measure(key, place, **fixed):
    return Measured(key, "logdet", place, "D", tuple(fixed.items()), "", (), 0.0, 0.05, 0.0, ())


def test_a_rule_for_each_series_and_question():
    answers = [answer("a", size, {"x": 0.0, "y": 0.2}) for size in (1.0, 2.0)]
    answers += [answer("a", 3.0, {"x": 0.3, "y": 0.0}), answer("a", 4.0, {}), answer("a", 1.0, {"s": 0.0}, "step")]
    first, second = find_rules(answers)
    assert (first.series, first.question, second.question) == ("a", "gradient", "step")
    assert first.ranges == (Range(1.0, 2.0, "x"), Range(3.0, 3.0, "y"))
    assert (first.worst, first.within) == (0.0, True)
    assert (first.covers, first.missing) == ((1.0, 2.0, 3.0), (4.0,))


def test_sizes_of_unknown_regret_are_missing():
    (rule,) = find_rules([answer("a", 1.0, {"x": math.nan}), answer("a", 2.0, {"x": 0.04})])
    assert (rule.covers, rule.missing, rule.worst, rule.at) == ((2.0,), (1.0,), 0.04, 2.0)
    assert find_rules([answer("a", 1.0, {"x": math.nan})]) == ()


def test_a_rule_that_loses_more_than_a_tenth_says_so():
    zigzag = [answer("a", float(k), {"x": 0.15 * (k % 2), "y": 0.2 * (1 - k % 2)}) for k in range(1, 9)]
    (rule,) = find_rules(zigzag)
    assert not rule.within
    assert (rule.worst, rule.ranges) == (pytest.approx(0.15), (Range(1.0, 8.0, "x"),))


def test_one_rule_for_all_series_of_a_place():
    torch, jax = (Place("m", backend, "cpu", "float32") for backend in ("torch", "jax"))
    answers = [
        answer("small", 1.0, {"x": 0.0, "y": 0.05}),
        answer("small", 2.0, {"x": 0.0, "y": 0.5}),
        answer("large", 1.0, {"x": 0.3, "y": 0.0}),
        answer("other", 1.0, {"z": 0.0}),
    ]
    series = [measure("small", torch, B=1, L=2), measure("large", torch, B=9, L=2), measure("other", jax, B=1, L=2)]
    first, second = find_place_rules(answers, series)
    assert (first.place, first.fixed, first.series) == (torch, (), ("small", "large"))
    assert first.ranges == (Range(1.0, 1.0, "y"), Range(2.0, 2.0, "x"))
    assert (first.worst, first.at, first.where) == (0.05, 1.0, "small")
    assert (second.place, second.ranges) == (jax, (Range(1.0, 1.0, "z"),))


def test_problems_that_share_no_rule_have_their_own():
    place = Place("m", "torch", "cpu", "float64")
    answers = [answer("easy", 1.0, {"x": 0.0, "y": 0.5}), answer("hard", 1.0, {"x": 4.0, "y": 0.0})]
    answers += [answer("easy-1", 2.0, {"x": 0.0, "y": 0.5})]
    series = [measure("easy", place, B=64, gamma=0.5), measure("hard", place, B=64, gamma=0.9)]
    series += [measure("easy-1", place, B=1, gamma=0.5)]
    easy, hard = find_place_rules(answers, series)
    assert (easy.fixed, easy.series) == ((("gamma", 0.5),), ("easy", "easy-1"))
    assert easy.ranges == (Range(1.0, 2.0, "x"),)
    assert (hard.fixed, hard.ranges, hard.within) == ((("gamma", 0.9),), (Range(1.0, 1.0, "y"),), True)
    same = [answer("hard", 1.0, {"x": 0.05, "y": 0.0}), *answers[::2]]
    (rule,) = find_place_rules(same, series)
    assert (rule.fixed, rule.ranges) == ((), (Range(1.0, 2.0, "x"),))
