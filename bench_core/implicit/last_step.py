"""The problem of the training step before this one, as far as a solver takes its answer over."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench_core.implicit.settings import MOVED


def last_step(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of the same shapes, each moved by normal numbers of ``MOVED`` times its root mean square.

    What a step changes: the weights and the slopes, of which ``(dT/du)^T`` is made, and the loss gradient v, of the
    same samples, as in training with the whole batch or with a w kept for every sample. A step along a gradient moves
    fewer directions, each further; it is the distance, a hundredth of every array, that a start from the last w stands
    on. The same numbers in every backend and at every call.
    """
    rng = np.random.default_rng(0x1A57)
    moved = {}
    for name, array in arrays.items():
        noise = rng.standard_normal(array.shape, dtype=np.float32)
        moved[name] = array + MOVED * np.sqrt(np.mean(array**2)) * noise
    return moved
