"""Libraries' solvers at equal achieved error: each is given the loosest tolerance that reaches the suite's residual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import divide, norm
from bench_core.implicit.settings import LADDER


def tune(solve: Callable[[Any, Array, Array], Array], operator: Any, v: Array, tol: float) -> dict[str, Array]:
    """The library's tolerance for which every sample's ``|v - J^T w| / |v|`` is at most ``tol``.

    Libraries mean different things by theirs: of the batch or of a sample, absolute or relative, of the residual or of
    the step, in this norm or that.
    """

    def residual(arrays: dict[str, Array], v: Array, rtol: Array) -> Array:
        moving = operator.of(arrays)
        w = solve(moving, v, rtol)
        return divide(norm(v - w + moving.vjp(w)), norm(v)).max()

    with jax.default_matmul_precision("highest"):
        compiled = jax.jit(residual)
        rtol = jnp.asarray(tol, v.dtype)
        for factor in LADDER:
            rtol = jnp.asarray(tol * factor, v.dtype)
            if float(compiled(operator.arrays, v, rtol)) <= tol:
                break
    return {"rtol": rtol}
