"""One step of the implicit training study: forward, the method's w, one product with the parameters' Jacobian."""

from __future__ import annotations

import copy
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import bench_core
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._operator import Counted
from benchmarks.harness.clock import no_collector
from benchmarks.studies.images import Images
from benchmarks.studies.implicit.network import ImplicitResNet, Linearisation, Map

PROBED = 8  # images that the untimed measurements look at: float64 convolutions are slow
PROBE_TOL, PROBE_MOST = 1e-6, 1000
NORM_ITERATIONS = 10
TEST_BATCH = 500

Solve = Callable[[Any, Tensor], Any]


class Step(NamedTuple):
    """What a gradient cost and how exact it is: ``evaluations`` of T, and ``operator`` has counted its products."""

    loss: Tensor
    evaluations: float
    forward: Any
    operator: Counted
    v: Tensor
    backward: Any


class Solvers(NamedTuple):
    """``forward(map, like)`` finds the fixed point, ``backward(operator, v)`` w from ``J^T w = v`` or in its stead."""

    forward: Solve
    backward: Solve


def make_solver(name: str, tol: float, most: int) -> Solve:
    """The implicit family's method of this name, backward or forward, on torch."""
    found = bench_core.method("implicit", name, backend="torch")
    limits = {"stop": Stop(tol, most)} if found.iterative else {}
    return partial(found.function, **found.settings, **limits)


def make_solvers(backward: str, forward: str, tol: float, most: int) -> Solvers:
    """Both, to one tolerance."""
    return Solvers(make_solver(forward, tol, most), make_solver(backward, tol, most))


def differentiate(net: ImplicitResNet, images: Tensor, labels: Tensor, solvers: Solvers) -> Step:
    """Leave the gradient of the mean cross-entropy in ``.grad`` of every parameter of S, T and Q.

    The fixed point by ``solvers.forward``, then w from ``J^T w = v`` by ``solvers.backward``, v the loss gradient by
    the fixed point, then ``(dT/dtheta)^T w`` by autograd (Wu Fung et al. 2022, equation 14; with ``w = v`` equation
    16). Cost: an evaluation of T beside those of ``solvers.forward``, the solver's products, one parameter vjp.
    """
    net.zero_grad(set_to_none=True)
    q = net.Q(images)
    with torch.no_grad():
        start = q.detach()
        counted = Counted(Map(net, start))
        forward = solvers.forward(counted, start.flatten(1))
    image, first, second = net.T(forward.w.view_as(q), q)
    u = image.detach().requires_grad_()
    loss = cross_entropy(net.S(u), labels)
    loss.backward()
    assert u.grad is not None
    v = u.grad.flatten(1)
    operator = Counted(Linearisation(net, first.detach(), second.detach()))
    with torch.no_grad():
        backward = solvers.backward(operator, v)
    image.backward(backward.w.view_as(image))
    return Step(loss.detach(), counted.evaluations + 1, forward, operator, v, backward)


@dataclass(frozen=True)
class Settings:
    """What all methods share. ``tol`` and ``most`` hold for the forward iteration and every iterative solver alike."""

    batch: int
    learning_rate: float
    channels: int
    gamma: float
    tol: float
    most: int


class ImplicitTraining:
    """One method, its backward and forward solver, from one seed; see :class:`benchmarks.studies._run.Training`.

    The seed decides the first weights; seed and epoch decide the order of the images, which is therefore the same for
    all methods. There is no other randomness, and so no generator whose state would have to be kept.
    """

    def __init__(self, methods: tuple[str, str], seed: int, images: Images, settings: Settings):
        self._seed, self._settings = seed, settings
        self._solvers = make_solvers(*methods, settings.tol, settings.most)
        self._train, self._train_labels = torch.from_numpy(images.train), torch.from_numpy(images.train_labels)
        self._test, self._test_labels = torch.from_numpy(images.test), torch.from_numpy(images.test_labels)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = ImplicitResNet(images.shape, images.classes, settings.channels, settings.gamma)
        self._optimiser = torch.optim.Adam(self.net.parameters(), lr=settings.learning_rate)

    def epoch(self, number: int) -> dict[str, Any]:
        """Train on every image once.

        seconds                  of the training alone: no test, no probe, no garbage collection
        evaluations, vjps, jvps  of T and dT/du, one for each sample: calls times batch, over the epoch
        iterations               of the solver, the most that a sample took; null where it does not iterate
        residual, missed         the largest relative residual that the solver reported, and how many samples kept one
                                 above the tolerance; null where it reports none
        forward_iterations, forward_residual, forward_missed   the same of the forward iteration
        loss                     mean training loss over the epoch
        accuracy                 share of the test images that are classified right after it
        contraction, cosine, cosine_latent, probe_residual     see ``probe``
        """
        order = torch.randperm(
            len(self._train), generator=torch.Generator().manual_seed(1_000_003 * self._seed + number)
        )
        batches = order.split(self._settings.batch)
        self._differentiate(batches[0])  # warm-up: a gradient that is thrown away
        tally = Tally(self._settings.tol)
        gc.collect()
        with no_collector():
            began = time.perf_counter()
            for batch in batches:
                step = self._differentiate(batch)
                self._optimiser.step()
                self.net.contract()
                tally.add(step, len(batch))
            seconds = time.perf_counter() - began
        return {"seconds": seconds, **tally.fields(), "accuracy": self.accuracy(), **self._probe()}

    def save(self, path: Path) -> None:
        torch.save({"net": self.net.state_dict(), "optimiser": self._optimiser.state_dict()}, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self._optimiser.load_state_dict(state["optimiser"])

    @torch.no_grad()
    def accuracy(self) -> float:
        """Share of the test images that are classified right."""
        right = 0
        for images, labels in zip(self._test.split(TEST_BATCH), self._test_labels.split(TEST_BATCH)):
            q = self.net.Q(images)
            u = self._solvers.forward(Map(self.net, q), q.flatten(1)).w
            right += int((self.net.S(u.view_as(q)).argmax(dim=1) == labels).sum())
        return right / len(self._test)

    def _differentiate(self, batch: Tensor) -> Step:
        return differentiate(self.net, self._train[batch], self._train_labels[batch], self._solvers)

    def _probe(self) -> dict[str, float]:
        images, labels = self._train[:PROBED].double(), self._train_labels[:PROBED]
        return probe(self.net, images, labels, self._solvers)


class Tally:
    """Adds up the steps of an epoch. Numbers stay tensors until the end: reading one would be timed."""

    def __init__(self, tol: float):
        self._tol, self._samples = tol, 0
        self._losses: list[Tensor] = []
        self._work = {"evaluations": 0, "vjps": 0, "jvps": 0}
        self._solutions: dict[str, list[Any]] = {"forward_": [], "": []}

    def add(self, step: Step, batch: int) -> None:
        self._samples += batch
        self._losses.append(step.loss * batch)
        self._work["evaluations"] += round(batch * step.evaluations)
        self._work["vjps"] += round(batch * step.operator.vjps)
        self._work["jvps"] += round(batch * step.operator.jvps)
        for prefix, solution in (("forward_", step.forward), ("", step.backward)):
            if solution.residual is not None:
                self._solutions[prefix].append((solution.iterations, solution.residual))

    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {**self._work, "loss": float(torch.stack(self._losses).sum()) / self._samples}
        for prefix, solutions in self._solutions.items():
            iterations, residuals = (torch.cat(part) for part in zip(*solutions)) if solutions else (None, None)
            found |= {
                f"{prefix}iterations": None if iterations is None else int(iterations.max()),
                f"{prefix}residual": None if residuals is None else float(residuals.max()),
                f"{prefix}missed": None if residuals is None else int((~(residuals <= self._tol)).sum()),
            }
        return found


def probe(net: ImplicitResNet, images: Tensor, labels: Tensor, solvers: Solvers) -> dict[str, float]:
    """How good the method's gradient is at these weights, in float64 on a few images, untimed.

    cosine           of the angle between the method's step (its own tolerance, its own approximate fixed point) and the
                     gradient (both solves to 1e-6), over all parameters; cosine_latent: those of T and Q alone, for S
                     has the same gradient with every method
    probe_residual   largest relative residual ``|v - J^T w| / |v|`` of the method's w
    contraction      largest ``|dT/du|_2`` of a sample, by power iterations
    """
    exact = copy.deepcopy(net).double()
    step = differentiate(exact, images, labels, solvers)
    taken = _gradients(exact)
    residual = step.v - step.backward.w + step.operator.vjp(step.backward.w)
    accurate = make_solvers("bicgstab", "forward_picard", PROBE_TOL, PROBE_MOST)
    right = differentiate(exact, images, labels, accurate)
    wanted = _gradients(exact)
    latent = [name for name in wanted if not name.startswith("classify")]
    return {
        "contraction": _estimate_norm(right.operator, right.v),
        "cosine": _cosine(taken, wanted, list(wanted)),
        "cosine_latent": _cosine(taken, wanted, latent),
        "probe_residual": float((residual.norm(dim=1) / step.v.norm(dim=1)).max()),
    }


def _gradients(net: ImplicitResNet) -> dict[str, Tensor]:
    return {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}


def _cosine(a: dict[str, Tensor], b: dict[str, Tensor], names: list[str]) -> float:
    x, y = (torch.cat([part[name].flatten() for name in names]) for part in (a, b))
    return float(torch.dot(x, y) / (x.norm() * y.norm()))


def _estimate_norm(operator: Any, start: Tensor) -> float:
    """Largest ``|A|_2`` of a sample: power iterations on ``A^T A``."""
    x = start / start.norm(dim=1, keepdim=True)
    for _ in range(NORM_ITERATIONS):
        x = operator.vjp(operator.jvp(x))
        x = x / x.norm(dim=1, keepdim=True)
    return float(operator.jvp(x).norm(dim=1).max())
