"""matfree's least squares."""

from __future__ import annotations

from typing import Any

from jax import Array
from matfree.lstsq import lsmr

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import each, only_numbers, tune
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.tuning import Prepared


def matfree(
    operator: Operator[Array], v: Array, *, rtol: Any, vmapped: bool = False, maxiter: int = MOST, **more: Any
) -> Solution:
    """``|J^T w - v|`` minimised by LSMR, from 0, for the whole batch as one system, or every sample by ``jax.vmap``.

    How it differs from ours (``cg``, the same Krylov space): the residual of the normal equations is minimised, and not
    that of the system; it stops where the residual is at most ``rtol (|v| + |J| |w|)``, or that of the normal equations
    at most ``rtol |J|`` times it, by estimates; the library transposes the product itself, by autodiff. As one system
    there are one step length and one stop for the batch; vmapped, all samples go on until the last one is done, as ours
    do. A sample that ends in no number has ``w = v``.

    v (B, D), rtol the library's relative tolerances (atol and btol); maxiter its limit on the iterations, which costs
    nothing and is the suite's; more its other settings, by default the library's. Cost: a jvp and a vjp an iteration.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: matfree, ``lstsq.lsmr``; Fong and Saunders 2011.
    """

    def solve(system: Operator[Array], right: Array) -> Array:
        return lsmr(atol=rtol, btol=rtol, maxiter=maxiter, **more)(lambda x: x - system.jvp(x), right)[0]

    return Solution(only_numbers(each(solve, operator, v) if vmapped else solve(operator, v), v))


def prepare(operator: Operator[Array], v: Array, stop: Stop, *, vmapped: bool = False, **chosen: Any) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``."""
    rtol, looser = tune(
        lambda operator, v, rtol: matfree(operator, v, rtol=rtol, vmapped=vmapped, **chosen).w, operator, v, stop.tol
    )
    return Prepared({}, {"rtol": rtol}, looser)
