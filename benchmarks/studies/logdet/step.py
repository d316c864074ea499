"""One training of the log-determinant study: a square network by the ordinary or the relative gradient."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import bench_core
from bench_core.logdet.settings import ALPHA
from bench_core.logdet.torch._network import activate, log_density, log_slope
from benchmarks.harness.clock import no_collector

# The kernel of each gradient.
KERNELS = {"ordinary": "inverse", "relative": "relative"}


@dataclass(frozen=True)
class Samples:
    """Whose density is learned: training and test samples (n, D)."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Settings:
    """What all methods share: layers, samples of a step (all of them: full batch) and steps of an epoch."""

    L: int
    batch: int
    steps: int
    alpha: float = ALPHA


class LogdetTraining:
    """One method from one seed; see :class:`benchmarks.studies._run.Training`.

    ``chosen`` names the gradient, the optimiser and its rate. The seed decides where it starts and which samples a step
    takes, the same for all methods.
    """

    def __init__(self, chosen: Mapping[str, Any], seed: int, samples: Samples, settings: Settings):
        self._seed, self._settings = seed, settings
        self._train, self._test = (torch.from_numpy(a.astype(np.float32)) for a in (samples.train, samples.test))
        self.weights, self.biases = initialise(self._train.shape[1], settings.L, seed)
        self._gradient = bench_core.method("logdet", KERNELS[chosen["gradient"]], backend="torch").function
        parameters = [*self.weights, *self.biases]
        if chosen["optimiser"] == "adam":
            self._optimiser: torch.optim.Optimizer = torch.optim.Adam(parameters, lr=chosen["rate"], maximize=True)
        else:
            self._optimiser = torch.optim.SGD(parameters, lr=chosen["rate"], maximize=True)
        for p in parameters:
            p.grad = torch.zeros_like(p)
        self._out = [W.grad for W in self.weights], [b.grad for b in self.biases]

    def epoch(self, number: int) -> dict[str, Any]:
        """Take the epoch's steps uphill.

        seconds    of the steps alone
        before     the loss before them
        loss       negative mean log-likelihood of the training samples in nats, after the epoch, in float64; null where
                   the training has left the numbers
        test_loss  the same of the test samples
        """
        batches, before = list(self._draw(number)), self.loss(self._train)
        self._differentiate(batches[0])  # warm-up: a gradient that is thrown away
        gc.collect()
        with no_collector():
            began = time.perf_counter()
            for x in batches:
                self._differentiate(x)
                self._optimiser.step()
            seconds = time.perf_counter() - began
        work = {"evaluations": 0, "vjps": 0, "jvps": 0}
        losses = {"before": before, "loss": self.loss(self._train), "test_loss": self.loss(self._test)}
        return {"seconds": seconds, **work, **losses}

    def _differentiate(self, x: Tensor) -> None:
        """Leave the gradient at these samples in ``.grad`` of every parameter."""
        try:
            self._gradient(x, self.weights, self.biases, self._settings.alpha, out=self._out)
        except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]
            # A layer has become singular: the likelihood is no number here, and no step leads back.
            for part in (*self.weights, *self.biases):
                part.fill_(torch.nan)

    def _draw(self, number: int) -> Iterator[Tensor]:
        """The samples of each step, all where the batch holds them."""
        count, batch = len(self._train), self._settings.batch
        if batch >= count:
            yield from [self._train] * self._settings.steps
            return
        generator = torch.Generator().manual_seed(1_000_003 * self._seed + number)
        for _ in range(self._settings.steps):
            yield self._train[torch.randperm(count, generator=generator)[:batch]]

    def loss(self, x: Tensor) -> float:
        """Negative mean log-likelihood in nats, in float64."""
        return -float(log_likelihood(x, self.weights, self.biases, self._settings.alpha).mean())

    def save(self, path: Path) -> None:
        torch.save(
            {"weights": self.weights, "biases": self.biases, "optimiser": self._optimiser.state_dict()},
            path,
        )

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        for mine, saved in zip((*self.weights, *self.biases), (*state["weights"], *state["biases"])):
            mine.copy_(saved)
        self._optimiser.load_state_dict(state["optimiser"])


def log_likelihood(x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float) -> Tensor:
    """Of each sample in nats, in float64: ``log N(z_L) + sum_k sum_j log s'(y_k) + sum_k log |det W_k|``, (n,)."""
    z = x.double()
    value = torch.full((len(z),), -0.5 * z.shape[1] * np.log(2 * np.pi), dtype=torch.float64)
    for k, (W, b) in enumerate(zip(weights, biases)):
        y = z @ W.double().T + b.double()
        value = value + torch.linalg.slogdet(W.double()).logabsdet
        z = y
        if k < len(weights) - 1:
            value = value + log_slope(y, alpha).sum(-1)
            z = activate(y, alpha)
    return value + log_density(z)


def initialise(D: int, L: int, seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Normal weights of variance 1 / D, biases of zero: the same for every method that starts from this seed."""
    generator = torch.Generator().manual_seed(seed)
    weights = [torch.randn((D, D), generator=generator) / D**0.5 for _ in range(L)]
    return weights, [torch.zeros(D) for _ in range(L)]
