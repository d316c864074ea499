"""The log-determinant study: its loss, its gradients' directions, its trainings between two epochs, its record."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.studies.logdet.step import LogdetTraining, Samples, Settings
from benchmarks.studies.logdet_training import RATES, draw_diabetes, draw_digits, draw_moons, prepare

SETTINGS = Settings(L=2, batch=60, steps=5)
CHOICES = [
    {"gradient": gradient, "optimiser": optimiser, "rate": 0.03}
    for gradient in ("ordinary", "relative")
    for optimiser in ("gd", "adam")
]


@pytest.fixture
def samples():
    return Samples(draw_moons(60, 0), draw_moons(30, 1))


def _train(chosen, samples, settings=SETTINGS, seed=1):
    return LogdetTraining(chosen, seed, samples, settings)


@pytest.mark.long
def test_loss_is_a_density(samples):
    """Its exponential integrates to one over the plane, in the limits of a grid."""
    training = _train(CHOICES[1], samples)
    # Of a start that is nearly singular the density reaches far out.
    training.weights = [torch.tensor([[1.0, 0.5], [-0.3, 1.2]]), torch.tensor([[0.8, -0.4], [0.5, 0.9]])]
    line = torch.linspace(-40, 40, 1601, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    density = torch.tensor([-training.loss(x[None]) for x in grid[::4001]], dtype=torch.float64).exp()
    whole = _density(training, grid).sum() * float(line[1] - line[0]) ** 2
    np.testing.assert_allclose(_density(training, grid[::4001]), density, rtol=1e-9)
    assert abs(float(whole) - 1) < 1e-3


def _density(training, points):
    """exp of the log-likelihood by autodiff's Jacobian of the whole map: the judge knows no formula of the loss."""
    alpha = training._settings.alpha

    def whole(x):
        for k, (W, b) in enumerate(zip(training.weights, training.biases)):
            x = W.double() @ x + b.double()
            if k < len(training.weights) - 1:
                x = alpha * x + (1 - alpha) * torch.logaddexp(x, torch.zeros_like(x))
        return x

    jacobians = torch.func.vmap(torch.func.jacrev(whole))(points)
    z = torch.func.vmap(whole)(points)
    determinants = jacobians[:, 0, 0] * jacobians[:, 1, 1] - jacobians[:, 0, 1] * jacobians[:, 1, 0]
    return torch.exp(-0.5 * (z**2).sum(1)) / (2 * np.pi) * determinants.abs()


def test_all_methods_start_at_the_same_point(samples):
    losses = {_train(chosen, samples).loss(torch.from_numpy(samples.train)) for chosen in CHOICES}
    assert len(losses) == 1
    assert losses != {_train(CHOICES[0], samples, seed=2).loss(torch.from_numpy(samples.train))}


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda c: f"{c['gradient']}-{c['optimiser']}")
def test_training_lowers_the_loss_and_goes_on_where_it_was(chosen, samples, tmp_path):
    whole, first, second = (_train(chosen, samples, Settings(2, 20, 40)) for _ in range(3))
    before = whole.loss(torch.from_numpy(samples.train))
    rows = [whole.epoch(number) for number in (1, 2, 3)]
    assert rows[2]["loss"] < rows[0]["loss"] < before
    first.epoch(1)
    first.epoch(2)
    first.save(tmp_path / "state")
    second.load(tmp_path / "state")
    last = second.epoch(3)
    assert (last["loss"], last["test_loss"]) == (rows[2]["loss"], rows[2]["test_loss"])


def test_one_plain_step_is_the_gradient_times_the_rate(samples):
    """Of the ordinary gradient: what autodiff of the loss gives."""
    training = _train({"gradient": "ordinary", "optimiser": "gd", "rate": 1e-2}, samples, Settings(2, 60, 1))
    weights = [W.clone().double().requires_grad_() for W in training.weights]
    training.weights, kept = weights, training.weights
    x = torch.from_numpy(samples.train)
    loss = -torch.log(_density(training, x)).mean()
    want = torch.autograd.grad(loss, weights)
    training.weights = kept
    before = [W.clone() for W in training.weights]
    training.epoch(1)
    for W, old, gradient in zip(training.weights, before, want):
        np.testing.assert_allclose((W - old) / -1e-2, gradient.detach(), rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda c: f"{c['gradient']}-{c['optimiser']}")
def test_a_singular_layer_ends_in_no_number_and_not_in_an_error(chosen, samples):
    """As an infinite weight leaves one: the inverse of such a layer is an error of LAPACK's."""
    training = _train(chosen, samples)
    training.weights[0].copy_(torch.tensor([[torch.inf, 1.0], [5.0, 0.0]]))
    for number in (1, 2):
        row = training.epoch(number)
        assert not np.isfinite(row["loss"])
        assert row["seconds"] > 0


def test_digits_have_no_repeated_levels():
    train, test = draw_digits(200)
    assert train.shape == (200, 64)
    assert test.shape[1] == 64
    assert all(len(np.unique(column)) == len(column) for column in train.T)
    assert np.isfinite(train).all()


def test_ten_dimensions_are_trained_as_64_are():
    """Every patient once, no level repeated, in minibatches of 100."""
    pytest.importorskip("sklearn")
    train, test = draw_diabetes()
    assert (train.shape, test.shape) == ((353, 10), (89, 10))
    for column in np.concatenate([train, test]).T:
        assert len(np.unique(column)) == 442
        assert abs(column.mean()) < 0.1
        assert column.std() == pytest.approx(1, abs=0.1)
    study = prepare("smoke", "diabetes", None, None, None)
    assert (study.settings["d"], study.settings["batch"], study.settings["train"]) == (10, 100, 353)
    assert list(study.methods) == list(prepare("smoke", "digits", None, None, None).methods)


def test_record_names_every_rate():
    study = prepare("smoke", "moons", None, None, None)
    assert len(study.methods) == 2 * sum(map(len, RATES.values()))
    assert study.settings["d"] == 2
    assert study.settings["batch"] == study.settings["train"] == 1000
    with pytest.raises(ValueError, match="folder 'x' given; allowed: none"):
        prepare("smoke", "moons", "x", None, None)
