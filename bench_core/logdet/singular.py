"""A weight that has no inverse: said in one line that names the layer, by kernels and by the oracle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench_core.held import Held


class SingularWeight(ValueError):
    """log|det W| of a layer is minus infinity, and has no gradient."""

    def __init__(self, name: str):
        super().__init__(f"{name} is singular: its log|det| is not finite and has no gradient")


def factorise(W: np.ndarray, name: str, eps: float = float(np.finfo(np.float64).eps)) -> tuple[np.ndarray, np.ndarray]:
    """LU of W (D, D) in float64 with partial pivoting, as ``scipy.linalg.lu_solve`` takes it.

    Raises :class:`SingularWeight` where W is singular to numbers of this ``eps``: its reciprocal condition number
    (LAPACK's estimate, in the 1-norm) is D eps at most. Cost: (2/3) D^3 FLOPs.
    """
    from scipy.linalg import get_lapack_funcs

    getrf, gecon = get_lapack_funcs(("getrf", "gecon"), dtype=np.float64)
    W = np.asarray(W, np.float64)
    packed, pivots, zero = getrf(W)
    if zero or not gecon(packed, np.abs(W).sum(0).max())[0] > len(W) * eps:
        raise SingularWeight(name)
    return packed, pivots


def solve_transposed(W: np.ndarray, v: np.ndarray, name: str) -> np.ndarray:
    """``W^-T v`` in float64; raises :class:`SingularWeight`."""
    from scipy.linalg import lu_solve

    return lu_solve(factorise(W, name), v, trans=1)


def logabsdet(W: np.ndarray | Held, name: str) -> float:
    """log|det W| in float64, of a W on its device there; raises :class:`SingularWeight` where it is not finite."""
    value = W.logabsdet() if isinstance(W, Held) else float(np.linalg.slogdet(W.astype(np.float64))[1])
    if not np.isfinite(value):
        raise SingularWeight(name)
    return value


def find_singular(weights: Mapping[str, np.ndarray], eps: float) -> SingularWeight | None:
    """What is to be said of the first W that is singular to numbers of this ``eps``; None where none is."""
    for name, W in weights.items():
        try:
            factorise(W, name, eps)
        except SingularWeight as singular:
            return singular
    return None
