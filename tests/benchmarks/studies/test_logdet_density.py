"""The density study: its models' densities and starts, its trainings between two epochs, its pictures."""

from __future__ import annotations

import base64
import sys

import numpy as np
import pytest
import torch

pytest.importorskip("zuko")

from bench_core.logdet.torch._network import activate
from benchmarks.studies.logdet.density import DEPTH, SHOWN, SIDE, DensityTraining, Settings, SquareNetwork
from benchmarks.studies.logdet.flows import MaskedFlow, Start, TriangularFlow, find_hidden
from benchmarks.studies.logdet_density import DATA, MODELS, RATES, prepare
from benchmarks.studies.planes import LIMIT, SHAPES
from benchmarks.studies.tables import Split

SETTINGS = Settings(L=3, batch=50, steps=10, last=3, alpha=0.3, spread=2.0)
CHOICES = [{"model": model, "rate": 0.01, "hidden": (6, 6)} for model in MODELS]


@pytest.fixture(scope="module")
def split():
    return Split(*(SHAPES["sine"]().draw(count, seed) for seed, count in enumerate((300, 100, 100))))


@pytest.fixture(scope="module")
def wide():
    """Samples of dimension 5 whose coordinates go with each other."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn((200, 5), generator=generator) @ torch.randn((5, 5), generator=generator)


def test_both_parameterisations_start_as_one_function(wide):
    start = Start.draw(wide, 4, 0.1, 2.0, seed=1)
    ours, theirs = (kind(start, 0.1).log_likelihood(wide) for kind in (SquareNetwork, TriangularFlow))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    other = SquareNetwork(Start.draw(wide, 4, 0.1, 2.0, seed=2), 0.1).log_likelihood(wide)
    assert float((ours - other).abs().max()) > 1e-2


def test_a_start_has_units_of_the_spread_that_is_asked_for(wide):
    start = Start.draw(wide, 2, 0.1, 3.0, seed=1)
    z = wide
    for W, b, spread in zip(start.weights(), start.biases, (3, 1)):
        y = z @ W.T + b
        np.testing.assert_allclose(y.mean(0), 0, atol=1e-4)
        np.testing.assert_allclose(y.std(0), spread, rtol=1e-4)
        z = activate(y, 0.1)
    assert float(torch.triu(start.packed[0], 1).abs().max()) <= 1


def test_flows_go_uphill_by_the_gradient_of_their_likelihood(wide):
    """By differences of the value, along the gradient."""
    flow = MaskedFlow(5, (8, 8), seed=0)
    flow.differentiate(wide)
    gradients = [p.grad.clone() for p in flow.parameters]
    before, step = float(flow.log_likelihood(wide).mean()), 1e-5
    with torch.no_grad():
        for p, g in zip(flow.parameters, gradients):
            p += step * g
    gained = float(flow.log_likelihood(wide).mean()) - before
    assert gained == pytest.approx(step * sum(float((g**2).sum()) for g in gradients), rel=0.05)


@pytest.mark.parametrize(("D", "L"), [(4, 5), (13, 5)])
def test_a_masked_flow_has_as_many_parameters_as_the_square_network(D, L):
    parameters = L * (D * D + D)
    hidden, count = find_hidden(D, parameters)
    assert abs(count / parameters - 1) < 0.1
    flow = MaskedFlow(D, hidden, seed=0)
    x = torch.randn((500, D), generator=torch.Generator().manual_seed(0))
    flow.differentiate(x)
    # A weight under a mask has no gradient; some unit may be idle on all samples, too.
    assert sum(int((p.grad != 0).sum()) for p in flow.parameters) <= count == flow.count()


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: chosen["model"])
def test_training_lowers_the_loss_and_goes_on_where_it_was(chosen, split, tmp_path):
    whole, first, second = (DensityTraining(chosen, 0, split, SETTINGS) for _ in range(3))
    rows = [whole.epoch(number) for number in (1, 2, 3)]
    assert rows[2]["loss"] < rows[0]["loss"]
    assert all(np.isfinite(row[name]) for row in rows for name in ("loss", "valid_loss", "test_loss"))
    first.epoch(1)
    first.epoch(2)
    first.save(tmp_path / "state")
    second.load(tmp_path / "state")
    last = second.epoch(3)
    for name in ("loss", "valid_loss", "test_loss", "picture"):
        assert last[name] == rows[2][name]


def test_the_picture_is_the_density_that_validates_best(split):
    training = DensityTraining(CHOICES[0], 0, split, Settings(L=3, batch=50, steps=20, last=4, alpha=0.3, spread=2.0))
    rows = [training.epoch(number) for number in (1, 2, 3)]
    assert all(row["picture"] is None for row in rows)
    kept = training.model.log_likelihood(torch.from_numpy(split.test).float())
    with torch.no_grad():  # thrown out of its course before the last epoch
        training.model.parameters[0].mul_(5)
    last = training.epoch(4)
    assert last["valid_loss"] > min(row["valid_loss"] for row in rows)
    picture = last["picture"]
    cells = np.frombuffer(base64.b64decode(picture["cells"]), np.uint8).reshape(SIDE, SIDE)
    density = np.exp(picture["top"] + DEPTH * (cells / 255 - 1))
    assert density.sum() * (2 * LIMIT / SIDE) ** 2 == pytest.approx(1, abs=0.2)
    at = np.floor((split.test + LIMIT) / (2 * LIMIT / SIDE)).astype(int).clip(0, SIDE - 1)
    found = np.log(density[at[:, 1], at[:, 0]])
    assert min(r["valid_loss"] for r in rows) == rows[2]["valid_loss"], "else this test has nothing to compare with"
    assert np.median(np.abs(found - kept.numpy())) < 0.2
    points = np.frombuffer(base64.b64decode(picture["points"]), np.uint8).reshape(-1, 2).astype(float)
    np.testing.assert_allclose(LIMIT * (2 * points / 255 - 1), split.train[:SHOWN], atol=LIMIT / 255 + 1e-6)


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: chosen["model"])
def test_what_leaves_the_numbers_stays_out(chosen, split):
    training = DensityTraining(chosen, 0, split, SETTINGS)
    with torch.no_grad():
        training.model.parameters[0].fill_(torch.nan)
    for number in (1, 2):
        row = training.epoch(number)
        assert not np.isfinite(row["valid_loss"])
        assert row["seconds"] > 0


def test_equal_parameters_and_one_grid_of_rates():
    pytest.importorskip("sklearn")
    study = prepare("smoke", "wine", None, None, None)
    assert list(study.methods) == [f"{model}_{rate:g}" for model in MODELS for rate in RATES]
    assert study.settings["parameters"] == 5 * (13 * 13 + 13)
    counts = [known["settings"]["parameters"] for known in study.methods.values()]
    assert max(abs(count / study.settings["parameters"] - 1) for count in counts) < 0.1
    assert (study.settings["train"], study.settings["valid"], study.settings["test"]) == (114, 28, 36)


@pytest.mark.parametrize(
    ("data", "says"),
    [("rings", "given for data 'rings', which is drawn; allowed: no --folder"), ("wine", "which is built in")],
)
def test_a_folder_is_refused_where_nothing_is_read(data, says):
    with pytest.raises(ValueError, match=says):
        prepare("smoke", data, "x", None, None)


def test_without_zuko_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "zuko", None)
    for name in ("density", "flows"):
        monkeypatch.delitem(sys.modules, f"benchmarks.studies.logdet.{name}", raising=False)
    with pytest.raises(ValueError, match=r"needs zuko .*: pip install 'jacobench\[studies\]'"):
        prepare("smoke", "rings", None, None, None)


@pytest.mark.parametrize("name", SHAPES)
def test_densities_in_the_plane_are_those_of_their_samples(name):
    """Their mass is one within the picture, and as many samples fall where it is high."""
    shape = SHAPES[name]()
    side = 141
    line = (np.arange(side) + 0.5) * (2 * LIMIT / side) - LIMIT
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    density, cell = np.exp(shape.log_density(grid)), (2 * LIMIT / side) ** 2
    assert density.sum() * cell == pytest.approx(1, abs=5e-3)
    points = shape.draw(4000, 1)
    assert np.abs(points).max() < LIMIT
    # The share of samples where the density is high is the mass there.
    high = np.quantile(density, 0.95)
    share = np.mean(shape.log_density(points) > np.log(high))
    assert share == pytest.approx(density[density > high].sum() * cell, abs=0.03)
    assert (shape.draw(5, 0) == shape.draw(5, 0)).all()
    assert name in DATA
