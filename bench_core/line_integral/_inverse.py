"""The inverse of a line integral in NumPy, and where on its path the Jacobian is singular."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench_core.line_integral._network import Network
from bench_core.line_integral.settings import Rule

NEAR = 1e-3  # adaptive steps that end where J is further than this from singular have another reason
MOST_EVALUATIONS = 20_000  # of J by adaptive steps


class SingularJacobian(ValueError):
    """The inverse does not exist: a matrix is singular on the way of one sample, at a time t or at a step."""

    def __init__(self, sample: int, where: float | str, what: str = "J(x)"):
        where = where if isinstance(where, str) else f"t = {where:.3g}"
        super().__init__(f"{what} of sample {sample} is singular at {where}")


class GaveUp(Exception):
    """J was evaluated too often: it ends a solver of SciPy's, which has no limit of its own."""


class Inverse:
    """``dx/dt = J(x)^-1 y``, x(0) = 0, for y (B, d), by fixed and by adaptive steps.

    Raises :class:`SingularJacobian` where J cannot be inverted on the way. How near J is to a singular matrix is its
    smallest singular value over the largest, there or at x = 0: with a ``limit`` J counts as singular from there down,
    and ``nearest`` keeps the smallest that was met, its sample and t.
    """

    def __init__(self, network: Network, y: np.ndarray, limit: float = 0.0):
        self._network, self._y, self._limit = network, y, limit
        self._scale = np.zeros(())
        self.nearest = (np.inf, 0, 0.0)

    def velocity(self, x: np.ndarray, t: float) -> np.ndarray:
        """``J(x)^-1 y`` at t."""
        if self._limit:
            near, sample = self._worst(x)
            self.nearest = min(self.nearest, (near, sample, t))
            if near <= self._limit:
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
        """The sample whose J is nearest to a singular matrix, and how near; an x that is not finite has passed one."""
        if (lost := ~np.isfinite(x).all(axis=1)).any():
            return 0.0, int(np.argmax(lost))
        if not self._scale.ndim:
            self._scale = self._network.extremes(np.zeros_like(x))[1]
        least, most = self._network.extremes(x)
        most = np.maximum(most, self._scale)
        near = np.divide(least, most, out=np.zeros_like(most), where=most > 0)
        sample = int(np.argmin(near))
        return float(near[sample]), sample

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
        """x of the ODE, by Dormand and Prince's method of order 8.

        Raises ``ValueError`` where its steps vanish, or do not end, though J is well conditioned.
        """
        from scipy.integrate import DOP853

        shape, evaluations = self._y.shape, 0
        self.velocity(np.zeros(shape), 0.0)

        def right(t: float, flat: np.ndarray) -> np.ndarray:
            nonlocal evaluations
            evaluations += 1
            if evaluations > MOST_EVALUATIONS:
                raise GaveUp
            try:
                return self.velocity(flat.reshape(shape), t).ravel()
            except SingularJacobian:  # a step that was tried: a shorter one may do
                return np.full_like(flat, np.nan)

        with np.errstate(all="ignore"):
            solver = DOP853(right, 0.0, np.zeros(self._y.size), 1.0, rtol=rtol, atol=atol)
            try:
                while solver.status == "running":
                    solver.step()
            except GaveUp:
                solver.status = "failed"
        x, t = solver.y.reshape(shape), float(solver.t)
        if solver.status == "finished":
            return x
        near, sample = self._worst(x)
        if near <= NEAR:
            raise SingularJacobian(sample, t)
        raise ValueError(f"the ODE of the inverse is not solved beyond t = {t:.3g}, after {evaluations} evaluations")


def find_singular(network: Network, y: np.ndarray, walk: Callable[[Inverse], object], epsilon: float) -> None:
    """Raise :class:`SingularJacobian` where ``walk`` meets a J that is singular to numbers of this ``epsilon``.

    For kernels whose results are none: the walk is their own, in float64. Returns where all J's are well conditioned.
    """
    inverse = Inverse(network, y, limit=network.d * epsilon)
    walk(inverse)
    near, sample, t = inverse.nearest
    if near <= epsilon**0.5:  # rounding alone decides whether they could invert it
        raise SingularJacobian(sample, t)
