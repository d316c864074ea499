"""A rule in words: where it holds, and what it may lose, never less than measured."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from reports.arithmetic import write_bound
from reports.digest.rules import Range, Rule
from reports.digest.transfers import Transfer
from reports.pages.rules import find_fastest, find_rule, join_rules, say_minutes, say_ranges, say_transfer, say_worst


def rule(*ranges, worst=0.031, at=100.0, within=True, covers=(), missing=()):
    return Rule("key", "gradient", tuple(Range(*piece) for piece in ranges), worst, at, covers, missing, within)


def test_one_method_everywhere():
    told = join_rules([rule((10.0, 20000.0, "relative"))])
    assert say_ranges(told, "D") == "`relative` at every D from 10 to 20,000"
    assert say_worst(told, "D") == "at most 4 % slower than the best (at D = 100)"


def test_ranges_follow_each_other():
    told = join_rules([rule((10.0, 100.0, "a"), (150.0, 500.0, "b"), (700.0, 900.0, "c"))])
    assert say_ranges(told, "D") == "`a` up to D = 100, `b` from 150 to 500, `c` from 700"
    told = join_rules([rule((10.0, 10.0, "a"), (32.0, 500.0, "b"))])
    assert say_ranges(told, "d") == "`a` at d = 10, `b` from 32"
    assert say_ranges(join_rules([rule((64.0, 64.0, "a"))]), "d") == "`a` at d = 64"


def test_states_of_a_machine_are_one_rule_whose_worst_counts():
    slow = rule((640.0, 3200.0, "a"), worst=0.13, at=1000.0, within=False)
    fast = rule((10.0, 100.0, "b"), (200.0, 512.0, "a"), worst=0.02, missing=(32.0,))
    told = join_rules([slow, fast])
    assert told.ranges == (Range(10.0, 100.0, "b"), Range(200.0, 3200.0, "a"))
    assert (told.worst, told.at) == (0.13, 1000.0)
    assert join_rules([]) is None


def test_a_rule_that_loses_nothing_and_one_of_which_that_is_not_known():
    assert say_worst(join_rules([rule((1.0, 2.0, "a"), worst=0.0)]), "D") == "nothing is faster"
    told = join_rules([rule((1.0, 2.0, "a"), worst=0.254, at=2.0)])
    loss = "at D = 2, where it may be up to 26 % slower than the best"
    assert say_worst(told, "D") == f"{loss}; another method is settled there"
    told = replace(told, minutes=2.2)
    assert say_worst(told, "D") == f"undetermined {loss}; some 3 min of measuring would settle it"
    assert "not known" in say_worst(join_rules([rule((1.0, 2.0, "a"), worst=math.nan)]), "D")


def _find(worst, *cells):
    """The rule `a` at D = 1 and 2 of a family with these cells: (size, number of candidates, open, minutes)."""
    answers = [
        SimpleNamespace(series="key", question="gradient", size=size, candidates=(None,) * count, open=open_, minutes=m)
        for size, count, open_, m in cells
    ]
    family = SimpleNamespace(rules=[rule((1.0, 2.0, "a"), worst=worst, at=2.0, covers=(1.0, 2.0))], answers=answers)
    return find_rule(family, SimpleNamespace(key="gradient"), [SimpleNamespace(key="key")])


def test_a_rule_without_a_rival_is_no_finding():
    told = _find(0.0, (1.0, 1, False, math.nan), (2.0, 1, False, math.nan))
    assert say_worst(told, "D") == "nothing else was timed there"
    told = _find(0.0, (1.0, 1, False, math.nan), (2.0, 2, False, math.nan))
    assert say_worst(told, "D") == "nothing is faster"
    # Rivals at a size that the rule does not cover are none of it.
    told = _find(0.0, (1.0, 1, False, math.nan), (2.0, 1, False, math.nan), (3.0, 2, False, math.nan))
    assert say_worst(told, "D") == "nothing else was timed there"


def test_without_a_rule_the_fastest_row_of_each_size_is_told():
    rows = {"a": (1.0, 2.0, 3.0), "b": (2.0, 1.0, 2.0), "c": (math.nan, math.nan, math.nan)}
    answers = [
        SimpleNamespace(
            series=key,
            question="gradient",
            size=size,
            candidates=[
                SimpleNamespace(row=row, seconds=SimpleNamespace(value=times[at])) for row, times in rows.items()
            ],
        )
        for key in ("key", "other")
        for at, size in enumerate((1.0, 2.0, 4.0))
    ]
    family, question, group = (
        SimpleNamespace(answers=answers),
        SimpleNamespace(key="gradient"),
        SimpleNamespace(key="key"),
    )
    told = find_fastest(family, question, [group])
    assert say_ranges(told, "D") == "`a` at D = 1, `b` from 2"
    assert find_fastest(family, SimpleNamespace(key="step"), [group]) is None


def test_what_settles_a_rule_is_what_settles_its_worst_size():
    told = _find(0.254, (1.0, 2, True, 7.0), (2.0, 2, True, 2.2))
    assert say_worst(told, "D").startswith("undetermined at D = 2")
    assert say_worst(told, "D").endswith("; some 3 min of measuring would settle it")
    told = _find(0.254, (1.0, 2, True, 7.0), (2.0, 2, False, math.nan))
    assert say_worst(told, "D").startswith("at D = 2, where it may be up to 26 %")


@pytest.mark.parametrize(
    ("regret", "words"),
    [(0.03, "3 %"), (0.0301, "4 %"), (0.0041, "0.5 %"), (0.004, "0.4 %"), (12.0, "1,200 %"), (math.nan, "not known")],
)
def test_bounds_are_rounded_up(regret, words):
    assert write_bound(regret) == words


def test_what_would_settle_an_open_answer_is_said():
    assert say_minutes(2.2) == "some 3 min of measuring would settle it"
    assert say_minutes(0) == "another method is settled there"
    assert "up to 30" in say_minutes(math.nan)


def transfer(worst, at, covers=(1.0,), missing=(), least=0.0):
    return Transfer("here", "there", "gradient", worst, at, least, at, covers, missing, worst <= 0.1 and not missing)


def test_whether_a_rule_holds_elsewhere_is_said_with_what_it_loses_there():
    kept = transfer(0.031, 1000.0)
    assert say_transfer([kept], "D") == "holds: at most 4 % slower than the best (at D = 1,000)"
    broken = transfer(0.7, 2000.0, missing=(10.0, 32.0), least=0.339)
    assert say_transfer([kept, broken], "D") == (
        "does not hold: at D = 2,000 at least 33 % slower than the best; what it loses at D = 10 and 32 is not known"
    )
    # A bound above what a rule may lose is no loss yet.
    unsure = transfer(0.7, 2000.0, least=0.02)
    assert say_transfer([kept, unsure], "D") == "may hold: at most 70 % slower than the best (at D = 2,000)"
    partly = transfer(0.031, 1000.0, missing=(10.0,))
    assert not partly.holds
    assert say_transfer([partly], "D") == (
        "holds where that is known: at most 4 % slower than the best (at D = 1,000); "
        "what it loses at D = 10 is not known"
    )
    nothing = transfer(math.nan, math.nan, (), (10.0,))
    assert say_transfer([nothing], "D") == "cannot be judged: what it loses at D = 10 is not known"
