"""Densities in the plane, as pictures show them: two half circles, a mixture, rings, a chessboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.studies.logdet_training import draw_moons
from benchmarks.studies.score_training import draw_mixture

NOISE = 0.08


def draw_rings(count: int, seed: int) -> np.ndarray:
    """Samples (count, 2) of two circles of radius 1 and 2.2, as many for each length, with noise."""
    rng = np.random.default_rng(seed)
    radii = np.where(rng.random(count) < 1 / 3.2, 1.0, 2.2)
    angles = 2 * np.pi * rng.random(count)
    points = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return points + NOISE * rng.standard_normal((count, 2))


def draw_chessboard(count: int, seed: int) -> np.ndarray:
    """Samples (count, 2) of the eight black fields of a board of 4 x 4 on [-2.4, 2.4]^2."""
    rng = np.random.default_rng(seed)
    row = rng.integers(4, size=count)
    column = 2 * rng.integers(2, size=count) + row % 2
    return 1.2 * (np.stack([column, row], axis=1) - 2 + rng.random((count, 2)))


# All within LIMIT of the origin in either coordinate, but for the tails.
DRAWS: Mapping[str, Callable[[int, int], np.ndarray]] = {
    "moons": draw_moons,
    "mixture": draw_mixture,
    "rings": draw_rings,
    "chessboard": draw_chessboard,
}
LIMIT = 3.0
DATA = tuple(DRAWS)
