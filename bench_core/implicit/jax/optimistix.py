"""optimistix's fixed-point iteration on the adjoint equation."""

from __future__ import annotations

from typing import Any

import optimistix as optx
from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import only_numbers, tune, typical
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.tuning import Prepared


def optimistix(operator: Operator[Array], v: Array, *, rtol: Any) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v, for the whole batch as one vector.

    How it differs from ours (``neumann``, the same series): one stop for the batch, when the largest entry of the last
    change is within ``atol + rtol |entry|`` of w.

    v (B, D), rtol the library's relative tolerance; atol is as much in units of v's typical entry, for with 0 an entry
    near 0 would have to be exact; the limit on the iterations (max_steps) costs nothing and is the suite's. All else is
    the library's default. Cost: a vjp an iteration. Raises ``TypeError`` (JAX) where shapes do not fit. Source:
    optimistix, ``FixedPointIteration``.
    """
    solver = optx.FixedPointIteration(rtol=rtol, atol=rtol * typical(v))
    found = optx.fixed_point(lambda w, _: v + operator.vjp(w), solver, v, max_steps=MOST, throw=False)
    return Solution(only_numbers(found.value, v))


def prepare(operator: Operator[Array], v: Array, stop: Stop) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``."""
    return Prepared(
        {}, {"rtol": tune(lambda operator, v, rtol: optimistix(operator, v, rtol=rtol).w, operator, v, stop.tol)}
    )
