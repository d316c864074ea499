"""What the libraries' adapters share: the search for their tolerance, its scale, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Solution, allowance, norm
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import KEPT, MOST, Stop
from bench_core.implicit.tuning import Prepared, Tuned, find_fewest, nudge
from bench_core.implicit.tuning import tune as tune_to

Solve = Callable[[Operator[Array], Array, Any], Array]
CYCLES = MOST // KEPT  # at most, of a restarted method


def measure(solve: Solve, operator: Operator[Array], v: Array) -> Callable[..., tuple[float, float]]:
    """Compiled once: the largest ``|v - J^T w| / |v|`` of a sample that ``solve`` reaches with a tolerance, and the
    same less what its format holds of that; of another right side where one is given.
    """

    def residuals(arrays: dict[str, Array], v: Array, rtol: Array) -> tuple[Array, Array]:
        moving, size = operator.of(arrays), norm(v)
        w, size = solve(moving, v, rtol), jnp.where(size == 0, 1, size)
        found = norm(v - w + moving.vjp(w)) / size
        return found.max(), (found - allowance(norm(w), size)).max()

    compiled = jax.jit(residuals)

    def reached(rtol: float, given: Array = v) -> tuple[float, float]:
        found, beyond = compiled(operator.arrays, given, jnp.asarray(rtol, v.dtype))
        return float(found), float(beyond)

    return reached


def tune(solve: Solve, operator: Operator[Array], v: Array, tol: float) -> Tuned:
    """See ``tuning.tune``: of what ``measure`` tells."""
    reached, nudged = measure(solve, operator, v), v * nudge(float(jnp.finfo(v.dtype).eps))
    return tune_to(reached, tol, lambda rtol: reached(rtol, nudged))


def tune_cycles(
    solve: Callable[..., Solve], operator: Operator[Array], v: Array, tol: float, most: int
) -> tuple[int, Tuned]:
    """Of a restarted method that stops after whole cycles only: the fewest vectors, up to ``most``, that are enough in
    as few cycles as with ``most``, and the loosest tolerance with them. ``solve(restart=, cycles=)`` is the library
    with so many vectors, and at most so many cycles; as many as it likes without.
    """
    longest = tune(solve(restart=most), operator, v, tol)

    def limited(operator: Operator[Array], v: Array, cycles: Array) -> Array:
        return solve(restart=most, cycles=cycles.astype(int))(operator, v, longest.setting)

    measured = measure(limited, operator, v)
    after = cache(lambda cycles: measured(cycles)[0])
    cycles = find_fewest(after, tol, CYCLES).setting
    if not after(cycles) <= tol:
        return most, longest

    def reach(restart: int) -> float:
        if restart == most:
            return after(cycles)
        return measure(solve(restart=restart, cycles=cycles), operator, v)(longest.setting)[0]

    restart, looser = find_fewest(reach, tol, most)
    found = longest if restart == most else tune(solve(restart=restart), operator, v, tol)
    # Of one cycle the looser tolerance is no cycle, whose residual of 1 or NaN tells nothing: fewer vectors do.
    return restart, Tuned(found.setting, min((r for r in (found.looser, looser) if r < 1), default=nan))


def prepare_solver(
    library: Callable[..., Solution],
    limit: str,
    operator: Operator[Array],
    v: Array,
    stop: Stop,
    solver: str,
    vmapped: bool,
    **chosen: Any,
) -> Prepared:
    """What the ``prepare`` of a library of linear solvers does, its ``limit`` that on the iterations: the loosest
    tolerance that reaches ``stop.tol``; of GMRES, which stops after whole cycles only, the fewest vectors that are
    enough in as few cycles as with our number of them. ``chosen`` are other settings of the library.
    """

    def solve(cycles: Any = MOST, **more: Any) -> Solve:
        return lambda operator, v, rtol: (
            library(operator, v, solver=solver, rtol=rtol, vmapped=vmapped, **{limit: cycles}, **chosen, **more).w
        )

    if solver != "gmres":
        rtol, looser = tune(solve(), operator, v, stop.tol)
        return Prepared({}, {"rtol": rtol}, looser)
    most = min(KEPT, v.shape[1] if vmapped else v.size)
    restart, (rtol, looser) = tune_cycles(solve, operator, v, stop.tol, most)
    return Prepared({}, {"rtol": rtol, "restart": restart}, looser)


def each(solve: Callable[[Operator[Array], Array], Array], operator: Operator[Array], v: Array) -> Array:
    """``solve`` of every sample as a batch of one, by ``jax.vmap``."""
    return jax.vmap(lambda i, right: solve(operator.sample(i), right[None])[0])(jnp.arange(len(v)), v)


def typical(x: Array) -> Array:
    """Root mean square of all entries, 1 where they are 0: what an absolute tolerance is given in units of."""
    size = jnp.sqrt((x * x).mean())
    return jnp.where(size == 0, 1, size)


def only_numbers(w: Array, v: Array) -> Array:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return jnp.where(jnp.isfinite(w).all(1, keepdims=True), w, v)
