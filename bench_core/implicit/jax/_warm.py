"""A solver's start from the w of the last training step, and that w."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.last_step import last_step
from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import Stop
from bench_core.implicit.tuning import Prepared


def solve_last(
    solve: Callable[..., Solution], operator: Operator[Array], v: Array, stop: Stop, settings: dict[str, Any]
) -> Prepared:
    """The last step's w (see ``last_step``) by this solver, to the same residual; ``settings`` are the method's."""
    given = operator.arrays | {"v": v}
    moved = last_step({name: np.asarray(array) for name, array in given.items()})
    placed = {name: jax.device_put(array.astype(v.dtype), next(iter(v.devices()))) for name, array in moved.items()}
    right = placed.pop("v")
    answer = jax.jit(lambda arrays, right: solve(operator.of(arrays), right, stop=stop).w)
    return Prepared({"last": answer(placed, right)}, settings)


def begin(operator: Adjoint[Array], v: Array, last: Array, stop: Stop) -> tuple[Array, Array, Progress]:
    """w, its residual ``v - J^T w`` and who goes on: from ``last``, for a sample that 0 is nearer from 0. One vjp."""
    residual, size = v - last + operator.vjp(last), norm(v)
    near = norm(residual) <= size
    w, residual = jnp.where(near, last, 0), jnp.where(near, residual, v)
    return w, residual, Progress.of(size).check(residual, stop)
