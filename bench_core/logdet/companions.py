"""What some rivals have beside the parameters: an inverse that was learned, and probes."""

from __future__ import annotations

import numpy as np

from bench_core.logdet.problem import LogdetProblem
from bench_core.masters import align
from bench_core.method import check_whole

TURNS = 30  # of the power method: within a few percent of the largest eigenvalue, from below
PENALTY = 1.0  # weight of |x - R W x|^2, which keeps R an inverse


def learned_inverse(problem: LogdetProblem, k: int, steps: int) -> np.ndarray:
    """``R_k`` (D, D) near ``W_k^-1``: so many steps of gradient descent on ``E |x - R W x|^2 / 2`` over white x, from
    0.

    ``R <- R - eta (R W - I) W^T`` with eta one over the largest eigenvalue of ``W W^T``: what is left of ``I - R W``
    after n steps is ``(1 - eta W^T W)^n``, most where W contracts most. In training R follows a W that moves; how near
    it is then is a matter of the training, here of the steps. Cost: ``steps`` products of D x D matrices. Source: the
    reconstruction loss of Keller et al. 2021, in its expectation.
    """

    check_whole("steps", steps, "number of steps")

    def compute() -> dict[str, np.ndarray]:
        W = problem.masters[f"W{k}"]
        square = W @ W.T
        eta = W.dtype.type(1 / _largest_eigenvalue(square))
        R = eta * W.T
        for _ in range(steps - 1):
            R = R - eta * (R @ square - W.T)
        return {"R": R}

    found = problem.recall(f"learned{k}_{steps}", compute, data=False)["R"]
    return align(found) if found.dtype == np.float32 else found


def signs(problem: LogdetProblem, probes: int) -> np.ndarray:
    """Probes v (probes, D) of independent signs, ``E v v^T = I``; the same for all data."""
    check_whole("probes", probes, "number of probes")
    rng = np.random.default_rng([problem.seed, 0x5169])
    return align(rng.choice(np.array([-1, 1], np.float32), (probes, problem.D)))


def _largest_eigenvalue(square: np.ndarray) -> float:
    """Of a symmetric positive matrix, by the power method."""
    v, size = np.ones(len(square), square.dtype), 1.0
    for _ in range(TURNS):
        v = square @ (v / np.linalg.norm(v))
        size = float(np.linalg.norm(v))
    return size


def deviation(off: np.ndarray) -> dict[str, float]:
    """``bias`` and ``noise`` of an estimate from how far each probe (L, n) is off: the mean, and, of several probes,
    its standard error by how far those of a layer are apart.
    """
    found = {"bias": float(off.mean())}
    if off.shape[1] > 1:
        found["noise"] = float(np.sqrt(off.var(1, ddof=1).mean() / off.size))
    return found
