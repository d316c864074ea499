"""The network and its Jacobian in NumPy: what the oracle and the search for a singular Jacobian compute with.

With ``h = tanh(W0 x + b0)``, ``M = W1 h + b1`` and r the gradient by ``y = J c``, the gradient by J is ``G = r c^T``,
and by M:

    free           G (hessian and uneven, too)
    tanh           G (1 - tanh(M)^2)
    psd            (G + G^T) M
    kronecker      with C, R the matrices of c, r: dA = R B C^T, dB = R^T A C
    kronecker_psd  the chain A (A^T C B) B^T taken back
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isqrt

import numpy as np

from bench_core.line_integral.settings import EPS, KRONECKER

HELD = 1 << 25  # outputs held at once: products with few rows each would be slow at large d


class Network:
    """``x -> J(x)`` of float64 parameters ``{"W0": (H, d), "b0": (H,), "W1": (m, H), "b1": (m,)}``."""

    def __init__(self, parameters: Mapping[str, np.ndarray], J: str):
        self.W0, self.b0, self.W1, self.b1 = (parameters[name] for name in ("W0", "b0", "W1", "b1"))
        self.J, self.d = J, self.W0.shape[1]

    def rows(self, x: np.ndarray) -> Iterator[slice]:
        """The rows of x a few at a time."""
        size = max(1, HELD // len(self.b1))
        for start in range(0, len(x), size):
            yield slice(start, start + size)

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """h of rows x, (n, H)."""
        return np.tanh(x @ self.W0.T + self.b0)

    def outputs(self, h: np.ndarray) -> np.ndarray:
        """M of hidden units h, (n, m)."""
        return h @ self.W1.T + self.b1

    def factors(self, M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A and B of the outputs (n, 2d)."""
        side = isqrt(self.d)
        A, B = np.split(M, 2, axis=1)
        return A.reshape(-1, side, side), B.reshape(-1, side, side)

    def form(self, M: np.ndarray) -> np.ndarray:
        """J of the outputs, (n, d, d)."""
        if self.J in KRONECKER:
            M = np.einsum("nij,nkl->nikjl", *self.factors(M))
        M = M.reshape(-1, self.d, self.d)
        if self.J.endswith("psd"):
            return M @ M.transpose(0, 2, 1) + EPS * np.eye(self.d)
        return np.tanh(M) if self.J == "tanh" else M

    def apply(self, M: np.ndarray, c: np.ndarray) -> np.ndarray:
        """``J c`` of the outputs M (n, m), c (n, d)."""
        if self.J in KRONECKER:
            A, B = self.factors(M)
            C = c.reshape(A.shape)
            if self.J == "kronecker_psd":
                C = A.transpose(0, 2, 1) @ C @ B
            y = (A @ C @ B.transpose(0, 2, 1)).reshape(c.shape)
            return y + EPS * c if self.J == "kronecker_psd" else y
        M = M.reshape(-1, self.d, self.d)
        if self.J == "psd":
            return np.einsum("nij,nj->ni", M, np.einsum("nij,ni->nj", M, c)) + EPS * c
        return np.einsum("nij,nj->ni", np.tanh(M) if self.J == "tanh" else M, c)

    def pull(self, M: np.ndarray, c: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Gradient of ``<J c, r>`` by the outputs, (n, m)."""
        if self.J in KRONECKER:
            return np.concatenate([part.reshape(len(M), -1) for part in self._pull_factors(M, c, r)], axis=1)
        M = M.reshape(-1, self.d, self.d)
        if self.J == "psd":
            left, right = np.einsum("nij,ni->nj", M, c), np.einsum("nij,ni->nj", M, r)
            out = r[:, :, None] * left[:, None] + c[:, :, None] * right[:, None]
        else:
            out = r[:, :, None] * c[:, None]
            if self.J == "tanh":
                out *= 1 - np.tanh(M) ** 2
        return out.reshape(len(M), -1)

    def _pull_factors(self, M: np.ndarray, c: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        A, B = self.factors(M)
        C, R = c.reshape(A.shape), r.reshape(A.shape)
        if self.J == "kronecker":
            return R @ B @ C.transpose(0, 2, 1), R.transpose(0, 2, 1) @ A @ C
        first = A.transpose(0, 2, 1) @ C
        second = first @ B
        third = A @ second
        d3 = R @ B
        d2 = A.transpose(0, 2, 1) @ d3
        d1 = d2 @ B.transpose(0, 2, 1)
        dA = d3 @ second.transpose(0, 2, 1) + C @ d1.transpose(0, 2, 1)
        return dA, R.transpose(0, 2, 1) @ third + first.transpose(0, 2, 1) @ d2

    def solve(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """``J(x)^-1 y`` of rows x and y; raises ``np.linalg.LinAlgError`` for a singular J."""
        if self.J == "kronecker":
            A, B = self.factors(self.outputs(self.hidden(x)))
            half = np.linalg.solve(A, y.reshape(A.shape))
            return np.linalg.solve(B, half.transpose(0, 2, 1)).transpose(0, 2, 1).reshape(y.shape)
        if self.J == "kronecker_psd":
            factors = self.factors(self.outputs(self.hidden(x)))
            (a, U), (b, V) = (np.linalg.eigh(F @ F.transpose(0, 2, 1)) for F in factors)
            inner = U.transpose(0, 2, 1) @ y.reshape(U.shape) @ V
            inner /= a[:, :, None] * b[:, None] + EPS
            return (U @ inner @ V.transpose(0, 2, 1)).reshape(y.shape)
        out = np.empty_like(y)
        for rows in self.rows(x):
            out[rows] = np.linalg.solve(self.form(self.outputs(self.hidden(x[rows]))), y[rows, :, None])[:, :, 0]
        return out

    def extremes(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest singular value of J at rows x, of the kinds that have an inverse."""
        M = self.outputs(self.hidden(x))
        factors = self.factors(M) if self.J in KRONECKER else (M.reshape(-1, self.d, self.d),)
        values = [np.linalg.svd(F, compute_uv=False) for F in factors]
        least, most = (np.prod([value[:, place] for value in values], axis=0) for place in (-1, 0))
        return (least**2 + EPS, most**2 + EPS) if self.J.endswith("psd") else (least, most)
