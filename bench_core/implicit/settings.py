"""Constants of the family that its problem, kernels, formulas and oracle share."""

from __future__ import annotations

MAPS = ("random", "symmetric", "rotation", "conv")
SIDE = 8  # pixels along an image's edge
# What the best rate of convergence of the powers of dT/du is, in units of gamma: what the iterations are guessed from.
RATES = {"random": 0.55, "symmetric": 1.0, "rotation": 1.0, "conv": 0.9}
MOST = 3000  # iterations after which a method has not converged
WINDOW = 5  # pairs that Anderson acceleration keeps
KEPT = 30  # pairs that Broyden's method keeps, vectors of a GMRES cycle
DIVERGED = 1e12  # relative residual at which an iterative method gives up
# What the suite's tolerance is multiplied by to find a library's, the loosest first.
LADDER = tuple(10 ** (power / 4) for power in range(12, -17, -1))
