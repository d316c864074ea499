"""One training of the line_integral study: a function learned through its Jacobian."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchdiffeq
from scipy.integrate import solve_ivp
from torch import Tensor

from bench_core.line_integral.settings import gauss_legendre
from bench_core.line_integral.torch._dopri5 import Path as LinePath
from bench_core.line_integral.torch._jacobian import apply, form, network
from bench_core.line_integral.torch._solve import velocity
from benchmarks.harness.clock import no_collector

NODES = 16  # of Gauss-Legendre in training
FINE = 64  # of Gauss-Legendre where the result is judged
GRID = 201  # points of [-2, 2] at which one-dimensional results are judged
SIDE = 21  # the same along an edge of [-2, 2]^2


@dataclass(frozen=True)
class Target:
    """A function R^d -> R^d with its value at 0, which the path starts from."""

    d: int
    call: Callable[[np.ndarray], np.ndarray]
    start: float


@dataclass(frozen=True)
class Settings:
    """What all methods share.

    H, learning_rate   as in the paper; train, test   points in [-1, 1]^d and in [-2, 2]^d
    tol_fixed          of ``dopri5_fixed``; tol_start what ``dopri5_annealed`` begins with
    """

    H: int
    learning_rate: float
    train: int
    test: int
    tol_fixed: float
    tol_start: float


class LineIntegralTraining:
    """One method from one seed; see :class:`benchmarks.studies._run.Training`.

    ``gauss_legendre``, ``dopri5_fixed`` and ``dopri5_annealed`` learn the constrained Jacobian ``J``, ``unconstrained``
    the network's output as it is. The seed decides the points and the first weights, the same for all methods.
    """

    def __init__(self, method: str, seed: int, target: Target, J: str, settings: Settings, last: int):
        self._method, self._target, self._settings, self._last = method, target, settings, last
        self._J = "free" if method == "unconstrained" else J
        self._tol = {"dopri5_fixed": settings.tol_fixed, "dopri5_annealed": settings.tol_start}.get(method)
        rng, d = np.random.default_rng(seed), target.d
        points = rng.uniform(-1, 1, (settings.train, d)), rng.uniform(-2, 2, (settings.test, d))
        (self._x, self._y), (self._x_test, self._y_test) = (
            tuple(torch.from_numpy(a.astype(np.float32)) for a in (x, target.call(x))) for x in points
        )
        generator = torch.Generator().manual_seed(seed)

        def uniform(*shape: int, fan: int) -> Tensor:
            """torch's default for a linear layer."""
            return (2 * torch.rand(shape, generator=generator) - 1) / fan**0.5

        H = settings.H
        shapes = {"W0": ((H, d), d), "b0": ((H,), d), "W1": ((d * d, H), H), "b1": ((d * d,), H)}
        self.parameters = {name: uniform(*shape, fan=fan).requires_grad_() for name, (shape, fan) in shapes.items()}
        self._optimiser = torch.optim.Adam(list(self.parameters.values()), lr=settings.learning_rate)

    # -- training ---------------------------------------------------------------------------------------------------

    def epoch(self, number: int) -> dict[str, Any]:
        """One step on all training points.

        seconds              of the step alone
        evaluations          of J by a sample on the way forward
        loss                 mean ``|y - target|`` (2-norm) of the training points before the step
        tol                  tolerance of the adaptive solver at this step; null of Gauss-Legendre
        test_loss            of the test points after the step, by Gauss-Legendre with FINE nodes
        slope_min, slope_max smallest and largest singular value of J over a grid of [-2, 2]^d; of d = 1 J itself
        path_gap             for d > 1 ``|y - y'| / |y|`` over the grid, y by the straight path and y' along the axes
        initial, final       in the first and the last row: ``describe`` before and after training
        """
        found: dict[str, Any] = {"initial": self.describe(self.judge()) if number == 1 else None}
        with no_collector():
            began = time.perf_counter()
            y, evaluations = self._integrate()
            loss = (y - self._y).norm(dim=1).mean()
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            value = float(loss.detach())
            seconds = time.perf_counter() - began
        tol = self._tol
        if self._method == "dopri5_annealed" and tol is not None and value < tol:
            self._tol = tol / 2
        work = {"evaluations": evaluations, "vjps": 0, "jvps": 0}
        judged = self.judge()
        found |= {"seconds": seconds, **work, "loss": value, "tol": tol, **judged}
        return found | {"final": self.describe(judged) if number == self._last else None}

    def _integrate(self) -> tuple[Tensor, int]:
        """y at the training points by this method's rule."""
        if self._tol is None:
            return self._evaluate(self._x, self.parameters, NODES), NODES
        path = LinePath(self._x, self.parameters, self._J)
        ends = torch.tensor([0.0, 1.0])
        start = torch.full_like(self._x, self._target.start)
        y: Any = torchdiffeq.odeint(path, start, ends, rtol=self._tol, atol=self._tol, method="dopri5")
        return y[-1], path.evaluations

    def _evaluate(self, x: Tensor, parameters: dict[str, Tensor], nodes: int) -> Tensor:
        """``y(x)`` along the straight path from 0, by Gauss-Legendre."""
        return self._target.start + self._segment(torch.zeros_like(x), x, parameters, nodes)

    def _segment(self, a: Tensor, b: Tensor, parameters: dict[str, Tensor], nodes: int) -> Tensor:
        """``int J dx`` along the straight line from a to b."""
        t, w = (torch.as_tensor(v, dtype=b.dtype) for v in gauss_legendre(nodes))
        points = (a + t[:, None, None] * (b - a)).reshape(-1, b.shape[1])
        slopes = apply(network(points, parameters), (b - a).expand(nodes, *b.shape).reshape(-1, b.shape[1]), self._J)
        return (w @ slopes.view(nodes, -1)).view(b.shape)

    # -- what is judged ---------------------------------------------------------------------------------------------

    @property
    def _exact(self) -> dict[str, Tensor]:
        return {name: p.detach().double() for name, p in self.parameters.items()}

    def _grid(self) -> Tensor:
        if self._target.d == 1:
            return torch.linspace(-2, 2, GRID, dtype=torch.float64)[:, None]
        line = torch.linspace(-2, 2, SIDE, dtype=torch.float64)
        return torch.cartesian_prod(*(line for _ in range(self._target.d)))

    def judge(self) -> dict[str, float | None]:
        """What is measured after a step, untimed, in float64."""
        exact, grid, d = self._exact, self._grid(), self._target.d
        y = self._evaluate(self._x_test.double(), exact, FINE)
        slopes = form(network(grid, exact), d, self._J)
        size = slopes[:, :, 0] if d == 1 else torch.linalg.svdvals(slopes)
        gap = None
        if d > 1:
            straight = self._evaluate(grid, exact, FINE)
            gap = float((self._along_axes(grid, exact) - straight).norm() / straight.norm())
        return {
            "test_loss": float((y - self._y_test.double()).norm(dim=1).mean()),
            "slope_min": float(size.min()),
            "slope_max": float(size.max()),
            "path_gap": gap,
        }

    def _along_axes(self, x: Tensor, exact: dict[str, Tensor]) -> Tensor:
        """y along a path that takes one axis after the other."""
        corner, y = torch.zeros_like(x), torch.full_like(x, self._target.start)
        for axis in range(x.shape[1]):
            following = corner.clone()
            following[:, axis] = x[:, axis]
            y = y + self._segment(corner, following, exact, FINE)
            corner = following
        return y

    def describe(self, judged: dict[str, float | None]) -> dict[str, Any]:
        """The slopes that were judged, and of d = 1 the function on the grid, its inverse, and how they compose.

        inverse      x on a grid of the values y, by the ODE ``dx/dt = (y - y0) / J(x)``; null where J may be zero
        round_trip   largest ``|x(y(x)) - x|`` over the grid
        inverse_error   largest error of the inverse against that of the target, where there is one, over values
                        between those at -1 and at 1
        """
        found: dict[str, Any] = {name: judged[name] for name in ("slope_min", "slope_max")}
        if self._target.d > 1:
            return found
        exact, x = self._exact, self._grid()
        y = self._evaluate(x, exact, FINE)
        found |= {"x": _listed(x), "y": _listed(y), "inverse": None, "round_trip": None, "inverse_error": None}
        if self._J == "psd":
            back = self._invert(y, exact)
            found |= {"inverse": _listed(back), "round_trip": float((back - x).abs().max())}
            values = torch.linspace(float(np.exp(-1)), float(np.exp(1)), GRID, dtype=torch.float64)[:, None]
            found["inverse_error"] = float((self._invert(values, exact) - values.log()).abs().max())
        return found

    def _invert(self, y: Tensor, exact: dict[str, Tensor]) -> Tensor:
        """x with y(x) = y for ascending y, by the ODE ``dx/dy = 1 / J(x)`` from (0, y(0)) up and down.

        Adaptive and tight: where J is all but eps, x runs away ten thousand times as fast as y.
        """
        values, start = y[:, 0].numpy(), self._target.start

        def right(_: float, x: np.ndarray) -> np.ndarray:
            at, one = torch.from_numpy(x)[:, None], torch.ones((1, 1), dtype=torch.float64)
            return velocity(at, one, exact, self._J, "lu")[:, 0].numpy()

        found = np.full(len(values), np.nan)
        # Away from the start, as the solver goes: ascending above it, descending below.
        for places in (np.flatnonzero(values >= start), np.flatnonzero(values < start)[::-1]):
            if places.size:
                wanted = values[places]
                solved = solve_ivp(
                    right, (start, wanted[-1]), [0.0], method="DOP853", t_eval=wanted, rtol=1e-10, atol=1e-12
                )
                found[places[: solved.y.shape[1]]] = solved.y[0]
        return torch.from_numpy(found)[:, None]

    # -- between epochs ---------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        parameters = {name: p.detach() for name, p in self.parameters.items()}
        torch.save({"parameters": parameters, "optimiser": self._optimiser.state_dict(), "tol": self._tol}, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for name, p in self.parameters.items():
                p.copy_(state["parameters"][name])
        self._optimiser.load_state_dict(state["optimiser"])
        self._tol = state["tol"]


def _listed(column: Tensor) -> list[float]:
    return np.round(column[:, 0].numpy(), 6).tolist()
