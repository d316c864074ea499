"""A linear system of the backward pass that has no solution: said in one line, which names the sample."""

from __future__ import annotations

import numpy as np


class SingularJacobian(ValueError):
    """``J = I - dT/du`` of one sample has no inverse."""

    def __init__(self, sample: int):
        super().__init__(
            f"J = I - dT/du of sample {sample} is singular; allowed: maps without an eigenvalue 1 of dT/du"
        )


def is_singular(J: np.ndarray, epsilon: float) -> bool:
    """Whether J (D, D) of finite numbers has no inverse as far as numbers of this ``epsilon`` tell."""
    size = np.linalg.svd(J.astype(np.float64), compute_uv=False)
    return bool(size[-1] <= len(J) * epsilon * size[0])
