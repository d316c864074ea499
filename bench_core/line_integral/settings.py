"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre

from bench_core.method import check_whole

EPS = 1e-4  # of the positive kinds, as in Lorraine and Hossain 2022
KRONECKER = ("kronecker", "kronecker_psd")
# J is the outputs as they are; what the kinds differ in is how weights and data are drawn.
PLAIN = ("free", "hessian", "uneven")
# Outputs of the network that a kernel holds at once: on the CPU what stays near the caches, on a GPU what keeps it busy
# (some four such arrays are alive, 2 GiB in float64).
CHUNK = {"cpu": 1 << 22, "cuda": 1 << 26}
# The same of the cotangents of outputs that Newton's method takes back at once, where J is no Hessian. One Jacobian on
# two cores, float64, one vjp after the other and by 2^18 numbers, torch and JAX: d = 8, B = 64, psd 7.0 to 6.5 and 2.4
# to 2.7 ms; d = 16, B = 64, kronecker_psd 13 to 11 and 21 to 6.9; d = 30, B = 8, psd 32 to 24 and 9.1 to 7.7; d = 64, B
# = 64, kronecker_psd 95 to 112 and 107 to 56.
COTANGENTS = {"cpu": 1 << 18, "cuda": 1 << 26}

STEPS = 4096  # tried by an adaptive solver, after which it gives up
CHECKPOINTS = 24  # steps that diffrax keeps for the way back: no run of the suite takes more, see ``jax/_dopri5.py``
NEWTON_NODES = 16  # of the integral that Newton's method inverts
NEWTON = 50  # steps, taken or halved, after which a search for a root gives up

Rule = tuple[np.ndarray, np.ndarray]


def chunk(device: str, computes: str = "integral") -> int:
    """Outputs of the network, or of a root their cotangents, that a kernel holds at once on this device."""
    return (COTANGENTS if computes == "inverse_root" else CHUNK)[device]


def evaluations(J: str, Q: int) -> int:
    """How often a step of Newton's method evaluates J: at the trial's Q nodes, and for its derivative once, where that
    is J(x), or again at Q nodes, for vjps.
    """
    return Q + 1 if J == "hessian" else 2 * Q


def gauss_legendre(Q: int) -> Rule:
    """Nodes and weights on [0, 1]. Source: Golub and Welsch 1969."""
    check_whole("Q", Q, "number of nodes")
    nodes, weights = legendre.leggauss(Q)
    return (nodes + 1) / 2, weights / 2


def trapezoid(Q: int) -> Rule:
    """Q equidistant nodes of [0, 1], both ends among them, and their weights."""
    check_whole("Q", Q, "number of nodes", 2)
    weights = np.full(Q, 1 / (Q - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, Q), weights


def gauss_kronrod(Q: int) -> Rule:
    """Q = 2n + 1 nodes and weights on [0, 1]: those of Gauss with n nodes, and n + 1 between and around them.

    The new nodes are the roots of E of degree n + 1 with ``int P_n E x^k = 0`` for k up to n (Stieltjes's polynomial);
    the weights integrate every polynomial of degree 2n, and by the choice of the nodes of degree 3n + 1, exactly.
    Source: Kronrod 1965.
    """
    if check_whole("Q", Q, "number of nodes", 3) % 2 == 0:
        raise ValueError(f"Q = {Q!r} is not a number of nodes; allowed: odd numbers from 3")
    n = Q // 2
    x, w = legendre.leggauss(2 * Q)
    values = legendre.legvander(x, n + 1)
    # E = P_{n+1} + sum_j e_j P_j, orthogonal to P_n P_k for every k up to n.
    against = (w * values[:, n])[:, None] * values
    products = against[:, : n + 1].T @ values
    parts = np.linalg.solve(products[:, : n + 1], -products[:, n + 1])
    nodes = np.sort(np.concatenate([legendre.leggauss(n)[0], legendre.legroots([*parts, 1.0]).real]))
    moments = np.zeros(Q)
    moments[0] = 2
    weights = np.linalg.solve(legendre.legvander(nodes, Q - 1).T, moments)
    return (nodes + 1) / 2, weights / 2


def embedded(Q: int) -> Rule:
    """The rule of Gauss that ``gauss_kronrod`` holds, at all its nodes: every other weight is 0."""
    nodes, weights = gauss_kronrod(Q)[0], np.zeros(Q)
    weights[1::2] = gauss_legendre(Q // 2)[1]
    return nodes, weights


RULES = {
    "gauss_legendre": gauss_legendre,
    "gauss_kronrod": gauss_kronrod,
    "embedded": embedded,
    "trapezoid": trapezoid,
}

# Dormand and Prince's step for an integrand that does not depend on y: where it is evaluated, its weights, and by how
# much they differ from those of order 4. The second of its stages has no weight then, the last two are at one place.
DOPRI5_NODES = np.array([0, 3 / 10, 4 / 5, 8 / 9, 1])
DOPRI5_WEIGHTS = np.array([35 / 384, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84])
DOPRI5_ERRORS = DOPRI5_WEIGHTS - np.array([5179 / 57600, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100 + 1 / 40])
