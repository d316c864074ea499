"""matfree's least squares."""

from __future__ import annotations

from typing import Any

from jax import Array
from matfree.lstsq import lsmr

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import only_numbers, tune
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.tuning import Prepared


def matfree(operator: Operator[Array], v: Array, *, rtol: Any) -> Solution:
    """``|J^T w - v|`` minimised by LSMR for the whole batch as one system, from 0.

    How it differs from ours (``cg``, the same Krylov space): the residual of the normal equations is minimised, and not
    that of the system; one step length and one stop for the batch, where the residual is at most ``rtol (|v| + |J|
    |w|)``, or that of the normal equations at most ``rtol |J|`` times it, by estimates; the library transposes the
    product itself, by autodiff.

    v (B, D), rtol the library's relative tolerances (atol and btol); its limit on the iterations (maxiter) costs
    nothing and is the suite's. All else is the library's default. Cost: a jvp and a vjp an iteration. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: matfree, ``lstsq.lsmr``; Fong and Saunders 2011.
    """
    solve = lsmr(atol=rtol, btol=rtol, maxiter=MOST)
    w = solve(lambda x: x - operator.jvp(x), v)[0]
    return Solution(only_numbers(w, v))


def prepare(operator: Operator[Array], v: Array, stop: Stop) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``."""
    return Prepared(
        {}, {"rtol": tune(lambda operator, v, rtol: matfree(operator, v, rtol=rtol).w, operator, v, stop.tol)}
    )
