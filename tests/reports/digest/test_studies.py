"""Whole trainings as plain values: what was planted in the records is found."""

import csv
import io
import json
import math

import pytest

from reports.digest import write_json
from reports.digest.studies import write_study


def find(digest, name, data):
    (found,) = [study for study in digest.studies if (study.name, study.data) == (name, data)]
    return found


def test_ratios_have_verdicts_beyond_the_noise(studied):
    study = find(studied, "implicit-training", "digits")
    truth = {"jfb": None, "neumann_5": 1.4, "cg": 2.2, "cg_published": 5.5}
    assert [method.name for method in study.methods] == list(truth)
    assert study.margin >= 0.05
    for method in study.methods[1:]:
        assert method.ratio.low <= truth[method.name] <= method.ratio.high
        assert method.verdict == "slower"
    assert (study.methods[0].ratio, study.methods[0].verdict) == (None, "")
    assert [method.order for method in study.methods] == [0, 5, None, None]


def test_curves_are_medians_over_the_seeds(studied):
    study = find(studied, "score-training", "mixture")
    curve = study.method("psi_2").curves["test_loss"]
    assert len(curve.seconds) == 50
    # 0.02 s an epoch of the middle seed, 1 % more than the first.
    assert curve.seconds[-1] == pytest.approx(50 * 0.02 * 1.01)
    assert curve.values[-1].value == pytest.approx(1 + math.exp(-50 / 20))
    assert study.method("psi_diagonal").ends["asymmetry"].value == 1e-16


def test_of_several_rates_the_one_that_ends_lowest_is_the_best(studied):
    study = find(studied, "logdet-training", "moons")
    best = [method.name for method in study.methods if method.best]
    assert best == ["ordinary_gd_0.1", "ordinary_adam_0.1", "relative_gd_0.1", "relative_adam_0.1"]
    assert study.baseline == "ordinary_gd_0.1"
    assert study.method("relative_gd_0.1").settings == {"gradient": "relative", "optimiser": "gd", "rate": 0.1}
    assert study.method("relative_gd_0.1").verdict == "same"
    assert all(method.best for method in find(studied, "score-training", "mixture").methods)


def test_what_was_learned(studied):
    exp, plane = (find(studied, "line-integral-training", data) for data in ("exp", "plane"))
    learned = exp.method("gauss_legendre").learned
    assert (learned.before_slopes, learned.after_slopes) == ((0.1, 0.9), (0.1, 0.9))
    assert (learned.round_trip, learned.inverse_error) == (1e-9, 0.02)
    assert len(learned.x) == len(learned.before) == len(learned.after) == len(learned.inverse) == 9
    assert exp.method("unconstrained").learned.inverse == ()
    assert plane.method("gauss_legendre").learned.x == ()
    assert plane.method("gauss_legendre").ends["path_gap"].value == 0.1
    assert exp.method("dopri5_fixed").evaluations.value == 50 * 100


def test_a_csv_a_study(studied):
    study = find(studied, "line-integral-training", "abs")
    lines = list(csv.DictReader(io.StringIO(write_study(study))))
    assert len(lines) == 17 * len(study.methods)  # of 50 epochs every third, the last among them
    assert lines[-1]["epoch"] == "50"
    line = next(line for line in lines if (line["method"], line["epoch"]) == ("dopri5_annealed", "20"))
    assert float(line["loss"]) == pytest.approx(math.exp(-1), rel=1e-3)
    assert float(line["tol"]) == 0.5
    assert next(line for line in lines if line["method"] == "gauss_legendre")["tol"] == ""


def test_of_a_rate_that_another_betters_the_csv_has_fewer_epochs(studied):
    lines = list(csv.DictReader(io.StringIO(write_study(find(studied, "logdet-training", "moons")))))
    counts = {rate: sum(line["method"] == f"relative_gd_{rate}" for line in lines) for rate in ("0.01", "0.1")}
    assert counts == {"0.01": 4, "0.1": 15}


def test_the_json_has_no_curves(studied):
    plain = json.loads(write_json(studied))
    assert "curves" not in plain["studies"][0]["methods"][0]
    assert plain["studies"][0]["methods"][1]["ratio"][0] == pytest.approx(1.4, rel=0.05)
    assert "files" not in plain["health"]["provenance"]
