"""An array on its device, read where it is: to copy gigabytes out takes longer than the call that made them, and a
float64 product or LU of a large one on the host longer still.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FROM = 1 << 20  # numbers from which an array is left where it is; smaller ones are compared entry by entry anyway


class Held:
    """An array (n, m) of a backend, to be asked about: its products in float64 by blocks of rows, whether its numbers
    are finite, whether they are those of another one. ``np.asarray`` copies all of it out.

    ``backend`` is the module ``bench_core.backends.<name>`` that the array is from.
    """

    def __init__(self, array: Any, backend: Any):
        self.array, self._backend = array, backend

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        out = self._backend.to_numpy(self.array)
        if dtype is not None and dtype != out.dtype:
            return out.astype(dtype)
        return out.copy() if copy else out  # NumPy takes what it has asked to be a copy for one

    def is_finite(self) -> bool:
        return self._backend.is_finite(self.array)

    def times_transposed(self, left: np.ndarray) -> np.ndarray:
        """``left A^T`` (k, n) in float64, for left (k, m)."""
        return self._backend.times_transposed(left, self.array)

    def times(self, left: np.ndarray) -> np.ndarray:
        """``left A`` (k, m) in float64, for left (k, n)."""
        return self._backend.times(left, self.array)

    def logabsdet(self) -> float:
        """log|det A| by an LU in float64."""
        return self._backend.logabsdet(self.array)

    def copy(self) -> Held | np.ndarray:
        """The same numbers in memory of their own, on the same device or, where that has no room, on the host."""
        try:
            return Held(self._backend.clone(self.array), self._backend)
        except RuntimeError:
            return np.array(self)

    def equals(self, other: Held) -> bool:
        return self._backend.equal(self.array, other.array)

    def any(self) -> bool:
        """Whether a number is not zero."""
        return self._backend.any_nonzero(self.array)


def is_finite(array: Any) -> bool:
    """Whether all numbers are finite, of a NumPy array or of one on a device."""
    return array.is_finite() if isinstance(array, Held) else bool(np.isfinite(array).all())
