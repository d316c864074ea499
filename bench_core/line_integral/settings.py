"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

import numpy as np

EPS = 1e-4  # of the positive kinds, as in Lorraine and Hossain 2022
KRONECKER = ("kronecker", "kronecker_psd")
CHUNK = 1 << 22  # outputs of the network that a kernel holds at once


def gauss_legendre(Q: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [0, 1]. Source: Golub and Welsch 1969."""
    nodes, weights = np.polynomial.legendre.leggauss(Q)
    return (nodes + 1) / 2, weights / 2
