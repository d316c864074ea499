"""The shape of a curve: a sum of known terms with weights that are not negative, and what is left beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from ._check import check_times

# The solver gives up at three times the terms; nearly equal terms take a few more.
_ITERATIONS = 500


def fit_shape(terms: np.ndarray, values: Any) -> np.ndarray:
    """Weights w >= 0 (terms,) that make `terms` (points, terms) @ w the values (points,), by least relative squares.

    min sum ((terms @ w) / values - 1)^2: a small value counts as much as a large one, and with terms that are costs
    (a call's floor, operations, bytes) no weight pays another back. Units: values over terms.

    Raises ValueError for values that are not positive and finite, or not one for each row of terms.
    """
    known = check_times("values", values)
    if len(terms) != known.size:
        raise ValueError(f"values must be one for each row of terms, got {known.size} for {len(terms)}")
    # Terms of like size: FLOPs beside ones would be all rounding.
    scale = np.maximum(np.max(np.abs(terms), axis=0), np.finfo(float).tiny)
    weights, _ = nnls(terms / scale / known[:, None], np.ones(known.size), maxiter=_ITERATIONS)
    return weights / scale


def follow_shape(sizes: Any, logs: np.ndarray, shape: np.ndarray, at: np.ndarray, shape_at: np.ndarray) -> np.ndarray:
    """Log values at sizes `at` from known `logs` at increasing `sizes`, along a shape (its logs at both).

    The shape, plus the distance of the known values from it: a straight line in log size between two neighbours, and
    that of the last one beyond the ends. The known values are met exactly.
    """
    return shape_at + np.interp(np.log(at), np.log(sizes), logs - shape)


def interpolate_powers(sizes: Any, values: Any, at: np.ndarray, powers: Sequence[float]) -> np.ndarray:
    """Positive values at sizes `at`, along the sum of powers of the size that fits the known ones best.

    Exact where the values are such a sum with weights that are not negative, as a count of operations is; else as
    `follow_shape` has it.
    """
    known, at = np.asarray(sizes, dtype=float), np.asarray(at, dtype=float)
    largest = known.max()
    terms, terms_at = ((grid[:, None] / largest) ** np.asarray(powers) for grid in (known, at))
    weights = fit_shape(terms, values)
    return np.exp(follow_shape(known, np.log(values), np.log(terms @ weights), at, np.log(terms_at @ weights)))
