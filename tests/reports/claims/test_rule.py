"""The one rule: limits, cells taken together, the error rate over all parts, and the verdict of a claim."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.analysis import Analysis
from reports.claims import Claim, Evidence, find_effect, share_error, sum_up
from reports.claims._effects import exact, of_median, of_seeds, of_slope, stretch
from reports.claims._rule import Limits, above, at_most, longer
from reports.digest.claims import judge_claim
from reports.statistics import Estimate

DRAWS, PARTS = 400, 10


@pytest.mark.parametrize(
    ("limits", "low", "high", "verdict"),
    [
        (longer(0.05), 1.06, 1.2, "reproduced"),
        (longer(0.05), 1.0, 1.2, "undetermined"),
        (longer(0.05), 0.97, 1.04, "undetermined"),
        (longer(0.05), 0.8, 0.94, "contradicted"),
        (Limits(1, 2, 1, 2), 1.0, 2.0, "reproduced"),
        (Limits(1, 2, 1, 2), 2.1, 3.0, "contradicted"),
        (Limits(1, 2, 1, 2), 1.5, 3.0, "undetermined"),
        (above(0), 1e-9, 1.0, "reproduced"),
        (above(0), 0.0, 0.0, "contradicted"),
        (at_most(0), 0.0, 0.0, "reproduced"),
        (at_most(0), 1.0, 1.0, "contradicted"),
        (Limits(low=1e-3, fails_below=1e-12), 1e-6, 1e-6, "undetermined"),
        (at_most(2), math.nan, math.nan, "undetermined"),
    ],
)
def test_verdict_of_a_part(limits, low, high, verdict):
    value = 1.0 if math.isnan(low) else (low + high) / 2
    assert limits.judge(Estimate(value, low, high)) == verdict


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (longer(0.05), "above 1.05, fails below 0.952"),
        (above(0), "above 0"),
        (at_most(2), "at most 2"),
        (Limits(1.85, 2.15, 1.85, 2.15), "1.85 to 2.15"),
        (Limits(2.85, 3.15, fails_above=3.15), "2.85 to 3.15, fails above 3.15"),
    ],
)
def test_limits_in_words(limits, words):
    assert str(limits) == words


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([], "not run"),
        ([("not run", True)], "not run"),
        ([("reproduced", False), ("not run", False)], "reproduced"),
        ([("reproduced", False), ("not run", True)], "undetermined"),
        ([("reproduced", False), ("undetermined", False)], "undetermined"),
        ([("reproduced", False), ("undetermined", False), ("contradicted", False)], "contradicted"),
    ],
)
def test_verdict_of_a_claim(parts, verdict):
    assert sum_up(parts) == verdict
    assert sum_up(parts, assumed=False) == ("not run" if verdict == "not run" else "undetermined")


def test_the_least_and_the_most_of_several_cells():
    """The bound that only the truly least may miss is at the confidence itself; the other one shares its error."""

    def cell(value):
        # Half a unit at 94 %, two at 97 %, three at 99 %.
        arms = {94: 0.5, 97: 2.0, 99: 3.0}
        return lambda confidence: Estimate(value, *(value + s * arms[round(100 * confidence)] for s in (-1, 1)), 5)

    cells = [cell(1.0), cell(2.0), cell(9.0)]
    least, most = (find_effect(cells, 0.94, pick) for pick in ("least", "most"))
    assert (least.value, least.low, least.high) == (1.0, 0.5, 4.0)
    assert (most.value, most.low, most.high) == (9.0, 6.0, 9.5)
    assert (least.n, least.confidence) == (15, 0.94)
    assert find_effect(cells[:1], 0.94).high == 1.5


def test_many_cells_that_agree_need_no_shared_error():
    """Where every cell's own upper bound is low, the least is too, whatever the error rate that all of them share."""
    cells = [stretched(0.8, 0.02) for _ in range(50)]
    assert find_effect(cells, 0.95).high < 0.95
    assert find_effect([*cells, stretched(2.0, 0.02)], 0.95).high > 0.95


def stretched(value: float, arm: float):
    """A ratio with the tails of one degree of freedom."""
    estimate = Estimate(value, value * math.exp(-arm), value * math.exp(arm), 12)
    return lambda confidence: stretch(estimate, confidence, 1.0, ratio=True)


@pytest.mark.parametrize("pick", ["least", "most"])
def test_bounds_of_the_least_of_many_equal_cells_hold(pick):
    """Twenty cells whose truths are equal: the worst for the bound that the least shares."""
    generator = np.random.default_rng(2)
    wrong = np.zeros(2)
    for _ in range(DRAWS):
        cells = [of_seeds(np.exp(generator.normal(0, 0.1, 4))) for _ in range(20)]
        found = find_effect(cells, 0.95, pick)
        wrong += [found.low > 1, found.high < 1]
    # 2.5 % on either side, and three standard deviations of the count.
    assert wrong.max() <= 0.025 * DRAWS + 3 * math.sqrt(0.025 * 0.975 * DRAWS)


def test_what_is_typical_of_the_cells():
    cells = [exact(float(value)) for value in range(1, 12)]
    found = find_effect(cells, 0.95, "typical")
    assert (found.value, found.low, found.high) == (6, 2, 10)
    # Of fewer than six the cells' own bounds: the median lies between them.
    few = find_effect([stretched(1.0, 0.1), stretched(2.0, 0.1), stretched(3.0, 0.1)], 0.95, "typical")
    assert (few.value, few.low, few.high) == (2.0, pytest.approx(math.exp(-0.1)), pytest.approx(3 * math.exp(0.1)))
    with pytest.raises(ValueError, match="one of least, most, typical, got 'mean'"):
        find_effect(cells, 0.95, "mean")


def test_a_cell_without_an_interval_may_be_anything():
    unknown, slow = exact(math.nan), exact(0.5)
    assert find_effect([unknown, slow], 0.95).low == -math.inf
    # But another cell can still be too little, whatever it is.
    assert longer(0.05).judge(find_effect([unknown, slow], 0.95)) == "contradicted"
    assert longer(0.05).judge(find_effect([unknown, exact(2.0)], 0.95)) == "undetermined"
    assert find_effect([unknown], 0.95).undetermined


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        share_error(0)
    with pytest.raises(ValueError, match="at least one, got none"):
        find_effect([], 0.95)


def make_claim(effects, limits) -> Claim:
    """A claim whose parts have these effects."""
    names = ("paper", "words", "short", "figure", "printed", "threshold", "command")
    evidence = [Evidence(f"part {j}", "", (effect,), limits) for j, effect in enumerate(effects)]
    return Claim(**dict.fromkeys(names, ""), id="X", family="logdet", measure=lambda analysis: evidence)


@pytest.mark.parametrize(("make", "seeds"), [(of_seeds, 8), (of_median, 12)])
def test_without_an_effect_a_claim_is_contradicted_in_five_of_a_hundred(analysis: Analysis, make, seeds):
    """Ten parts, each at the very edge of where its sentence fails: the worst that holds. Each judged at 95 %, as if it
    were alone, would contradict a claim that holds in about a fifth of the draws.
    """
    generator = np.random.default_rng(5)
    wrong, alone = 0, 0
    for _ in range(DRAWS):
        effects = [make(np.exp(generator.normal(0, 0.1, seeds))) for _ in range(PARTS)]
        digest = judge_claim(make_claim(effects, above(1)), analysis)
        assert digest.confidence == pytest.approx(1 - 0.05 / PARTS)
        wrong += digest.verdict == "contradicted"
        alone += any(above(1).judge(effect(0.95)) == "contradicted" for effect in effects)
    # Three standard deviations of the count of a true 5 %.
    assert wrong <= 0.05 * DRAWS + 3 * math.sqrt(0.05 * 0.95 * DRAWS)
    assert alone > 0.05 * DRAWS + 3 * math.sqrt(0.05 * 0.95 * DRAWS)


def test_a_claim_of_which_one_part_fails_is_reproduced_in_five_of_a_hundred(analysis: Analysis):
    """Nine parts that hold by far and one that just fails: that one decides, at 95 % and no more."""
    generator = np.random.default_rng(6)
    reproduced = 0
    for _ in range(DRAWS):
        effects = [of_seeds(np.exp(generator.normal(0, 0.1, 8))), *[of_seeds([9.0, 9.1, 9.2])] * 9]
        reproduced += judge_claim(make_claim(effects, above(1)), analysis).verdict == "reproduced"
    assert 0 < reproduced <= 0.025 * DRAWS + 3 * math.sqrt(0.025 * 0.975 * DRAWS)


def test_what_is_true_by_far_is_found_in_spite_of_it(analysis: Analysis):
    generator = np.random.default_rng(6)
    effects = [of_seeds(2 * np.exp(generator.normal(0, 0.1, 8))) for _ in range(PARTS)]
    assert judge_claim(make_claim(effects, above(1)), analysis).verdict == "reproduced"
    effects[3] = of_seeds(0.5 * np.exp(generator.normal(0, 0.1, 8)))
    digest = judge_claim(make_claim(effects, above(1)), analysis)
    assert digest.verdict == "contradicted"
    assert digest.effect.confidence == pytest.approx(1 - 0.05 / PARTS)
    assert digest.parts[0].effect.confidence == 0.95


def test_stretched_intervals_are_those_of_the_t_distribution():
    generator = np.random.default_rng(1)
    effect = of_seeds(np.exp(generator.normal(0, 1, 6)))
    wanted, found = effect(0.999), stretch(effect(0.95), 0.999, 5, ratio=True)
    assert (found.low, found.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    line = of_slope(np.arange(1.0, 8), np.exp(generator.normal(0, 1, 7)))
    wanted, found = line(0.99), stretch(line(0.95), 0.99, 5)
    assert (found.low, found.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert stretch(Estimate(1, math.nan, math.nan), 0.99, 5).undetermined


def test_slopes():
    x = np.array([10.0, 30, 100, 300])
    assert of_slope(x, 3 * x)(0.95).value == pytest.approx(1)
    flat = of_slope(x, np.full(4, 7.0))(0.99)
    assert flat.low == flat.high == 0
    assert of_slope(x[:2], x[:2])(0.95).undetermined
    assert of_slope(np.full(4, 3.0), x)(0.95).undetermined
