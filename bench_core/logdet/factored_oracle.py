"""The float64 reference of the model whose parameters are triangular factors, ``W = P L U``.

With ``H = Z U^T`` and ``Delta_V = Delta`` in the order of ``L U``, the gradients of the mean log-likelihood are

    dL = Delta_V^T H    below the diagonal
    dU = (Delta_V L)^T Z + diag(1 / U)    on it and above
    db = Delta^T 1

by plain backpropagation; ``log|det W|`` is the sum of ``log|U_ii|`` (Kingma and Dhariwal 2018, section 3.2). The
factors are the model's own numbers (see ``factors``): its W, of which the network's pass is taken anew, differs from
the problem's by their rounding. Factors are read in blocks of rows.
"""

from __future__ import annotations

import numpy as np

from bench_core import masters
from bench_core.logdet.oracle import Oracle


class FactoredOracle(Oracle):
    """As :class:`Oracle`, with products by both factors, and the packed gradient by them as the weights' one."""

    _passed = "factored pass"

    def times_transposed(self, left: np.ndarray, k: int) -> np.ndarray:
        """``left W_k^T`` for left (n, D)."""
        return self._by_triangle(self._half(left, k), k, False, True)[:, self._order(k)[0]]

    def times(self, left: np.ndarray, k: int) -> np.ndarray:
        """``left W_k`` for left (n, D)."""
        return self._by_triangle(self._middle(left, k), k, True, False)

    def bias(self, k: int, computes: str) -> np.ndarray:
        """``db_k``."""
        return self.deltas[k].sum(0)

    def _weight_times(self, k: int, computes: str) -> np.ndarray:
        z, v = self.inputs[k], self._vectors
        half, middle = self._half(z, k), self._middle(self.deltas[k], k)
        turned = self.deltas[k][:, self._order(k)[1]]
        diagonal = np.diagonal(self._problem.factors.masters[f"W{k}"]).astype(np.float64)
        out, rows = np.empty_like(v), max(1, masters.BLOCK // self._problem.D)
        for start in range(0, len(out), rows):
            here = slice(start, start + rows)
            block = np.tril(turned[:, here].T @ half, start - 1) + np.triu(middle[:, here].T @ z, start)
            out[here] = block @ v + v[here] / diagonal[here, None]
        return out

    def _half(self, z: np.ndarray, k: int) -> np.ndarray:
        """``Z U^T``."""
        return self._by_triangle(z, k, True, True)

    def _middle(self, delta: np.ndarray, k: int) -> np.ndarray:
        """``Delta_V L``."""
        return self._by_triangle(delta[:, self._order(k)[1]], k, False, False)

    def _order(self, k: int) -> np.ndarray:
        return self._problem.factors.orders[f"W{k}"]

    def _by_triangle(self, left: np.ndarray, k: int, upper: bool, transposed: bool) -> np.ndarray:
        """``left U``, ``left U^T``, ``left L`` or ``left L^T``, for left (n, D)."""
        out = np.zeros(left.shape) if upper else left.copy()  # the ones on the diagonal of L
        for rows, block in masters.blocks(self._problem.factors.masters[f"W{k}"]):
            triangle = np.triu(block, rows.start) if upper else np.tril(block, rows.start - 1)
            if transposed:
                out[:, rows] += left @ triangle.T
            else:
                out += left[:, rows] @ triangle
        return out
