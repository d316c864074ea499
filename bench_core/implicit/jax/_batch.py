"""What the iterative methods share: per-sample numbers, and when a sample is done."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.settings import DIVERGED


class Solution(NamedTuple):
    """``w`` (B, D); ``iterations`` (B,) and ``residual`` (B,), the last one each sample saw, None where there are
    none.
    """

    w: Array
    iterations: Array | None = None
    residual: Array | None = None


def dot(a: Array, b: Array, whole: bool = False) -> Array:
    """Inner product of each row, (B, 1); of the batch as one vector if ``whole``."""
    return jnp.broadcast_to((a * b).sum(None if whole else 1, keepdims=True), (len(a), 1))


def norm(x: Array, whole: bool = False) -> Array:
    """2-norm of each row, (B, 1); of the batch as one vector if ``whole``."""
    return jnp.sqrt(dot(x, x, whole))


def divide(a: Array, b: Array) -> Array:
    """``a / b``, 0 where b is 0."""
    return jnp.where(b == 0, 0, a / jnp.where(b == 0, 1, b))


class Progress(NamedTuple):
    """Which samples go on, and what they have reached; a value, carried through a loop.

    A sample is frozen as soon as its own relative residual is at most ``tol``, or has diverged, or is no number.
    ``size`` is what residuals are relative to, (B, 1); where it is 0, the residual is 0.
    """

    size: Array
    residual: Array
    iterations: Array
    active: Array

    @staticmethod
    def of(size: Array) -> Progress:
        residual = jnp.where(size == 0, 0, jnp.full_like(size, jnp.inf))
        return Progress(jnp.where(size == 0, 1, size), residual, jnp.zeros(len(size), jnp.int32), size != 0)

    def update(self, norm: Array, tol: float) -> Progress:
        """With the residuals' norms (B, 1) after one iteration more."""
        residual = jnp.where(self.active, norm / self.size, self.residual)
        active = self.active & (residual > tol) & (residual < DIVERGED)
        return Progress(self.size, residual, self.iterations + self.active[:, 0], active)

    def keep(self, moving: Array) -> Array:
        """``moving`` with zeros for the samples that are frozen."""
        return jnp.where(self.active, moving, 0)

    def goes_on(self, most: int) -> Array:
        """Whether any sample is left and may take an iteration more."""
        return self.active.any() & (self.iterations.max() < most)

    def end(self, w: Array) -> Solution:
        return Solution(w, self.iterations, self.residual[:, 0])
