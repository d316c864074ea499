"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

import numpy as np

EPS = 1e-4  # of the positive kinds, as in Lorraine and Hossain 2022
KRONECKER = ("kronecker", "kronecker_psd")
# Outputs of the network that a kernel holds at once: on the CPU what stays near the caches, on a GPU what keeps it busy
# (some four such arrays are alive, 2 GiB in float64).
CHUNK = {"cpu": 1 << 22, "cuda": 1 << 26}

STEPS = 4096  # tried by an adaptive solver, after which it gives up

Rule = tuple[np.ndarray, np.ndarray]


def chunk(device: str) -> int:
    """Outputs of the network that a kernel holds at once on this device."""
    return CHUNK[device]


def gauss_legendre(Q: int) -> Rule:
    """Nodes and weights on [0, 1]. Source: Golub and Welsch 1969."""
    nodes, weights = np.polynomial.legendre.leggauss(Q)
    return (nodes + 1) / 2, weights / 2


def trapezoid(Q: int) -> Rule:
    """Q equidistant nodes of [0, 1], both ends among them, and their weights."""
    weights = np.full(Q, 1 / (Q - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, Q), weights


RULES = {"gauss_legendre": gauss_legendre, "trapezoid": trapezoid}
