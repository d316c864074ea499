"""Constants of the family that its problem, kernels, formulas and oracle share, and when its solvers stop."""

from __future__ import annotations

from dataclasses import dataclass

MAPS = ("random", "symmetric", "rotation", "conv")
SIDE = 8  # pixels along an image's edge
# What the best rate of convergence of the powers of dT/du is, in units of gamma: what the iterations are guessed from.
RATES = {"random": 0.55, "symmetric": 1.0, "rotation": 1.0, "conv": 0.9}
MOST = 3000  # iterations after which a method has not converged
WINDOW = 5  # pairs that Anderson acceleration keeps
KEPT = 30  # pairs that Broyden's method keeps, vectors of a GMRES cycle, ours and the libraries'
DIVERGED = 1e12  # relative residual at which an iterative method gives up
STALLED = 0.5  # a residual computed anew that has not fallen to this part of the last one has met its precision
LOST = 8.0  # eps of a vector's size: what is left of it below that, where parts of it are taken away, is rounding
MOVED = 1e-2  # by how much of its size the last training step's problem differs from this one, in every array
HELD = 0.5  # what a format rounds away of a number, in units of its eps: see ``tuning.held``

# Numbers of the samples' Jacobians that ``dense`` holds at once: on the CPU few enough for the caches and for memory
# that is taken again, shared out among torch's threads (D = 100, B = 64: 2.7 ms, with four times as many 3.8), while
# XLA factorises one after the other and gains nothing above some tens of rows (D = 10: 0.06 ms, one at a time 0.12; D =
# 32: 0.44 ms, all at once 0.60); on a GPU what keeps it busy, where nobody has measured others.
CHUNK = {"torch": {"cpu": 1 << 16, "cuda": 1 << 26}, "jax": {"cpu": 1 << 12, "cuda": 1 << 26}}


def chunk(backend: str, device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once in this framework on this device."""
    return CHUNK[backend][device]


@dataclass(frozen=True)
class Stop:
    """When an iterative method stops.

    tol   relative residual per sample, 0 < tol < 1
    most  iterations after which it has not converged, from 1

    Raises ``ValueError`` for other numbers.
    """

    tol: float
    most: int = MOST

    def __post_init__(self) -> None:
        if not 0 < self.tol < 1:
            raise ValueError(f"tol = {self.tol!r} is not a relative residual; allowed: 0 < tol < 1")
        if isinstance(self.most, bool) or not isinstance(self.most, int) or self.most < 1:
            raise ValueError(f"most = {self.most!r} is not a number of iterations; allowed: whole numbers from 1")
