"""Newton's method on ``y(x) = y`` in NumPy, and at which of its steps dy/dx is singular."""

from __future__ import annotations

import numpy as np

from bench_core.line_integral._inverse import SingularJacobian
from bench_core.line_integral._network import Network
from bench_core.line_integral.settings import NEWTON, gauss_legendre


class Root:
    """The steps of ``inverse_newton`` in float64: from x = 0, halved where they do not bring a sample nearer."""

    def __init__(self, network: Network, y: np.ndarray, Q: int):
        self._network, self._y, self._rule = network, y, gauss_legendre(Q)

    def integral(self, x: np.ndarray) -> np.ndarray:
        """``sum_q w_q J(t_q x) x``."""
        network, y = self._network, np.zeros_like(x)
        for t, w in zip(*self._rule):
            for rows in network.rows(x):
                y[rows] += w * network.apply(network.outputs(network.hidden(t * x[rows])), x[rows])
        return y

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """dy/dx, (B, d, d): J(x) of a Hessian, as the method takes it; elsewhere the derivative of the rule,
        ``sum_q w_q (J(t_q x) + t_q d(J(t_q x) c)/dx)`` at c = x.
        """
        network = self._network
        out = np.zeros((*x.shape, network.d))
        if network.J == "hessian":
            return out + network.form(network.outputs(network.hidden(x)))
        for t, w in zip(*self._rule):
            for rows in network.rows(x):
                h = network.hidden(t * x[rows])
                M = network.outputs(h)
                out[rows] += w * network.form(M)
                for i, e in enumerate(np.eye(network.d)):
                    dM = network.pull(M, x[rows], np.broadcast_to(e, x[rows].shape))
                    out[rows, i] += w * t * ((dM @ network.W1) * (1 - h**2)) @ network.W0
        return out

    def find_singular(self, tol: float, epsilon: float) -> None:
        """Raise :class:`SingularJacobian` where dy/dx of a sample is singular to numbers of this ``epsilon``: at the
        first step at which rounding leaves nothing of it, or else where it was nearest to that.
        """
        limit, nearest = tol * np.linalg.norm(self._y, axis=1), (np.inf, 0, 0)
        x = step = np.zeros_like(self._y)
        rest, nearer, scale = self._y, np.ones(len(x), dtype=bool), 0.0
        for number in range(1, NEWTON + 1):
            if not (short := np.linalg.norm(rest, axis=1) > limit).any():
                break
            jacobians = self.jacobian(x)
            values = np.linalg.svd(jacobians, compute_uv=False)
            scale = np.maximum(scale, values[:, 0])  # there or at an earlier step
            near = np.divide(values[:, -1], scale, out=np.zeros_like(scale), where=scale > 0)
            near[~short] = np.inf
            sample = int(np.argmin(near))
            nearest = min(nearest, (float(near[sample]), sample, number))
            if near[sample] <= self._network.d * epsilon:
                break
            newton = np.zeros_like(x)
            newton[short] = np.linalg.solve(jacobians[short], rest[short, :, None])[:, :, 0]
            step = np.where(nearer[:, None], newton, step / 2)
            with np.errstate(all="ignore"):  # a step may lead anywhere
                new = self._y - self.integral(x + step)
                nearer = np.linalg.norm(new, axis=1) < np.linalg.norm(rest, axis=1)
            x, rest = np.where(nearer[:, None], x + step, x), np.where(nearer[:, None], new, rest)
        near, sample, number = nearest
        if near <= epsilon**0.5:  # rounding alone decides whether the method could invert it
            raise SingularJacobian(sample, f"step {number}", "dy/dx")
