"""What the iterative methods share: per-sample numbers, and when a sample is done."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.settings import DIVERGED, STALLED, Stop
from bench_core.implicit.tuning import held


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


def divide(a: Array, b: Array) -> Array:
    """``a / b``, 0 where b is 0."""
    return jnp.where(b == 0, 0, a / jnp.where(b == 0, 1, b))


class Progress(NamedTuple):
    """Which samples go on, and what they have reached; a value, carried through a loop.

    A sample is frozen as soon as its own relative residual is at most ``stop.tol``, or within what its format holds of
    that and falls no more, or has diverged, or is no number; if ``whole`` none is before all are. ``size`` is what
    residuals are relative to, (B, 1); where it is 0, the residual is 0.
    """

    size: Array
    residual: Array
    iterations: Array
    checked: Array
    active: Array

    @staticmethod
    def of(size: Array, whole: bool = False) -> Progress:
        endless = jnp.full_like(size, jnp.inf)
        active = _together(size != 0, whole)
        iterations = jnp.zeros(len(size), jnp.int32)
        return Progress(jnp.where(size == 0, 1, size), jnp.where(size == 0, 0, endless), iterations, endless, active)

    def goes_on(self, stop: Stop) -> Array:
        """Whether any sample is left and may take an iteration more."""
        return self.active.any() & (self.iterations.max() < stop.most)

    def update(
        self,
        norm: Array,
        stop: Stop,
        own: Array | float | None = None,
        image: Array | None = None,
        whole: bool = False,
    ) -> Progress:
        """With the residuals' norms (B, 1) after one iteration more; ``own``: the norms of the w that they are of, and
        not of a recurrence; ``image``: what they are relative to, where that is not ``size``.
        """
        size = self.size if image is None else jnp.where(image == 0, 1, image)  # of 0 the residual is to be 0
        residual = jnp.where(self.active, norm / size, self.residual)
        active = self.active & self._falls_short(residual, stop, whole, own)
        iterations = self.iterations + self.active[:, 0]
        return self._replace(residual=residual, iterations=iterations, active=active)

    def check(self, residual: Array, stop: Stop, whole: bool = False) -> Progress:
        """With the residuals (B, D), computed anew and not by a recurrence: a sample goes on again where its own falls
        short, unless its recurrence was done and it has hardly fallen since the last one computed anew: its precision
        ends there.
        """
        found = norm(residual) / self.size
        fallen = self.active | (found < STALLED * self.checked)
        active = self._falls_short(found, stop, whole) & _together(fallen, whole)
        return self._replace(residual=found, checked=found, active=active)

    def keep(self, moving: Array) -> Array:
        """``moving`` with zeros for the samples that are frozen."""
        return jnp.where(self.active, moving, 0)

    def end(self, w: Array) -> Solution:
        return Solution(w, self.iterations, self.residual[:, 0])

    def _falls_short(self, residual: Array, stop: Stop, whole: bool, own: Array | float | None = None) -> Array:
        short, sane = residual > stop.tol, residual < DIVERGED
        if own is not None:
            short &= (residual < self.residual) | (residual > stop.tol + allowance(own, self.size))
        return jnp.broadcast_to(short.any() & sane.all(), short.shape) if whole else short & sane


def allowance(own: Array | float, size: Array) -> Array:
    """What the residual of a w of this norm may be above the tolerance, relative to ``size``: what its format holds."""
    return held(float(jnp.finfo(size.dtype).eps)) * jnp.maximum(own / size, 1)


def norm(x: Array) -> Array:
    """2-norm of each row, (B, 1)."""
    return jnp.sqrt(dot(x, x))


def _together(active: Array, whole: bool) -> Array:
    return jnp.broadcast_to(active.any(), active.shape) if whole else active
