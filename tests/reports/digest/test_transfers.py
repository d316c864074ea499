"""Whether a rule holds elsewhere, from answers written by hand."""

import math
from dataclasses import replace

import pytest

from reports.digest.rules import find_rules
from reports.digest.transfers import find_row, find_transfers
from reports.points import Place
from reports.statistics import Estimate
from tests.reports.digest.test_rules import answer, measure

HERE = Place("amd", "torch", "cpu", "float32")
THERE = Place("intel", "torch", "cpu", "float32")


def follow(elsewhere, place=THERE, **fixed):
    """The rule `x up to 2, y from 3` of one machine, followed on another."""
    answers = [answer("here", size, {"x": 0.0, "y": 0.5}) for size in (1.0, 2.0)]
    answers += [answer("here", size, {"x": 0.5, "y": 0.0}) for size in (3.0, 4.0)]
    answers += [answer("there", size, regrets) for size, regrets in elsewhere.items()]
    series = [measure("here", HERE, B=9), measure("there", place, **{"B": 9, **fixed})]
    rules = [rule for rule in find_rules(answers) if rule.series == "here"]
    return find_transfers(answers, rules, series)


def test_a_rule_that_holds_on_both_machines():
    (found,) = follow({1.0: {"x": 0.0, "y": 0.4}, 4.0: {"x": 0.4, "y": 0.08}})
    assert (found.rule, found.series, found.question) == ("here", "there", "gradient")
    assert (found.worst, found.at, found.covers, found.missing) == (0.08, 4.0, (1.0, 4.0), ())
    assert found.holds


def test_a_rule_that_does_not():
    (found,) = follow({2.0: {"x": 0.7, "y": 0.0}, 3.0: {"x": 0.0, "y": 0.2}})
    assert (found.worst, found.at, found.holds) == (0.7, 2.0, False)


def test_what_it_loses_for_sure_is_a_lower_bound():
    ratio = Estimate(1.5, 1.2, 1.9, 9)
    cell = answer("there", 2.0, {"x": 0.9, "y": 0.0})
    slow = replace(cell, candidates=(replace(cell.candidates[0], ratio=ratio), cell.candidates[1]))
    here = [answer("here", size, {"x": 0.0, "y": 0.5}) for size in (1.0, 2.0)]
    answers = [*here, answer("there", 1.0, {"x": 0.0}), slow]
    series = [measure("here", HERE, B=9), measure("there", THERE, B=9)]
    (found,) = find_transfers(answers, [rule for rule in find_rules(answers) if rule.series == "here"], series)
    assert (found.least, found.least_at) == (pytest.approx(0.2), 2.0)
    assert (found.worst, found.at) == (0.9, 2.0)


@pytest.mark.parametrize("regrets", [{"y": 0.0}, {"x": math.nan, "y": math.nan}])
def test_where_its_row_has_no_known_regret_it_is_not_known_to_hold(regrets):
    (found,) = follow({1.0: regrets, 3.0: {"x": 0.3, "y": 0.0}})
    assert (found.worst, found.covers, found.missing, found.holds) == (0.0, (3.0,), (1.0,), False)


def test_only_the_same_problem_elsewhere_and_sizes_of_the_rule_are_compared():
    same = {1.0: {"x": 0.0, "y": 0.4}}
    assert len(follow(same)) == 1
    assert follow(same, B=10) == ()
    assert follow(same, place=Place("intel", "jax", "cpu", "float32")) == ()
    assert follow(same, place=Place("intel", "torch", "cpu", "float64")) == ()
    assert follow(same, place=HERE) == ()
    assert follow({0.5: {"x": 0.0}, 5.0: {"y": 0.0}}) == ()
    assert follow({1.0: {}}) == ()


def test_between_two_ranges_the_row_of_the_smaller_sizes_goes_on():
    answers = [answer("a", 1.0, {"x": 0.0, "y": 0.5}), answer("a", 3.0, {"x": 0.5, "y": 0.0})]
    (rule,) = find_rules(answers)
    assert [find_row(rule, size) for size in (0.5, 1.0, 2.9, 3.0, 3.1)] == ["", "x", "x", "y", ""]
