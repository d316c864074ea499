"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

from itertools import pairwise

ALPHA = 0.1  # slope of the activation where none is given
RATE = 0.1  # mu of the step that is checked: large enough that float32 sees the update
STEADY_RATE = 1e-7  # mu of the steps that are timed: thousands of them leave the parameters where they are
# What rivals compute that learn an inverse beside W: the gradient by W and b, and by the inverse.
LEARNED = ("self_normalizing", "free_form")
# mu of the checked step whose inverse is carried: with RATE it leads near a singular W wherever 1 + 1 / mu is close to
# an eigenvalue of the batch's Y Y^T / B, as at B = 100 and D of some hundreds.
TRACKED_RATE = 0.01

# Numbers of the samples' Jacobians that a kernel holds at once: on the CPU what the caches hold, on a GPU what keeps it
# busy.
CHUNK = {"cpu": 1 << 20, "cuda": 1 << 26}

# Triangular factors are multiplied in blocks of rows, of at least so many and at most MOST_BLOCKS of them: a dense
# product of the whole takes twice the operations, one of few rows runs slower than they save. ``lu_layer`` on two
# cores, one layer, B = 100, torch: at D = 1,000 4.1 ms in four blocks, 4.4 in seven, 5.5 with dense factors; at D =
# 3,000 32 ms in eight, 51 with dense factors. JAX: 2.4 ms in four, 3.4 in eight; 23 ms in eight, 26 in two.
LEAST_ROWS, MOST_BLOCKS = 250, 8


def rate(computes: str) -> float:
    """mu of the step that is checked, of the methods that take one."""
    return TRACKED_RATE if computes == "tracked" else RATE


def chunk(device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once on this device."""
    return CHUNK[device]


def blocks(D: int) -> list[tuple[int, int]]:
    """First and last row (exclusive) of the blocks of a triangular factor."""
    number = max(1, min(MOST_BLOCKS, D // LEAST_ROWS))
    edges = [round(D * i / number) for i in range(number + 1)]
    return list(pairwise(edges))
