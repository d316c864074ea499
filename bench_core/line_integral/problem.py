"""A function given as the line integral of a network that is its Jacobian: sizes, weights and data.

Model (Lorraine and Hossain 2022, sections 3 and 4): ``y(x) = int_0^1 J(t x) x dt`` (the path starts at x0 = 0, where
y0 = 0: a shift of the data), and the loss ``mean |y(x) - target|^2``. The network has one hidden layer of H units,
``M(x) = W1 tanh(W0 x + b0) + b1``, and J is made of its outputs:

- *free*           ``J = M``, d x d;
- *tanh*           ``J = tanh(M)``, entry by entry: every slope in [-1, 1];
- *psd*            ``J = M M^T + eps I``: invertible;
- *kronecker*      ``J = A (x) B`` with the factors A, B of sqrt(d) x sqrt(d), 2 d outputs instead of d^2;
- *kronecker_psd*  ``J = (A (x) B) (A (x) B)^T + eps I``;
- *hessian*        ``J = M``, drawn as ``M(x) = I + W0^T diag(q tanh(W0 x + b0)) W0``: J is the Hessian of a potential,
  to rounding in float32, so that the integral does not depend on the path, and the inverse below is one; no eigenvalue
  of it is below 1 - STEEPEST anywhere;
- *uneven*         ``J = M``, and the last sample's path is FAR times as long as the others': one hard one among them.

M of *psd* and the factors A, B vary about the identity, with condition numbers of a few: the inverse at d = 1,024 is
then a question of cost and not of stiffness. eps = 1e-4 as in the paper.

The inverse of y solves ``dx/dt = J(x)^-1 y``, x(0) = 0, to t = 1. For d > 1 it is the inverse of the line integral only
where J is the Jacobian of something: otherwise the result depends on the path.
"""

from __future__ import annotations

from math import isqrt
from typing import Any, Self

import numpy as np

from bench_core.line_integral.settings import KRONECKER, PLAIN
from bench_core.masters import adopt, align, normal, take
from bench_core.method import Method, check_choice, check_seed, check_size
from bench_core.precision import FINE
from bench_core.problem import Problem

JACOBIANS = ("free", "tanh", "psd", "kronecker", "kronecker_psd", "hessian", "uneven")
SPREAD = 0.25  # of the factors about the identity: singular at four standard deviations, even of a 1 x 1 factor
FAR = 4  # times the length of the others' paths
STEEPEST = 0.9  # how far a *hessian* J may vary about the identity, in its spectral norm


class LineIntegralProblem(Problem):
    """Seeded parameters and data at one size.

    d, B, H   dimension (a square number for the kronecker kinds), batch size, width of the hidden layer
    J         what the Jacobian is made of: ``free``, ``tanh``, ``psd``, ``kronecker``, ``kronecker_psd``,
              ``hessian``, ``uneven``
    arrays    ``{"x", "target": (B, d), "W0": (H, d), "b0": (H,), "W1": (m, H), "b1": (m,)}`` as float64, m = d^2
              outputs in row-major order, or A and then B
    """

    family = "line_integral"
    data = ("x", "target")
    dtypes = FINE

    def __init__(self, d: int = 4, B: int = 64, H: int = 64, J: str = "psd", seed: int = 0):
        self.d, self.B, self.H = check_size("d", d), check_size("B", B), check_size("H", H)
        self.J = check_choice("Jacobian J", J, JACOBIANS)
        self.seed = check_seed(seed)
        if J in KRONECKER and isqrt(d) ** 2 != d:
            raise ValueError(f"d = {d!r} with J = {J!r} has no square factors; allowed: square numbers")

    @classmethod
    def from_arrays(cls, x: Any, target: Any, W0: Any, b0: Any, W1: Any, b1: Any, J: str) -> LineIntegralProblem:
        """The same question about your own network: x, target (B, d), W0 (H, d), b0 (H,), W1 (m, H), b1 (m,).

        All are taken by value. Raises ``ValueError`` for shapes that do not fit and for numbers that are not finite.
        """
        given = {"x": x, "target": target, "W0": W0, "b0": b0, "W1": W1, "b1": b1}
        given = {name: take(name, array) for name, array in given.items()}
        for name in ("x", "W0"):
            if given[name].ndim != 2 or 0 in given[name].shape:
                raise ValueError(f"{name} has shape {given[name].shape}; allowed: two sizes from 1")
        problem = cls(d=given["x"].shape[1], B=len(given["x"]), H=len(given["W0"]), J=J)
        problem.masters = adopt(given, problem.shape)
        return problem

    @property
    def sizes(self) -> dict[str, Any]:
        return {"d": self.d, "B": self.B, "H": self.H, "J": self.J}

    @property
    def outputs(self) -> int:
        """Outputs m of the network."""
        return 2 * self.d if self.J in KRONECKER else self.d**2

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""
        return {
            "W0": (self.H, self.d),
            "b0": (self.H,),
            "W1": (self.outputs, self.H),
            "b1": (self.outputs,),
        }.get(name, (self.B, self.d))

    def draw(self) -> dict[str, np.ndarray]:
        d, H = self.d, self.H
        streams = np.random.SeedSequence(self.seed).spawn(6)
        out = {
            "x": normal((self.B, d), streams[0]),
            "target": normal((self.B, d), streams[1]),
            "W0": normal((H, d), streams[2], 1 / np.sqrt(d)),
            "b0": normal((H,), streams[3], 0.5),
        }
        side = isqrt(d) if self.J in KRONECKER else d
        varied = self.J in ("psd", *KRONECKER)
        if self.J == "uneven":
            out["x"][-1] *= np.float32(FAR)
        eye = np.eye(side, dtype=np.float32).ravel()
        if self.J == "hessian":
            # |W0^T W0| is about (1 + sqrt(H / d))^2: with q of that scale J varies by half of itself.
            q = normal((H,), streams[4], 0.5 / (1 + np.sqrt(H / d)) ** 2)
            q *= np.float32(min(1.0, STEEPEST / _bound_variation(out["W0"], q)))
            # The pairs first: symmetric to the last bit, as Cholesky takes J to be.
            pairs = out["W0"].T[:, None] * out["W0"].T
            out["W1"] = align((pairs * q).reshape(d * d, H))
            out["b1"] = align(eye)
            return out
        scale = {"tanh": 1.0}.get(self.J, 1 / np.sqrt(d) if self.J in PLAIN else SPREAD / np.sqrt(side)) / np.sqrt(H)
        out["W1"] = normal((self.outputs, H), streams[4], scale)
        if varied:
            out["b1"] = align(np.tile(eye, 2) if self.J in KRONECKER else eye)
        else:
            out["b1"] = normal((self.outputs,), streams[5], 0.5 / np.sqrt(d))
        return out

    def unseen(self) -> Self:
        """See ``Problem.unseen``; of *uneven* samples no entry changes its place, or the hard one would be none."""
        if self.J != "uneven":
            return super().unseen()
        return self.with_data({name: -self.masters[name] for name in self.data})

    def guess_iterations(self, method: Method) -> int:
        """How many evaluations of J an adaptive method may take: some ten steps of six."""
        return 60

    def tolerance(self, method: Method, dtype: str) -> float:
        """See ``Problem.tolerance``; of an adaptive method that of its steps, ``tol``."""
        return method.settings["tol"] if method.iterative else method.tolerance(dtype)

    def quality(self, arrays: dict[str, np.ndarray], method: Method) -> dict[str, float]:
        """What else there is to say, of an inverse x for d up to 256, of an integral where its samples differ:

        sample_error largest ``|y - y*| / (sqrt(d) + |y*|)`` of a sample, where J is *uneven*: y* is the true y, and its
                     size with the root of d what a relative and absolute tolerance of entries is in units of
        hard_error   the same of the last sample, the hard one: of a method that controls every sample's own steps what
                     it errs alone
        estimate     the same by the rule's own estimate, where it has one
        path_error   relative error against the solution of the ODE
        round_trip   ``|y(x) - y| / |y|``: what is left where J is not the Jacobian of anything; absent where the
                     integral to x does not converge

        Raises ``SingularJacobian`` where the ODE has no solution.
        """
        return self.oracle.quality(arrays, method)


def _bound_variation(W0: np.ndarray, q: np.ndarray) -> float:
    """The spectral norm of ``W0^T diag(|q|) W0``, which ``W0^T diag(q tanh(.)) W0`` does not exceed anywhere."""
    rooted = np.sqrt(np.abs(q))[:, None] * W0
    return float(np.linalg.norm(rooted, 2)) ** 2
