"""Rivals: of the series that the family names and of no other, and no other model is on the front or an answer."""

import math

import pytest

from reports.analysis import Analysis
from reports.digest import digest_family
from reports.families import FAMILIES
from reports.load import load

# name: (role, computes, exact, error, share of the time of relative)
RIVALS = {
    "lu_layer": ("method", "factors", True, 1e-8, 0.5),
    "nflows_lu": ("peer", "factors", True, 2e-7, 3.0),
    "self_normalizing_10": ("method", "self_normalizing", False, 0.02, 0.6),
    "inverse_tracked": ("method", "tracked", True, 1e-5, 2.0),
    "hutchinson_cg_1": ("method", "ordinary", False, 3.0, 0.7),
    "hutchinson_cg_100": ("method", "ordinary", False, 0.3, 4.0),
    "matfree_slq_10": ("peer", "logdets", False, 1e-3, 0.1),
}
QUALITIES = {"hutchinson": {"mean": 0.99}, "matfree": {"bias": -0.02, "noise": 0.01}}


@pytest.fixture(scope="module")
def family(synthetic, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rivals")
    for D in (64, 128, 256, 512, 1024):
        for L in (1, 2):
            record = synthetic.make_session(D, rounds=8, rows=("gemm_floor", "relative", "inverse"))
            record["cell"]["sizes"]["L"] = L
            record["started_at"] = record["started_at"].replace("08:", f"0{L}:")
            plain = record["rows"]["relative"]
            for name, (role, computes, exact, error, share) in RIVALS.items() if L == 1 else ():
                record["rows"][name] = plain | {
                    "method": name,
                    "role": role,
                    "computes": computes,
                    "exact": exact,
                    "error": error,
                    "samples_s": [share * seconds for seconds in plain["samples_s"]],
                    "quality": QUALITIES.get(name.split("_")[0], {}) | ({"spread": error} if "cg" in name else {}),
                }
            synthetic.write_session(folder, record, "direct")
    return digest_family(Analysis(load(folder)), "logdet")


def test_of_one_series_at_a_few_sizes(family):
    assert [front.size for front in family.rivals] == [64, 256, 1024]
    assert {dict(family.find(front.series).fixed)["L"] for front in family.rivals} == {1}
    # The family's other chapters go on as if there were no estimates.
    assert family.fronts == ()


def test_no_other_model_is_on_the_front_or_an_answer(family):
    for front in family.rivals:
        trades = {trade.row: trade for trade in front.trades}
        assert {"relative", "inverse", *RIVALS} - {"matfree_slq_10"} == set(trades)
        assert {name for name, trade in trades.items() if trade.other} == {
            *("lu_layer", "nflows_lu", "self_normalizing_10")
        }
        # Cheaper and nearer, the other model beats nobody.
        assert trades["relative"].front
        assert trades["hutchinson_cg_1"].front
        assert not any(trades[name].front for name in ("lu_layer", "self_normalizing_10", "hutchinson_cg_100"))
        # What is carried along the steps is exact to rounding, beaten as any other.
        assert (trades["inverse_tracked"].exact, trades["inverse_tracked"].front) == (True, False)
        assert trades["relative"].peak_bytes > 0
        assert trades["nflows_lu"].ratio.value == pytest.approx(RIVALS["nflows_lu"][-1])
    # Who asks for factors' gradient, asks about that model; who asks for the tracked one, takes relative steps.
    others = {
        question.key for question in FAMILIES["logdet"].questions if {"factors", "tracked"} & {*question.computes}
    }
    answers = [answer for answer in (*family.answers, *family.approximate) if answer.question not in others]
    assert {answer.pick.row for answer in answers if answer.pick} <= {"relative", "inverse"}
    assert not {candidate.row for answer in answers for candidate in answer.candidates} & set(RIVALS)


def test_a_library_stands_beside_the_same_model(family):
    (beside,) = family.libraries
    assert (beside.library, beside.ours, beside.size) == ("nflows_lu", "lu_layer", 1024)
    assert beside.ratio.value == pytest.approx(6, rel=1e-6)


def test_estimates_have_a_bias_and_a_noise(family):
    found = {worth.row: worth for worth in family.qualities}
    gradients = {name: (worth.mean, worth.spread) for name, worth in found.items() if not math.isnan(worth.mean)}
    assert gradients == {"hutchinson_cg_1": (0.99, 3.0), "hutchinson_cg_100": (0.99, 0.3)}
    values = {name: (worth.bias, worth.noise) for name, worth in found.items() if not math.isnan(worth.bias)}
    assert values == {"matfree_slq_10": (-0.02, 0.01)}
