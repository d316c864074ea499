"""The inverse of a line integral in NumPy, and where on its path the Jacobian is singular."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench_core.line_integral._network import Network
from bench_core.line_integral.settings import Rule

# A solver whose steps vanish where J is better conditioned than this has failed for another reason.
NEAR = 1e-3


class SingularJacobian(ValueError):
    """The inverse does not exist: J is singular on the way of one sample."""

    def __init__(self, sample: int, t: float):
        super().__init__(f"J(x) of sample {sample} is singular at t = {t:.3g}")


class Inverse:
    """``dx/dt = J(x)^-1 y``, x(0) = 0, for y (B, d), by fixed and by adaptive steps.

    Raises :class:`SingularJacobian` where J cannot be inverted on the way. With a ``limit`` a J counts as singular
    whose reciprocal condition is not above it, and ``nearest`` keeps the smallest that was met, its sample and t.
    """

    def __init__(self, network: Network, y: np.ndarray, limit: float = 0.0):
        self._network, self._y, self._limit = network, y, limit
        self.nearest = (np.inf, 0, 0.0)

    def velocity(self, x: np.ndarray, t: float) -> np.ndarray:
        """``J(x)^-1 y`` at t."""
        if self._limit:
            condition, sample = self._worst(x)
            self.nearest = min(self.nearest, (condition, sample, t))
            if condition <= self._limit:
                raise SingularJacobian(sample, t)
        try:
            with np.errstate(all="ignore"):
                found = self._network.solve(x, self._y)
        except np.linalg.LinAlgError:
            found = np.full_like(x, np.nan)
        if not np.isfinite(found).all():
            raise SingularJacobian(self._worst(x)[1], t)
        return found

    def _worst(self, x: np.ndarray) -> tuple[float, int]:
        """The smallest reciprocal condition over the samples, and whose it is."""
        conditions = self._network.reciprocal_condition(x)
        sample = int(np.argmin(conditions))
        return float(conditions[sample]), sample

    def runge_kutta(self, steps: int) -> np.ndarray:
        """x after so many steps of the classical Runge-Kutta method."""
        x, h = np.zeros_like(self._y), 1 / steps
        for step in range(steps):
            t = step * h
            k1 = self.velocity(x, t)
            k2 = self.velocity(x + h / 2 * k1, t + h / 2)
            k3 = self.velocity(x + h / 2 * k2, t + h / 2)
            k4 = self.velocity(x + h * k3, t + h)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x

    def as_printed(self, rule: Rule) -> np.ndarray:
        """``sum_q w_q J(t_q y)^-1 y``."""
        return sum((w * self.velocity(t * self._y, t) for t, w in zip(*rule)), np.zeros_like(self._y))

    def adaptive(self, rtol: float, atol: float) -> np.ndarray:
        """x of the ODE, by Dormand and Prince's method of order 8."""
        from scipy.integrate import solve_ivp

        start = np.zeros_like(self._y)
        self.velocity(start, 0.0)

        def right(t: float, flat: np.ndarray) -> np.ndarray:
            try:
                return self.velocity(flat.reshape(start.shape), t).ravel()
            except SingularJacobian:  # a step that was tried: a shorter one may do
                return np.full_like(flat, np.nan)

        with np.errstate(all="ignore"):
            solved = solve_ivp(right, (0, 1), start.ravel(), method="DOP853", rtol=rtol, atol=atol)
        x, t = solved.y[:, -1].reshape(start.shape), float(solved.t[-1])
        if solved.success:
            return x
        condition, sample = self._worst(x)
        if condition <= NEAR:
            raise SingularJacobian(sample, t)
        raise ValueError(f"the ODE of the inverse has no solution beyond t = {t:.3g}: {solved.message}")


def find_singular(network: Network, y: np.ndarray, walk: Callable[[Inverse], object], epsilon: float) -> None:
    """Raise :class:`SingularJacobian` where ``walk`` meets a J that is singular to numbers of this ``epsilon``.

    For kernels whose results are none: the walk is their own, in float64. Returns where all J's are well conditioned.
    """
    inverse = Inverse(network, y, limit=network.d * epsilon)
    walk(inverse)
    condition, sample, t = inverse.nearest
    if condition <= epsilon**0.5:  # rounding alone decides whether they could invert it
        raise SingularJacobian(sample, t)
