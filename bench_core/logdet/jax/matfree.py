"""matfree's stochastic Lanczos quadrature of log|det W|."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from matfree import decomp, funm

from bench_core.logdet.companions import signs
from bench_core.logdet.problem import LogdetProblem


def matfree(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    alpha: Array,
    probes: Array,
    *,
    steps: int,
    reortho: str = "none",
    **more: Any,
) -> tuple[Array, Array]:
    """log|det W| of every layer, (L,), and what each probe says of it, (L, n): ``tr log(W^T W) / 2``, the trace by n
    probes of signs, the logarithm by Golub and Kahan's bidiagonalisation of W from each of them.

    How it differs from ours: an estimate, whose noise falls with the probes and whose bias with the steps; no gradient
    (the library's bidiagonalisation has no efficient derivative). The library draws its probes itself; here they are
    given, so that a call is always the same. By default it keeps the basis orthogonal to all of its vectors, twice a
    step; within the ten steps of the rows none of that is lost (the same estimates to 1e-4 up to condition 1e6), and
    calls take 0.55 to 0.9 of the time without.

    weights L x (D, D), probes V (n, D), steps of the bidiagonalisation (D where there are more), `reortho` "none" or
    "full", more its other settings, by default the library's; x (B, D), biases and alpha are not used. Cost: 4 n D^2
    FLOPs a step and layer.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: matfree, ``monte_carlo_funm_product_logdet``; Ubaru et
    al. 2017.
    """
    integrand = funm.monte_carlo_funm_product_logdet(
        decomp.bidiag(min(steps, probes.shape[1]), reortho=reortho, **more)
    )
    each = jax.vmap(lambda v, W: integrand(lambda u, A: A @ u, v, W) / 2, in_axes=(0, None))
    found = jnp.stack([each(probes, W) for W in weights])
    return found.mean(1), found


def prepare(
    problem: LogdetProblem, place: Callable[..., Array], *, probes: int, steps: int, **more: Any
) -> tuple[tuple, dict[str, Any]]:
    """The probes."""
    return (place(signs(problem, probes)),), {"steps": steps, **more}
