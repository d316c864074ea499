"""Claims RG4 and RG5 against studies with a planted truth."""

from __future__ import annotations

import pytest

from reports.claims.rg5 import BUNDLED
from tests.reports.claims.planted import density_study, judge, logdet_study, parts, plant_study, plant_sweep

THEIRS = "those of the ordinary gradient, plain descent"


@pytest.mark.parametrize(
    ("more", "spread", "verdict"),
    [(1.0, 0.02, "reproduced"), (0.5, 0.02, "reproduced"), (1.5, 0.02, "contradicted"), (1.0, 0.25, "undetermined")],
)
def test_iterations_are_compared_start_by_start(synthetic, tmp_path, more, spread, verdict):
    plant_sweep(synthetic, tmp_path)
    digest = judge(plant_study(synthetic, tmp_path, logdet_study(more=more, spread=spread)), "RG4")
    (plain,) = (part for part in digest.parts if part.counts)
    assert (plain.verdict, digest.verdict) == (verdict, verdict)
    assert "at rates of 0.1 and 0.1 of a grid from 0.01 to 0.1" in plain.measured
    assert plain.effect.value == pytest.approx(more, rel=0.05 if spread < 0.1 else 0.3)


def test_other_data_and_adam_stand_beside_the_claim(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    found = judge(plant_study(synthetic, tmp_path, logdet_study(), logdet_study("digits", more=1.5)), "RG4")
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
    synthetic, tmp_path, stalled, more, verdict, value, told
):
    """300 of them, where the others take 150: a lower bound, and no reason to say nothing."""
    plant_sweep(synthetic, tmp_path)
    study = logdet_study(more=more, spread=0.005, stalled=stalled)
    digest = judge(plant_study(synthetic, tmp_path, study), "RG4")
    (plain,) = (part for part in digest.parts if part.counts)
    assert (plain.verdict, digest.verdict) == (verdict, verdict)
    assert plain.effect.value == pytest.approx(value, rel=0.02)
    assert told in plain.measured


def test_seconds_stand_beside_the_iterations(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    digest = judge(plant_study(synthetic, tmp_path, logdet_study(more=1.5, slower=0.4)), "RG4")
    found = {part.what: part for part in digest.parts if "plain descent" in part.what}
    iterations, seconds = (found[f"{cost} of the relative over {THEIRS}"] for cost in ("iterations", "seconds"))
    assert (iterations.counts, seconds.counts) == (True, False)
    assert (iterations.verdict, seconds.verdict, digest.verdict) == ("contradicted", "reproduced", "contradicted")
    assert seconds.effect.value == pytest.approx(0.4 * iterations.effect.value)
    assert "ms against" in seconds.measured


def test_a_gradient_that_leaves_the_numbers_settles_nothing(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    found = judge(plant_study(synthetic, tmp_path, logdet_study(diverges=True)), "RG4")
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
def test_densities_are_compared_split_by_split(synthetic, tmp_path, ahead, spread, verdict):
    """On every table; what all models of a seed have in common, 0.04, drops out."""
    plant_sweep(synthetic, tmp_path)
    tables = [density_study(data, ahead=ahead, spread=spread) for data in BUNDLED]
    digest = judge(plant_study(synthetic, tmp_path, *tables), "RG5")
    counted = [part for part in digest.parts if part.counts]
    assert [part.verdict for part in counted] == [verdict] * len(BUNDLED)
    assert (digest.verdict, digest.assumption_met) == (verdict, True)
    for part in counted:
        assert part.effect.value == pytest.approx(ahead, abs=2.5 * spread)
        assert "lu 910 and maf 910" in part.measured


def test_one_table_is_not_every_table(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    digest = judge(plant_study(synthetic, tmp_path, density_study()), "RG5")
    assert digest.verdict not in ("reproduced", "contradicted")
    assert sum("not trained on" in part.measured for part in digest.parts) == len(BUNDLED) - 1


def test_a_training_that_left_the_numbers_is_no_measure_of_time(synthetic, tmp_path):
    """A flow that has no more to differentiate goes through its epochs at once."""
    plant_sweep(synthetic, tmp_path)
    study, gone = density_study(slower=2.0), density_study(slower=2.0)
    for row in gone["rows"]:
        if row["method"] == "maf_0.003":
            row |= {"seconds": 1e-4, "valid_loss": None, "test_loss": None}
    known, found = (
        parts(judge(plant_study(synthetic, tmp_path, each), "RG5"), "equal time")[0] for each in (study, gone)
    )
    assert found.effect.value == pytest.approx(known.effect.value, abs=0.05)


def test_in_equal_time_slower_flows_stop_earlier(synthetic, tmp_path):
    """Theirs have not come to the end of an epoch when ours have done three; twice as slow they have done one."""
    plant_sweep(synthetic, tmp_path)
    four, two = (
        parts(judge(plant_study(synthetic, tmp_path, density_study(slower=slower)), "RG5"), "equal time")
        for slower in (4.0, 2.0)
    )
    assert "no number from some seed" in four[0].measured
    assert not four[0].counts
    assert two[0].effect.value == pytest.approx(-0.95, abs=0.05), "the flows' first epoch tests best"


def test_models_of_unequal_size_settle_nothing(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    digest = judge(plant_study(synthetic, tmp_path, density_study(parameters=1100)), "RG5")
    assert (digest.verdict, digest.assumption_met) == ("undetermined", False)
    assert "equal numbers of parameters, within 10 %" in digest.decided


def test_pictures_alone_are_no_comparison(synthetic, tmp_path):
    plant_sweep(synthetic, tmp_path)
    assert judge(plant_study(synthetic, tmp_path, density_study("rings")), "RG5").verdict == "not run"
