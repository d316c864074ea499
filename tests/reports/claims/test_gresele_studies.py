"""Claims RG4 and RG5 against studies with a planted truth."""

from __future__ import annotations

import pytest

from reports.claims.rg5 import BUNDLED
from tests.reports.claims.planted import density_study, logdet_study, parts

THEIRS = "those of the ordinary gradient, plain descent"


@pytest.mark.parametrize(
    ("more", "spread", "verdict"),
    [(1.0, 0.02, "reproduced"), (0.5, 0.02, "reproduced"), (1.5, 0.02, "contradicted"), (1.0, 0.25, "undetermined")],
)
def test_iterations_are_compared_start_by_start(judge_with, swept, more, spread, verdict):
    digest = judge_with(swept, "RG4", logdet_study(more=more, spread=spread))
    (plain,) = (part for part in digest.parts if part.counts)
    assert (plain.verdict, digest.verdict) == (verdict, verdict)
    assert "at rates of 0.1 and 0.1 of a grid from 0.01 to 0.1" in plain.measured
    assert plain.effect.value == pytest.approx(more, rel=0.05 if spread < 0.1 else 0.3)


def test_other_data_and_adam_stand_beside_the_claim(judge_with, swept):
    found = judge_with(swept, "RG4", logdet_study(), logdet_study("digits", more=1.5))
    assert found.verdict == "reproduced"
    assert [(part.study, part.counts) for part in found.parts].count(("moons", True)) == 1
    assert {part.verdict for part in found.parts if part.study == "digits"} == {"contradicted"}


@pytest.mark.parametrize(
    ("stalled", "more", "verdict", "value", "told"),
    [
        (("relative", 1), 1.0, "reproduced", 1.0, "(from 9 of 10 it was) against 148"),
        (("relative", 3), 1.0, "undetermined", 1.0, "(from 7 of 10 it was) against 148"),
        (("relative", 3), 1.5, "contradicted", 1.5, "(from 7 of 10 it was) against 148"),
        (("relative", 10), 1.0, "contradicted", 2.0, "median not reached (from 0 of 10 it was) against 148"),
        (("ordinary", 10), 1.0, "reproduced", 0.5, "against not reached (from 0 of 10 it was)"),
    ],
)
def test_a_start_that_did_not_come_so_far_counts_as_all_its_iterations(
    judge_with, swept, stalled, more, verdict, value, told
):
    """300 of them, where the others take 150: a lower bound, and no reason to say nothing."""
    study = logdet_study(more=more, spread=0.005, stalled=stalled)
    digest = judge_with(swept, "RG4", study)
    (plain,) = (part for part in digest.parts if part.counts)
    assert (plain.verdict, digest.verdict) == (verdict, verdict)
    assert plain.effect.value == pytest.approx(value, rel=0.02)
    assert told in plain.measured


def test_seconds_stand_beside_the_iterations(judge_with, swept):
    digest = judge_with(swept, "RG4", logdet_study(more=1.5, slower=0.4))
    found = {part.what: part for part in digest.parts if "plain descent" in part.what}
    iterations, seconds = (found[f"{cost} of the relative over {THEIRS}"] for cost in ("iterations", "seconds"))
    assert (iterations.counts, seconds.counts) == (True, False)
    assert (iterations.verdict, seconds.verdict, digest.verdict) == ("contradicted", "reproduced", "contradicted")
    assert seconds.effect.value == pytest.approx(0.4 * iterations.effect.value)
    assert "ms against" in seconds.measured


def test_a_gradient_that_leaves_the_numbers_settles_nothing(judge_with, swept):
    found = judge_with(swept, "RG4", logdet_study(diverges=True))
    assert found.verdict == "not run"
    assert "diverged at every rate" in found.decided


@pytest.mark.parametrize(
    ("ahead", "spread", "verdict"),
    [
        (0.05, 0.01, "reproduced"),
        (-0.05, 0.01, "reproduced"),
        (-0.4, 0.01, "contradicted"),
        (-0.1, 0.1, "undetermined"),
    ],
)
def test_densities_are_compared_split_by_split(judge_with, swept, ahead, spread, verdict):
    """On every table; what all models of a seed have in common, 0.04, drops out."""
    tables = [density_study(data, ahead=ahead, spread=spread) for data in BUNDLED]
    digest = judge_with(swept, "RG5", *tables)
    counted = [part for part in digest.parts if part.counts]
    assert [part.verdict for part in counted] == [verdict] * len(BUNDLED)
    assert (digest.verdict, digest.assumption_met) == (verdict, True)
    for part in counted:
        assert part.effect.value == pytest.approx(ahead, abs=2.5 * spread)
        assert "lu 910 and maf 910" in part.measured


def test_one_table_is_not_every_table(judge_with, swept):
    digest = judge_with(swept, "RG5", density_study())
    assert digest.verdict not in ("reproduced", "contradicted")
    assert sum("not trained on" in part.measured for part in digest.parts) == len(BUNDLED) - 1


def test_a_training_that_left_the_numbers_is_no_measure_of_time(judge_with, swept):
    """A flow that has no more to differentiate goes through its epochs at once."""
    study, gone = density_study(slower=2.0), density_study(slower=2.0)
    for row in gone["rows"]:
        if row["method"] == "maf_0.003":
            row |= {"seconds": 1e-4, "valid_loss": None, "test_loss": None}
    known, found = (parts(judge_with(swept, "RG5", each), "equal time")[0] for each in (study, gone))
    assert found.effect.value == pytest.approx(known.effect.value, abs=0.05)


def test_in_equal_time_slower_flows_stop_earlier(judge_with, swept):
    """Theirs have not come to the end of an epoch when ours have done three; twice as slow they have done one."""
    four, two = (parts(judge_with(swept, "RG5", density_study(slower=slower)), "equal time") for slower in (4.0, 2.0))
    assert "no number from some seed" in four[0].measured
    assert not four[0].counts
    assert two[0].effect.value == pytest.approx(-0.95, abs=0.05), "the flows' first epoch tests best"


def test_models_of_unequal_size_settle_nothing(judge_with, swept):
    digest = judge_with(swept, "RG5", density_study(parameters=1100))
    assert (digest.verdict, digest.assumption_met) == ("undetermined", False)
    assert "equal numbers of parameters, within 10 %" in digest.decided


def test_pictures_alone_are_no_comparison(judge_with, swept):
    assert judge_with(swept, "RG5", density_study("rings")).verdict == "not run"
