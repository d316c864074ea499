"""The line_integral study: constraints by construction, trainings between two steps, its record from outside."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.studies.line_integral.step import LineIntegralTraining, Settings, Target
from benchmarks.studies.line_integral_training import METHODS
from tests.examples import examples

SETTINGS = Settings(H=64, learning_rate=0.01, train=5, test=100, tol_fixed=1e-5, tol_start=1.0)
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
EXP, ABS, PLANE = Target(1, np.exp, 1.0), Target(1, np.abs, 0.0), Target(2, np.abs, 0.0)


def _train(method: str, target: Target, J: str, seed: int = 0, last: int = 50) -> LineIntegralTraining:
    return LineIntegralTraining(method, seed, target, J, SETTINGS, last)


ANNEALED = "dopri5_annealed"  # the tolerance is a state, too
GO_ON = [pytest.param(name, marks=() if name == ANNEALED else pytest.mark.slow) for name in METHODS]


@pytest.mark.long
@pytest.mark.parametrize("method", GO_ON)
def test_a_training_goes_on_where_it_was(method, tmp_path):
    whole, first, second = (_train(method, EXP, "psd", last=3) for _ in range(3))
    rows = [whole.epoch(number) for number in (1, 2, 3)]
    first.epoch(1)
    first.epoch(2)
    first.save(tmp_path / "state")
    second.load(tmp_path / "state")
    last = second.epoch(3)
    for name in ("loss", "test_loss", "tol", "evaluations", "slope_min", "final"):
        assert last[name] == rows[2][name]
    assert rows[0]["initial"]["x"][0] == -2
    assert rows[0]["final"] is None


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_exp_is_increasing_and_inverts(seed):
    training = _train("gauss_legendre", EXP, "psd", seed)
    rows = [training.epoch(number) for number in range(1, 51)]
    assert rows[0]["initial"]["slope_min"] > 0
    assert rows[-1]["final"]["slope_min"] > 0
    assert rows[-1]["final"]["round_trip"] < 1e-4
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]


@pytest.mark.parametrize("seed", SEEDS)
def test_slopes_of_abs_are_bounded(seed):
    training = _train("gauss_legendre", ABS, "tanh", seed)
    rows = [training.epoch(number) for number in range(1, 51)]
    for end in (rows[0]["initial"], rows[-1]["final"]):
        assert -1 <= end["slope_min"] <= end["slope_max"] <= 1


@pytest.mark.long
@pytest.mark.parametrize("method", [pytest.param("dopri5_fixed", marks=pytest.mark.slow), ANNEALED])
def test_constraints_hold_by_adaptive_steps_too(method):
    steps = examples(quick=20, thorough=50)
    for target, J in ((EXP, "psd"), (ABS, "tanh")):
        training = _train(method, target, J, last=steps)
        rows = [training.epoch(number) for number in range(1, steps + 1)]
        for end in (rows[0]["initial"], rows[-1]["final"]):
            assert end["slope_min"] > 0 if J == "psd" else -1 <= end["slope_min"] <= end["slope_max"] <= 1


@pytest.mark.long
def test_the_tolerance_is_halved_when_the_loss_falls_below_it():
    training = _train("dopri5_annealed", ABS, "tanh")
    rows = [training.epoch(number) for number in range(1, 51)]
    # The tolerance has been halved, and never by more than once a step.
    tolerances = [row["tol"] for row in rows]
    assert tolerances[-1] < tolerances[0] == 1.0
    assert all(after in (before, before / 2) for before, after in pairwise(tolerances))
    assert all(row["loss"] < row["tol"] for row, after in pairwise(rows) if after["tol"] < row["tol"])


@pytest.mark.long
def test_the_unconstrained_control_is_not_bound():
    """Some seed's slope leaves what the constraint would keep it to."""
    slopes = []
    for seed in range(5):
        training = _train("unconstrained", EXP, "psd", seed)
        slopes.append([training.epoch(number) for number in range(1, 51)][-1]["final"]["slope_min"])
    assert min(slopes) < 0


def test_in_the_plane_the_result_depends_on_the_path():
    training = _train("gauss_legendre", PLANE, "tanh", last=2)
    row = training.epoch(1)
    assert row["path_gap"] > 1e-3
    assert 0 <= row["slope_min"] <= row["slope_max"] <= 2


@pytest.mark.long
def test_tight_steps_and_quadrature_agree():
    """The first losses: both integrate the same network over the same points."""
    losses = [_train(method, EXP, "psd").epoch(1)["loss"] for method in ("gauss_legendre", "dopri5_fixed")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.slow  # as the score study's, with a longer training
@pytest.mark.parametrize("data", ["exp", "plane"])
def test_the_command_writes_a_record(run_python, tmp_path, data):
    options = ("--data", data, "--profile", "smoke", "--machine", "m", "--epochs", "1")
    command = ("-m", "benchmarks", "study", "line-integral-training", *options)
    done = run_python(*command, BENCH_THREADS="1", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results" / "m").glob(f"studies/*/line-integral-training-{data}.study")
    record = json.loads(path.read_text())
    assert len(record["rows"]) == len(METHODS)
    assert {row["method"] for row in record["rows"] if row["final"]} == set(METHODS)
