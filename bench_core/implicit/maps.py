"""The maps T in NumPy, as the problem and its oracle need them: convolutions, and where a fixed point is."""

from __future__ import annotations

import numpy as np

from bench_core.implicit.settings import SIDE
from bench_core.masters import times_transposed


def input_of(maps: dict[str, np.ndarray], u: np.ndarray, gamma: float) -> np.ndarray:
    """The d for which u is the fixed point."""
    if "A" in maps:
        return np.arctanh(u) - times_transposed(u, maps["A"])
    inner = convolve(maps["K1"].astype(np.float64), u)
    return u - gamma / 2 * (u + convolve(maps["K2"].astype(np.float64), np.tanh(inner)))


def find_fixed_point(A: np.ndarray, d: np.ndarray, most: int = 10_000) -> np.ndarray:
    """The fixed point of ``tanh(A u + d)`` by Picard iteration to 1e-12; ``ValueError`` where none is in sight."""
    u = np.tanh(d)
    for _ in range(most):
        new = np.tanh(u @ A.T + d)
        change = np.abs(new - u).max()
        u = new
        if change <= 1e-12:
            return u
    norm = np.linalg.norm(A, 2)
    raise ValueError(
        f"T has 2-norm {norm:.3g} and u still changes by {change:.1e} after {most} iterations; "
        "allowed: contractive maps, or a fixed point u"
    )


def _images(x: np.ndarray) -> np.ndarray:
    """(n, C 8 8) as (n, C, 8, 8)."""
    return x.reshape(len(x), -1, SIDE, SIDE)


def _shifted(x: np.ndarray) -> np.ndarray:
    """(n, C, 8, 8) as its nine shifts with zeros around, (3, 3, n, C, 8, 8)."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.stack([[padded[:, :, i : i + SIDE, j : j + SIDE] for j in range(3)] for i in range(3)])


def convolve(K: np.ndarray, x: np.ndarray) -> np.ndarray:
    """``K * x`` with zeros around (cross-correlation, as in both frameworks), rows in, rows out."""
    return np.einsum("ocij,ijncyx->noyx", K, _shifted(_images(x)), optimize=True).reshape(len(x), -1)


def correlate(K: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The transpose of ``convolve``."""
    return convolve(K[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), y)


def kernel_gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient of ``<y, K * x>`` by K."""
    return np.einsum("noyx,ijncyx->ocij", _images(y), _shifted(_images(x)), optimize=True)
