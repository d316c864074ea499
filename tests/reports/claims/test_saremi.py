"""Claims GN1 and GN2 against synthetic truth."""

from __future__ import annotations

import pytest

from reports.analysis import Analysis
from reports.claims._cells import list_doublings
from reports.load import load
from tests.reports.claims.planted import CELLS, judge, parts, score_study, write_learned


@pytest.fixture(scope="module")
def analysis(learned):
    """Of the sessions without a study."""
    return Analysis(load(learned))


@pytest.mark.parametrize(
    ("planted", "verdict"),
    [
        ({}, "reproduced"),
        ({"control": 0.1}, "reproduced"),
        ({"deep": 1e-15}, "contradicted"),
        ({"deep": 1e-6}, "undetermined"),
    ],
)
def test_curl_by_depth_is_that_of_trained_networks(judge_with, learned, planted, verdict):
    """A constructed gradient, whose inner weights the proof does not cover, stands beside whatever its asymmetry."""
    digest = judge_with(learned, "GN1", score_study(**planted))
    assert digest.verdict == verdict
    assert "trained psi" in digest.decided
    assert digest.assumption_met is True
    assert "no inner weight is 0" in digest.assumption
    trained, control = digest.parts
    assert (trained.verdict, trained.counts, trained.needed) == (verdict, True, True)
    assert control.verdict == ("reproduced" if "control" in planted else "contradicted")
    assert (control.counts, control.needed) == (False, False)
    assert digest.effect == trained.effect


def test_an_even_number_of_seeds_has_its_median_between_two(judge_with, learned):
    record = score_study()
    record["rows"] = [row for row in record["rows"] if row["seed"] < 2]
    for row in record["rows"]:
        row["asymmetry"] *= {0: 1.0, 1: 3.0}[row["seed"]]
    trained, _ = judge_with(learned, "GN1", record).parts
    # 0.05 / 51 at the end, and three times that.
    assert trained.measured.startswith("median of 2 seeds: psi_1 2.0e-3; ")


def test_without_the_constructed_network_nothing_is_missing(judge_with, learned):
    record = score_study()
    del record["methods"]["psi_diagonal"]
    record["rows"] = [row for row in record["rows"] if row["method"] != "psi_diagonal"]
    digest = judge_with(learned, "GN1", record)
    assert digest.verdict == "reproduced"
    assert [part.verdict for part in digest.parts] == ["reproduced", "not run"]


def test_a_trained_network_that_is_not_known_to_be_one_settles_nothing(judge_with, learned):
    """Seeds that are far apart leave the asymmetry of trained networks open, whatever their median."""
    record = score_study(control=0.1)
    for row in record["rows"]:
        if row["method"] == "psi_3":
            row["asymmetry"] *= {0: 1e-9, 1: 1.0, 2: 1.0}[row["seed"]]
    digest = judge_with(learned, "GN1", record)
    assert digest.verdict == "undetermined"


def test_an_activation_that_is_not_known_leaves_the_theorem_open(judge_with, learned):
    record = score_study()
    record["settings"]["architecture"] = "hidden layers of rectified units"
    digest = judge_with(learned, "GN1", record)
    assert (digest.verdict, digest.assumption_met) == ("undetermined", None)


def test_phi_over_psi_is_reproduced_and_a_faster_phi_is_not(synthetic, analysis, tmp_path):
    digest = judge(analysis, "GN2")
    assert digest.verdict == "reproduced"
    # At L = 1 the formulas are equal: there phi is as fast.
    (part,) = [part for part in digest.parts if part.counts]
    assert "the typical cell" in part.what
    assert "in the 8 cells where phi takes more products" in part.measured
    assert judge(write_learned(synthetic, tmp_path, over=0.4), "GN2").verdict == "contradicted"


def test_what_is_written_out_is_held_to_what_is_written_out(analysis):
    """By hand psi and phi take 0.4 of the time here: over the other's autodiff each would seem to cost nothing."""
    found = parts(judge(analysis, "GN2"), "phi_closed_form over one of psi_closed_form")
    assert {(part.counts, part.verdict) for part in found} == {(False, "reproduced")}
    for place in {series.place for series in analysis.series("score")}:
        for row in ("phi", "phi_closed_form"):
            known = list(list_doublings(analysis, "score", place, row))
            assert len(known) == len(CELLS)
            for _, _, ratio, predicted in known:
                assert 0.9 < ratio.value <= 1.05 * predicted


def test_results_without_a_psi_by_hand_tell_no_ratio_of_it(synthetic, tmp_path):
    digest = judge(write_learned(synthetic, tmp_path, rows=("psi", "phi", "phi_closed_form")), "GN2")
    assert digest.verdict == "reproduced"
    assert not parts(digest, "closed_form")
