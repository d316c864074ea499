"""Constants of the family that its problem, kernels, formulas and oracle share, and when its solvers stop."""

from __future__ import annotations

from dataclasses import dataclass

from bench_core.method import check_share, check_whole

MAPS = ("random", "symmetric", "rotation", "conv")
SIDE = 8  # pixels along an image's edge
# What the best rate of convergence of the powers of dT/du is, in units of gamma: what the iterations are guessed from.
RATES = {"random": 0.55, "symmetric": 1.0, "rotation": 1.0, "conv": 0.9}
MOST = 3000  # iterations after which a method has not converged
# Pairs that Anderson acceleration and Broyden's method keep where nothing else is said. With five the latter takes 0.29
# to 0.70 of the time with 30 where twenty products are enough, which are as many for both (torch and JAX, random A, D =
# 32 to 1,000, two AMD cores of family 25 model 1); where 62 are (symmetric A, gamma = 0.99) 96, in 0.4 of the time at
# D = 320. With ten it is 0.32 to 0.80, and 63 products.
WINDOW = 5
KEPT = 30  # pairs of the forward solve that SHINE has, vectors a GMRES cycle, ours and the libraries'
DIVERGED = 1e12  # relative residual at which an iterative method gives up
STALLED = 0.5  # a residual computed anew that has not fallen to this part of the last one has met its precision
ROUNDING = 8.0  # eps of a vector's size: what is left of it below that, where parts of it are taken away, is rounding
# Of a product's norm: where Gram-Schmidt leaves less of it, what is left has lost digits, and JAX's GMRES goes over it
# once more (Daniel, Gragg, Kaufman and Stewart 1976, whose criterion it is). Torch's is modified, and needs none.
CANCELLED = 0.5
FALLBACK = 1.3  # times |v|: a w of SHINE's that is longer is a bad factor's, and v stands for it (Ramzi et al. 2022)
MOVED = 1e-2  # by how much of its size the last training step's problem differs from this one, in every array
HELD = 0.5  # what a format rounds away of a number, in units of its eps: see ``tuning.held``

# Numbers of the samples' Jacobians that ``dense`` holds at once: on the CPU few enough for the caches and for memory
# that is taken again, shared out among torch's threads (D = 100, B = 64: 2.7 ms, with four times as many 3.8), while
# XLA factorises one after the other and gains nothing above some tens of rows (D = 10: 0.06 ms, one at a time 0.12; D =
# 32: 0.44 ms, all at once 0.60); on a GPU what keeps it busy, where nobody has measured others.
CHUNK = {"torch": {"cpu": 1 << 16, "cuda": 1 << 26}, "jax": {"cpu": 1 << 12, "cuda": 1 << 26}}

# Vectors that JAX's GMRES makes the next one orthogonal to at once, by one product instead of one after the other. With
# four, and no scatters, it takes 0.75 to 0.86 of its time before on two AMD cores at D = 320, B = 64, 0.82 at D = 32,
# 0.89 for one sample and 0.99 at D = 1,000. Of other numbers nothing is on record, nor of a GPU, which has the CPU's.
BLOCK = {"cpu": 4, "cuda": 4}


def chunk(backend: str, device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once in this framework on this device."""
    return CHUNK[backend][device]


def block(device: str) -> int:
    """Vectors that JAX's GMRES makes the next one orthogonal to at once on this device."""
    return BLOCK[device]


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
        check_share("tol", self.tol, "relative residual")
        check_whole("most", self.most, "number of iterations")
