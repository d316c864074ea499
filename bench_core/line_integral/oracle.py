"""The float64 reference in NumPy: the integral by Gauss-Legendre with 32 nodes, its gradient by the chain rule, the
inverse by dense solves.

With ``h = tanh(W0 t x + b0)``, ``M = W1 h + b1`` at the node t of weight w, r the loss's gradient by y and c = x, the
gradient of the loss by J is ``G = w r c^T``, and by M:

    free           G
    tanh           G (1 - tanh(M)^2)
    psd            (G + G^T) M
    kronecker      with C, R the matrices of c, r: dA = w R B C^T, dB = w R^T A C
    kronecker_psd  the chain A (A^T C B) B^T taken back

then ``dW1 = sum vec(dM) h^T`` and so on to W0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from math import isqrt

import numpy as np

from bench_core.line_integral.problem import LineIntegralProblem
from bench_core.line_integral.settings import EPS, KRONECKER, gauss_legendre
from bench_core.masters import relative_error
from bench_core.method import Method

NODES = 32
HELD = 1 << 25  # and the oracle, whose products with few rows each would be slow at large d
DENSE_LIMIT = 256  # largest d at which ODEs are solved to the end for the record


class Oracle:
    """Reference results for one problem; each is computed when first asked for and kept."""

    def __init__(self, problem: LineIntegralProblem):
        self._problem = problem
        self._arrays = {name: problem.arrays[name] for name in problem.masters}
        self._kept: dict[tuple, np.ndarray] = {}

    # -- the Jacobian -----------------------------------------------------------------------------------------------

    def hidden(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x @ self._arrays["W0"].T + self._arrays["b0"])

    def network(self, x: np.ndarray) -> np.ndarray:
        """M of rows x, (n, m)."""
        return self.hidden(x) @ self._arrays["W1"].T + self._arrays["b1"]

    def factors(self, M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A and B of the outputs (n, 2d)."""
        side = isqrt(self._problem.d)
        A, B = np.split(M, 2, axis=1)
        return A.reshape(-1, side, side), B.reshape(-1, side, side)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """J of rows x, (n, d, d)."""
        p, M = self._problem, self.network(x)
        if p.J in KRONECKER:
            A, B = self.factors(M)
            M = np.einsum("nij,nkl->nikjl", A, B).reshape(-1, p.d, p.d)
            return M if p.J == "kronecker" else M @ M.transpose(0, 2, 1) + EPS * np.eye(p.d)
        M = M.reshape(-1, p.d, p.d)
        if p.J == "psd":
            return M @ M.transpose(0, 2, 1) + EPS * np.eye(p.d)
        return np.tanh(M) if p.J == "tanh" else M

    def _apply(self, M: np.ndarray, c: np.ndarray) -> np.ndarray:
        """``J c`` from the outputs M (n, m) of the network, c (n, d)."""
        p = self._problem
        if p.J in KRONECKER:
            A, B = self.factors(M)
            C = c.reshape(A.shape)
            if p.J == "kronecker_psd":
                C = A.transpose(0, 2, 1) @ C @ B
            y = (A @ C @ B.transpose(0, 2, 1)).reshape(c.shape)
            return y + EPS * c if p.J == "kronecker_psd" else y
        M = M.reshape(-1, p.d, p.d)
        if p.J == "psd":
            return np.einsum("nij,nj->ni", M, np.einsum("nij,ni->nj", M, c)) + EPS * c
        return np.einsum("nij,nj->ni", np.tanh(M) if p.J == "tanh" else M, c)

    def _pull(self, M: np.ndarray, c: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Gradient of ``<J c, r>`` by the outputs, (n, m)."""
        p, rows = self._problem, len(M)
        if p.J in KRONECKER:
            A, B = self.factors(M)
            C, R = c.reshape(A.shape), r.reshape(A.shape)
            if p.J == "kronecker":
                back = R @ B
                parts = back @ C.transpose(0, 2, 1), R.transpose(0, 2, 1) @ A @ C
            else:
                first = A.transpose(0, 2, 1) @ C
                second = first @ B
                third = A @ second
                d3 = R @ B
                d2 = A.transpose(0, 2, 1) @ d3
                d1 = d2 @ B.transpose(0, 2, 1)
                dA = d3 @ second.transpose(0, 2, 1) + C @ d1.transpose(0, 2, 1)
                parts = dA, R.transpose(0, 2, 1) @ third + first.transpose(0, 2, 1) @ d2
            return np.concatenate([part.reshape(rows, -1) for part in parts], axis=1)
        M = M.reshape(-1, p.d, p.d)
        if p.J == "psd":
            left, right = np.einsum("nij,ni->nj", M, c), np.einsum("nij,ni->nj", M, r)
            out = r[:, :, None] * left[:, None] + c[:, :, None] * right[:, None]
        else:
            out = r[:, :, None] * c[:, None]
            if p.J == "tanh":
                out *= 1 - np.tanh(M) ** 2
        return out.reshape(rows, -1)

    # -- the answers ------------------------------------------------------------------------------------------------

    def _rows(self, x: np.ndarray) -> Iterator[slice]:
        size = max(1, HELD // self._problem.outputs)
        for start in range(0, len(x), size):
            yield slice(start, start + size)

    def integrate(self, x: np.ndarray, nodes: int = NODES) -> np.ndarray:
        """y of rows x."""
        y = np.zeros_like(x)
        for t, w in zip(*gauss_legendre(nodes)):
            for rows in self._rows(x):
                y[rows] += w * self._apply(self.network(t * x[rows]), x[rows])
        return y

    @cached_property
    def integral(self) -> dict[str, np.ndarray]:
        """Loss, y and the gradients by the parameters."""
        p, x = self._problem, self._arrays["x"]
        y = self.integrate(x)
        rest = y - self._arrays["target"]
        out = {"loss": np.asarray((rest**2).sum() / p.B), "y": y}
        gradients = {name: np.zeros(p.shape(name)) for name in ("W0", "b0", "W1", "b1")}
        for t, w in zip(*gauss_legendre(NODES)):
            for rows in self._rows(x):
                c, h = x[rows], self.hidden(t * x[rows])
                M = h @ self._arrays["W1"].T + self._arrays["b1"]
                dM = self._pull(M, c, 2 * w / p.B * rest[rows])
                inner = (dM @ self._arrays["W1"]) * (1 - h**2)
                for name, part in (
                    ("W1", dM.T @ h),
                    ("b1", dM.sum(0)),
                    ("W0", inner.T @ (t * c)),
                    ("b0", inner.sum(0)),
                ):
                    gradients[name] += part
        return out | gradients

    def velocity(self, x: np.ndarray) -> np.ndarray:
        """``J(x)^-1 y``, y the targets."""
        p, y = self._problem, self._arrays["target"]
        if p.J == "kronecker":
            A, B = self.factors(self.network(x))
            half = np.linalg.solve(A, y.reshape(A.shape))
            return np.linalg.solve(B, half.transpose(0, 2, 1)).transpose(0, 2, 1).reshape(y.shape)
        if p.J == "kronecker_psd":
            (la, U), (lb, V) = (np.linalg.eigh(F @ F.transpose(0, 2, 1)) for F in self.factors(self.network(x)))
            inner = U.transpose(0, 2, 1) @ y.reshape(U.shape) @ V
            inner /= la[:, :, None] * lb[:, None] + EPS
            return (U @ inner @ V.transpose(0, 2, 1)).reshape(y.shape)
        out = np.empty_like(y)
        for rows in self._rows(x):
            out[rows] = np.linalg.solve(self.jacobian(x[rows]), y[rows, :, None])[:, :, 0]
        return out

    def inverse_rk4(self, steps: int) -> np.ndarray:
        """x after so many steps of the classical Runge-Kutta method."""
        if ("rk4", steps) not in self._kept:
            x, h = np.zeros_like(self._arrays["x"]), 1 / steps
            for _ in range(steps):
                x = x + runge_kutta_step(self.velocity, x, h)
            self._kept["rk4", steps] = x
        return self._kept["rk4", steps]

    @cached_property
    def inverse(self) -> np.ndarray:
        """x of the ODE, to a relative tolerance of 1e-11."""
        from scipy.integrate import solve_ivp

        shape = self._arrays["x"].shape
        solved = solve_ivp(
            lambda t, x: self.velocity(x.reshape(shape)).ravel(),
            (0, 1),
            np.zeros(self._arrays["x"].size),
            method="DOP853",
            rtol=1e-11,
            atol=1e-12,
            t_eval=[1.0],
        )
        if not solved.success:
            raise ValueError(f"the oracle's ODE failed at d = {self._problem.d}, J = {self._problem.J}")
        return solved.y[:, -1].reshape(shape)

    # -- the error --------------------------------------------------------------------------------------------------

    def measure(self, method: Method) -> str:
        """See ``Problem.measure``."""
        return "reference"

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """See ``Problem.error``. Of an integral the loss, y and the parameters' gradients; of ``inverse_rk4`` x against
        the same steps in float64, of another inverse against the solution of the ODE.
        """
        if method.computes == "integral":
            want = self.integral
        elif method.computes == "inverse_rk4":
            want = {"x": self.inverse_rk4(method.settings["steps"])}
        else:
            want = {"x": self.inverse}
        if missing := [name for name in want if name not in arrays]:
            raise ValueError(f"results named {sorted(arrays)}; missing: {', '.join(missing)}")
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
        if method.computes == "integral" or self._problem.d > DENSE_LIMIT:
            return {}
        x, y = np.asarray(arrays["x"], np.float64), self._arrays["target"]
        return {
            "path_error": relative_error(x - self.inverse, self.inverse),
            "round_trip": relative_error(self.integrate(x) - y, y),
        }


def runge_kutta_step(velocity: Callable[[np.ndarray], np.ndarray], x: np.ndarray, h: float) -> np.ndarray:
    """The increment of one classical Runge-Kutta step of length h."""
    k1 = velocity(x)
    k2 = velocity(x + h / 2 * k1)
    k3 = velocity(x + h / 2 * k2)
    k4 = velocity(x + h * k3)
    return h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
