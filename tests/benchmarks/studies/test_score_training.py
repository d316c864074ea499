"""The score study: its true score, its trainings between two epochs, its record from outside."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import bench_core
from benchmarks.studies.score.step import Samples, ScoreTraining, Settings
from benchmarks.studies.score_training import METHODS, WIDTH, centres, draw_mixture, prepare, score_of_mixture

SETTINGS = Settings(batch=20, learning_rate=3e-3, H=6, sigma=0.5)


def _train(method: str, samples: Samples, settings: Settings = SETTINGS) -> ScoreTraining:
    return ScoreTraining(method, 1, samples, settings, last=3)


@pytest.fixture
def samples():
    return Samples(draw_mixture(60, 0), draw_mixture(30, 1), score_of_mixture)


def test_score_is_the_gradient_of_the_log_density():
    """By autodiff of the smoothed mixture's log-density in float64."""
    y, sigma = torch.from_numpy(draw_mixture(20, 3) * 1.3).requires_grad_(), 0.5
    means, variance = torch.from_numpy(centres()), WIDTH**2 + sigma**2
    density = torch.logsumexp(-((y[:, None] - means) ** 2).sum(-1) / (2 * variance), dim=1).sum()
    (want,) = torch.autograd.grad(density, y)
    np.testing.assert_allclose(score_of_mixture(y.detach().numpy(), sigma), want.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_a_training_goes_on_where_it_was(method, samples, tmp_path):
    whole, first, second = (_train(method, samples) for _ in range(3))
    rows = [whole.epoch(number) for number in (1, 2, 3)]
    first.epoch(1)
    first.epoch(2)
    first.save(tmp_path / "state")
    second.load(tmp_path / "state")
    last = second.epoch(3)
    for name in ("loss", "test_loss", "asymmetry", "score_error", "field"):
        assert last[name] == rows[2][name]
    assert rows[0]["field"] is None
    assert len(rows[2]["field"]["g"]) == 15**2


def test_gradients_have_no_curl_and_psi_has(samples):
    asymmetry = {method: _train(method, samples).epoch(1)["asymmetry"] for method in METHODS}
    assert max(asymmetry["psi_diagonal"], asymmetry["phi_2"]) < 1e-13
    assert min(asymmetry[f"psi_{L}"] for L in (1, 2, 3, 4)) > 1e-3


def test_inner_weights_are_what_the_theorem_presumes_but_for_the_control(samples):
    """Its proof divides by them: none is 0 in a trained psi; the control's are a diagonal."""
    for L in (2, 3, 4):
        training = _train(f"psi_{L}", samples)
        training.epoch(1)
        assert all((training.parameters[f"W{k}"] != 0).all() for k in range(1, L))
    control = _train("psi_diagonal", samples).parameters
    assert control["r"].shape == control["b1"].shape
    assert "W1" not in control


def test_the_sliced_objective_never_sees_clean_samples_and_finds_the_same_score(samples):
    """Its first gradient is the kernel's of the noisy samples, whatever the clean ones are; trained, it is as near the
    score as denoising is.
    """
    clean, noisy, probe = torch.randn(3, 20, 2, generator=torch.Generator().manual_seed(1)).unbind()
    training = _train("psi_2_sliced", samples)
    want = bench_core.method("score", "sliced", backend="torch").function(noisy, probe, training.parameters)
    for given in (clean, 100 * clean):
        loss, gradients = training._step(given, noisy, probe, training.parameters)
        assert loss == want[0]
        assert all(torch.equal(gradients[name], value) for name, value in want[1].items())
    many = replace(samples, train=draw_mixture(1000, 0))
    settings = replace(SETTINGS, learning_rate=0.01, H=32, batch=50)
    errors = {}
    for method in ("psi_2", "psi_2_sliced"):
        training = _train(method, many, settings)
        errors[method] = [training.epoch(number)["score_error"] for number in range(1, 11)]
    assert errors["psi_2_sliced"][-1] < 0.65 * errors["psi_2_sliced"][0]
    assert errors["psi_2_sliced"][-1] < 1.4 * errors["psi_2"][-1]


def test_training_lowers_the_loss(samples):
    for method in ("psi_2", "phi_2", "psi_diagonal", "psi_2_sliced"):
        training = _train(method, samples, replace(SETTINGS, learning_rate=0.03))
        losses = [training.epoch(number)["test_loss"] for number in range(1, 6)]
        assert losses[-1] < 0.95 * losses[0], method


def test_digits_are_flat_and_standardised():
    study = prepare("smoke", "digits", None, None, None)
    assert study.settings["d"] == 64
    with pytest.raises(ValueError, match="folder '/x' given; allowed: none"):
        prepare("smoke", "mixture", "/x", None, None)


@pytest.mark.slow  # without it two other studies are run as commands
def test_the_command_writes_a_record(run_python, tmp_path):
    options = ("--data", "mixture", "--profile", "smoke", "--machine", "m")
    done = run_python("-m", "benchmarks", "study", "score-training", *options, BENCH_THREADS="1", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results" / "m").glob("studies/*/score-training-mixture.study")
    record = json.loads(path.read_text())
    assert len(record["rows"]) == len(METHODS) * 2
    assert set(record["methods"]) == set(METHODS)
