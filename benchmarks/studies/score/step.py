"""One training of the score study: a network psi or the gradient of a network phi on the denoising objective."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import silu

import bench_core
from bench_core.score.torch._network import denoising_loss, differentiate, phi_of, psi_of
from benchmarks.harness.clock import no_collector

PROBED = 64  # samples whose Jacobians are looked at
GRID = 15  # points along an edge of the picture of the field
EDGE = 3.0

Field = Callable[[Tensor, Mapping[str, Tensor]], Tensor]
# Of clean samples, noisy ones, probes and parameters: the loss and its gradients.
Step = Callable[[Tensor, Tensor, Tensor, Mapping[str, Tensor]], tuple[Tensor, dict[str, Tensor]]]


@dataclass(frozen=True)
class Samples:
    """What is denoised: training and test samples (n, d), and the score of the smoothed density where it is known."""

    train: np.ndarray
    test: np.ndarray
    score: Callable[[np.ndarray, float], np.ndarray] | None = None


@dataclass(frozen=True)
class Settings:
    """What all methods share."""

    batch: int
    learning_rate: float
    H: int
    sigma: float


def diagonal_of(y: Tensor, p: Mapping[str, Tensor]) -> Tensor:
    """psi with two hidden layers that is a gradient: ``W_0^T diag(q) s(diag(r) s(W_0 y + b_0) + b_1)``."""
    hidden = silu(p["r"] * silu(y @ p["W0"].T + p["b0"]) + p["b1"])
    return (p["q"] * hidden) @ p["W0"]


def gradient_of(y: Tensor, p: Mapping[str, Tensor]) -> Tensor:
    """The gradient of phi, (B, d)."""
    return torch.func.grad(phi_of)(y, p)


FIELDS: Mapping[str, Field] = {"psi": psi_of, "phi": gradient_of, "diagonal": diagonal_of}


class ScoreTraining:
    """One method from one seed; see :class:`benchmarks.studies._run.Training`.

    Methods are ``psi_L`` and ``phi_L`` with L hidden layers, ``psi_L_sliced`` and ``psi_diagonal``. Seed and epoch
    decide the order of the samples, the noise and the probes, the same for all methods. ``last`` is the epoch with the
    picture.
    """

    def __init__(self, method: str, seed: int, samples: Samples, settings: Settings, last: int):
        self._seed, self._settings, self._samples, self._last = seed, settings, samples, last
        self._train, self._test = (torch.from_numpy(a.astype(np.float32)) for a in (samples.train, samples.test))
        kind, depth, *sliced = method.split("_")
        if depth == "diagonal":
            kind, depth = depth, "2"
        self.field: Field = FIELDS[kind]
        self.parameters = initialise(kind, self._train.shape[1], settings.H, int(depth), seed)
        self._step = _find_step(kind, bool(sliced), settings.sigma)
        self._optimiser = torch.optim.Adam(list(self.parameters.values()), lr=settings.learning_rate)

    def epoch(self, number: int) -> dict[str, Any]:
        """Train on every sample once, with fresh noise.

        seconds      of the training alone
        loss         mean training loss over the epoch; the sliced objective is another, whose values may be negative
        test_loss    ``mean |x - y - sigma^2 g(y)|^2`` of the test samples, with noise of its own that stays the same
        asymmetry    ``|J - J^T|_F / (2 |J|_F)`` of g over PROBED test samples together, in float64: 0 of a gradient
        score_error  relative error of g (root of the mean square) against the score of the smoothed density; null where
                     that is not known
        field        after the last epoch of two-dimensional data: points, g and the score on a grid; else null
        """
        batch, sigma = self._settings.batch, self._settings.sigma
        generator = torch.Generator().manual_seed(1_000_003 * self._seed + number)
        x = self._train[torch.randperm(len(self._train), generator=generator)]
        y = x + sigma * torch.randn(x.shape, generator=generator)
        probes = torch.randn(x.shape, generator=generator)
        batches = list(zip(x.split(batch), y.split(batch), probes.split(batch)))
        self._step(*batches[0], self.parameters)  # warm-up: a gradient that is thrown away
        losses = []
        gc.collect()
        with no_collector():
            began = time.perf_counter()
            for clean, noisy, probe in batches:
                loss, gradients = self._step(clean, noisy, probe, self.parameters)
                for name, p in self.parameters.items():
                    p.grad = gradients[name]
                self._optimiser.step()
                losses.append(loss * len(clean))
            seconds = time.perf_counter() - began
        work = {"evaluations": 0, "vjps": 0, "jvps": 0}
        mean = float(torch.stack(losses).sum()) / len(x)
        field = self.picture() if number == self._last and self._samples.score is not None else None
        return {"seconds": seconds, **work, "loss": mean, **self.probe(), "field": field}

    def probe(self) -> dict[str, Any]:
        """What is measured after an epoch, untimed, in float64."""
        sigma, exact = self._settings.sigma, {name: p.double() for name, p in self.parameters.items()}
        x = self._test.double()
        y = x + sigma * torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        g = self.field(y, exact)
        found: dict[str, Any] = {"test_loss": float(((x - y - sigma**2 * g) ** 2).sum(1).mean())}
        jacobians = torch.func.vmap(torch.func.jacrev(lambda data: self.field(data[None], exact)[0]))(y[:PROBED])
        found["asymmetry"] = float((jacobians - jacobians.mT).norm() / (2 * jacobians.norm()))
        found["score_error"] = None
        if self._samples.score is not None:
            score = torch.from_numpy(self._samples.score(y.numpy(), sigma))
            found["score_error"] = float((g - score).norm() / score.norm())
        return found

    def picture(self) -> dict[str, Any]:
        """The field on a grid beside the score of the smoothed density."""
        assert self._samples.score is not None
        line = np.linspace(-EDGE, EDGE, GRID)
        points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        exact = {name: p.double() for name, p in self.parameters.items()}
        g = self.field(torch.from_numpy(points), exact).numpy()
        score = self._samples.score(points, self._settings.sigma)
        return {name: np.round(a, 5).tolist() for name, a in (("points", points), ("g", g), ("score", score))}

    def save(self, path: Path) -> None:
        torch.save({"parameters": self.parameters, "optimiser": self._optimiser.state_dict()}, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        for name, p in self.parameters.items():
            p.copy_(state["parameters"][name])
        self._optimiser.load_state_dict(state["optimiser"])


def _find_step(kind: str, sliced: bool, sigma: float) -> Step:
    """The kernel that the suite times, where it has one."""
    if kind == "diagonal":
        return lambda x, y, v, p: differentiate(lambda q: denoising_loss(x, y, diagonal_of(y, q), sigma), p)
    function = bench_core.method("score", "sliced" if sliced else kind, backend="torch").function
    return (lambda x, y, v, p: function(y, v, p)) if sliced else (lambda x, y, v, p: function(x, y, p, sigma))


def initialise(kind: str, d: int, H: int, L: int, seed: int) -> dict[str, Tensor]:
    """Normal weights of variance 1 / fan-in, biases of zero; diagonal inner weights and tied scales of one."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) / shape[-1] ** 0.5

    p = {"W0": normal(H, d), "b0": torch.zeros(H)}
    if kind == "diagonal":
        return p | {"r": torch.ones(H), "b1": torch.zeros(H), "q": normal(H)}
    for k in range(1, L):
        p |= {f"W{k}": normal(H, H), f"b{k}": torch.zeros(H)}
    return p | ({"a": normal(H)} if kind == "phi" else {"V": normal(d, H), "c": torch.zeros(d)})
