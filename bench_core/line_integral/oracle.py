"""The float64 reference in NumPy: the integral by a rule refined until it is stable, its gradient by the chain rule,
the inverse by dense solves.
"""

from __future__ import annotations

import contextlib
from functools import cached_property

import numpy as np

from bench_core.line_integral import _integral
from bench_core.line_integral._inverse import Inverse
from bench_core.line_integral._network import Network
from bench_core.line_integral.problem import LineIntegralProblem
from bench_core.masters import relative_error
from bench_core.method import Method

DENSE_LIMIT = 256  # largest d at which ODEs are solved to the end for the record


class Oracle:
    """Reference results for one problem; each is computed when first asked for and kept."""

    def __init__(self, problem: LineIntegralProblem):
        self._recall = problem.recall
        arrays = {name: problem.arrays[name] for name in problem.masters}
        self._x, self._target = arrays.pop("x"), arrays.pop("target")
        self._network = Network(arrays, problem.J)
        self._kept: dict[int, np.ndarray] = {}

    # -- the answers ------------------------------------------------------------------------------------------------

    @cached_property
    def integral(self) -> dict[str, np.ndarray]:
        """Loss, y and the gradients by the parameters, stable to 1e-12 under refinement of the rule.

        Raises ``ValueError`` where no rule of some thousand nodes is.
        """
        return self._recall("integral", lambda: _integral.gradient(self._network, self._x, self._target))

    @cached_property
    def inverse(self) -> np.ndarray:
        """x of the ODE, to a relative tolerance of 1e-11. Raises ``SingularJacobian`` where it has none."""
        solver = Inverse(self._network, self._target)
        return self._recall("inverse", lambda: {"x": solver.adaptive(rtol=1e-11, atol=1e-12)})["x"]

    def inverse_rk4(self, steps: int) -> np.ndarray:
        """x after so many steps of the classical Runge-Kutta method; raises ``SingularJacobian``."""
        if steps not in self._kept:
            solver = Inverse(self._network, self._target)
            self._kept[steps] = self._recall(f"inverse_rk4_{steps}", lambda: {"x": solver.runge_kutta(steps)})["x"]
        return self._kept[steps]

    # -- the error --------------------------------------------------------------------------------------------------

    def measure(self, method: Method) -> str:
        """See ``Problem.measure``."""
        return {"inverse_root": "residual", "inverse_rk4": "rule"}.get(method.computes, "reference")

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """See ``Problem.error``. Of an integral the loss, y and the parameters' gradients; of ``inverse_rk4`` x against
        the same steps in float64, of a root ``|y(x) - y| / |y|``, of another inverse against the solution of the ODE.

        Raises ``ValueError`` where there is no reference: for an integral that does not converge and, as
        ``SingularJacobian``, for a Jacobian that is singular on the way.
        """
        names = {"integral": ("loss", "y", "W0", "b0", "W1", "b1")}.get(method.computes, ("x",))
        if missing := [name for name in names if name not in arrays]:
            raise ValueError(f"results named {sorted(arrays)}; missing: {', '.join(missing)}")
        if method.computes == "integral":
            want = self.integral
        elif method.computes == "inverse_root":
            return self._read_root(np.asarray(arrays["x"]))
        elif method.computes == "inverse_rk4":
            want = {"x": self.inverse_rk4(method.settings["steps"])}
        else:
            want = {"x": self.inverse}
        errors = []
        for name, reference in want.items():
            array = np.asarray(arrays[name])
            if array.shape != reference.shape:
                raise ValueError(f"result {name} has shape {array.shape}; allowed: {reference.shape}")
            if not np.isfinite(array).all():
                return float("inf")
            errors.append(relative_error(array - reference, reference))
        return max(errors)

    def quality(self, arrays: dict[str, np.ndarray], method: Method) -> dict[str, float]:
        """See ``LineIntegralProblem.quality``."""
        if method.computes == "integral":
            return self._quality_of_samples(arrays)
        x, y = np.asarray(arrays.get("x", np.nan), np.float64), self._target
        if self._network.d > DENSE_LIMIT or not np.isfinite(x).all():
            return {}
        found = {"path_error": relative_error(x - self.inverse, self.inverse)}
        with contextlib.suppress(ValueError):  # an x far away may leave an integral that does not converge
            found["round_trip"] = relative_error(_integral.integrate(self._network, x) - y, y)
        return found

    def _read_root(self, x: np.ndarray) -> float:
        """``|y(x) - y| / |y|``; ``ValueError`` for another shape."""
        if x.shape != self._target.shape:
            raise ValueError(f"result x has shape {x.shape}; allowed: {self._target.shape}")
        if not np.isfinite(x).all():
            return float("inf")
        return relative_error(_integral.integrate(self._network, x.astype(np.float64)) - self._target, self._target)

    def _quality_of_samples(self, arrays: dict[str, np.ndarray]) -> dict[str, float]:
        """What the samples of an integral differ in."""
        y = self.integral["y"]
        size = np.sqrt(self._network.d) + np.linalg.norm(y, axis=1)
        found = {}
        if self._network.J == "uneven":
            errors = np.linalg.norm(arrays["y"] - y, axis=1) / size
            found |= {"sample_error": float(errors.max()), "hard_error": float(errors[-1])}
        if "estimate" in arrays:
            found["estimate"] = float((arrays["estimate"] / size).max())
        return found
