"""One training of the density study: a model by maximum likelihood, its held-out losses after every epoch."""

from __future__ import annotations

import base64
import gc
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

import bench_core
from benchmarks.harness.clock import no_collector
from benchmarks.studies.logdet.flows import MaskedFlow, Start, TriangularFlow
from benchmarks.studies.logdet.step import log_likelihood
from benchmarks.studies.planes import LIMIT
from benchmarks.studies.tables import Split

# Of the training samples so many tell the training loss.
TOLD = 20_000
# A picture: cells of a side, samples beside it, nats below its highest that a byte reaches down to.
SIDE, SHOWN, DEPTH = 64, 400, 12.0


@dataclass(frozen=True)
class Settings:
    """What all methods share.

    L       layers of a square network
    batch   samples of a step, all where there are no more
    steps   of an epoch
    last    the last epoch, which holds the picture of a density in the plane
    alpha   the activation's least slope
    spread  of hidden units over the training samples, at the start
    """

    L: int
    batch: int
    steps: int
    last: int
    alpha: float
    spread: float


class Model(Protocol):
    """A density: what is trained, its gradient, its value."""

    @property
    def parameters(self) -> Sequence[Tensor]: ...

    def differentiate(self, x: Tensor) -> None:
        """Leave the gradient of the mean log-likelihood of these samples in ``.grad`` of every parameter."""
        ...

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Of each sample in nats, float64 (n,)."""
        ...


class SquareNetwork:
    """The family's network, by the relative gradient."""

    def __init__(self, start: Start, alpha: float):
        self._weights, self._biases, self._alpha = start.weights(), [b.clone() for b in start.biases], alpha
        self._gradient = bench_core.method("logdet", "relative", backend="torch").function
        self.parameters = [*self._weights, *self._biases]
        for p in self.parameters:
            p.grad = torch.zeros_like(p)
        self._out = [W.grad for W in self._weights], [b.grad for b in self._biases]

    def differentiate(self, x: Tensor) -> None:
        self._gradient(x, self._weights, self._biases, self._alpha, out=self._out)

    def log_likelihood(self, x: Tensor) -> Tensor:
        return log_likelihood(x, self._weights, self._biases, self._alpha)


class DensityTraining:
    """One method from one seed; see :class:`benchmarks.studies._run.Training`.

    ``chosen`` names the model and the rate of Adam. The seed decides the split, the start and the samples of a step,
    the same for all methods; ``relative`` and ``lu`` start as the same function.
    """

    def __init__(self, chosen: Mapping[str, Any], seed: int, split: Split, settings: Settings):
        self._seed, self._settings = seed, settings
        self._train, self._valid, self._test = (
            torch.from_numpy(part.astype(np.float32, copy=False)) for part in (split.train, split.valid, split.test)
        )
        if chosen["model"] == "maf":
            self.model: Model = MaskedFlow(self._train.shape[1], chosen["hidden"], seed)
        else:
            start = Start.draw(self._train, settings.L, settings.alpha, settings.spread, seed)
            kind = SquareNetwork if chosen["model"] == "relative" else TriangularFlow
            self.model = kind(start, settings.alpha)
        self._optimiser = torch.optim.Adam(self.model.parameters, lr=chosen["rate"], maximize=True)
        self._best, self._kept = math.inf, [p.detach().clone() for p in self.model.parameters]

    def epoch(self, number: int) -> dict[str, Any]:
        """Take the epoch's steps uphill.

        seconds     of the steps alone
        loss        negative mean log-likelihood of the training samples (of the first 20,000) in nats, after the epoch;
                    null where the training has left the numbers
        valid_loss  of the samples that rate and epoch are chosen by
        test_loss   of those that judge
        picture     in the plane, of seed 0, after the last epoch: the density after the epoch of the least valid_loss,
                    ``{"limit", "side", "top", "depth", "cells", "points"}``. ``cells``: bytes (base64) of log-densities
                    at side x side centres of cells of [-limit, limit]^2, rows from below, 255 where the log-density is
                    ``top``, 0 from ``depth`` nats below; ``points``: as many bytes again for x and y of some training
                    samples, 0 and 255 the limits
        """
        batches = self._draw(number)
        self.model.differentiate(batches[0])  # warm-up: a gradient that is thrown away
        gc.collect()
        with no_collector():
            began = time.perf_counter()
            for x in batches:
                self.model.differentiate(x)
                self._optimiser.step()
            seconds = time.perf_counter() - began
        parts = {"loss": self._train[:TOLD], "valid_loss": self._valid, "test_loss": self._test}
        losses = {name: -float(self.model.log_likelihood(part).mean()) for name, part in parts.items()}
        if losses["valid_loss"] < self._best:
            self._best = losses["valid_loss"]
            self._copy(self._kept, self.model.parameters)
        pictured = number == self._settings.last and self._seed == 0 and self._train.shape[1] == 2
        picture = self._draw_picture() if pictured else None
        return {"seconds": seconds, "evaluations": 0, "vjps": 0, "jvps": 0, **losses, "picture": picture}

    def _draw(self, number: int) -> list[Tensor]:
        """The samples of each step, drawn with replacement; all where the batch holds them."""
        count, batch, steps = len(self._train), self._settings.batch, self._settings.steps
        if batch >= count:
            return [self._train] * steps
        generator = torch.Generator().manual_seed(1_000_003 * self._seed + number)
        return [self._train[torch.randint(count, (batch,), generator=generator)] for _ in range(steps)]

    def _draw_picture(self) -> dict[str, Any]:
        now = [p.detach().clone() for p in self.model.parameters]
        self._copy(self.model.parameters, self._kept)
        line = (torch.arange(SIDE) + 0.5) * (2 * LIMIT / SIDE) - LIMIT
        y, x = torch.meshgrid(line, line, indexing="ij")
        values = self.model.log_likelihood(torch.stack([x.reshape(-1), y.reshape(-1)], 1)).numpy()
        self._copy(self.model.parameters, now)
        top = float(values.max())
        cells = np.clip(255 * (1 + (values - top) / DEPTH), 0, 255)
        points = np.clip(255 * (self._train[:SHOWN].numpy() / LIMIT + 1) / 2, 0, 255)
        return {"limit": LIMIT, "side": SIDE, "top": top, "depth": DEPTH, "cells": pack(cells), "points": pack(points)}

    @staticmethod
    def _copy(into: Sequence[Tensor], of: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for p, value in zip(into, of):
                p.copy_(value)

    def save(self, path: Path) -> None:
        parameters = [p.detach() for p in self.model.parameters]
        state = {"parameters": parameters, "optimiser": self._optimiser.state_dict()}
        torch.save(state | {"best": self._best, "kept": self._kept}, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self._copy(self.model.parameters, state["parameters"])
        self._copy(self._kept, state["kept"])
        self._best = state["best"]
        self._optimiser.load_state_dict(state["optimiser"])


def pack(values: np.ndarray) -> str:
    """Numbers from 0 to 255 as base64."""
    return base64.b64encode(np.nan_to_num(np.rint(values)).astype(np.uint8).tobytes()).decode()
