"""``W = P L U`` of every weight: what a layer holds whose parameters are triangular factors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench_core.logdet.singular import SingularWeight
from bench_core.masters import align


class Factors:
    """The factors of weights, L unit lower triangular and U upper, by an LU in float64 with partial pivoting.

    masters   ``{"W0": (D, D), ...}``, packed as LAPACK does: L below the diagonal, U on it and above. They are the
              layer's parameters, and as such rounded as the weights are; ``P L U`` is W but for that rounding
    orders    ``{"W0": (2, D), ...}``: the columns of ``v`` in the order of ``v P^T``, and the way back

    Raises ``SingularWeight`` for a W with a pivot of 0: the layer's gradient has its reciprocal.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        from scipy.linalg import get_lapack_funcs

        (getrf,) = get_lapack_funcs(("getrf",), dtype=np.float64)
        self.masters: dict[str, np.ndarray] = {}
        self.orders: dict[str, np.ndarray] = {}
        for name, W in weights.items():
            packed, pivots, zero = getrf(W.astype(np.float64), overwrite_a=True)
            if zero:
                raise SingularWeight(name)
            self.masters[name] = align(packed) if W.dtype == np.float32 else packed
            self.orders[name] = _order(pivots)


def _order(pivots: np.ndarray) -> np.ndarray:
    """Row i of W is row ``order[0, i]`` of L U, and row i of L U row ``order[1, i]`` of W."""
    rows = np.arange(len(pivots))
    for row, other in enumerate(pivots):
        rows[[row, other]] = rows[[other, row]]
    return np.stack([np.argsort(rows), rows])
