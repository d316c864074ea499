"""The ordinary gradient with probes for W^-T, solved by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from bench_core.logdet.companions import signs
from bench_core.logdet.jax._network import backpropagate, outer
from bench_core.logdet.problem import LogdetProblem
from bench_core.method import check_whole


def hutchinson_cg(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    alpha: Array,
    probes: Array,
    *,
    iterations: int,
) -> tuple[list[Array], list[Array]]:
    """Ordinary gradient of the mean log-likelihood, ``W^-T = E v (W^-1 v)^T`` estimated by n probes of signs.

    ``dW = Delta^T Z + V^T U / n``, ``W u = v`` for each row of V. Unbiased but for what the solve leaves; the noise of
    the second term is ``sqrt((D - 1) / n)`` of its size.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope, probes V (n, D), which a training loop
    draws anew, iterations of the solve, from 1. Returns the gradients in the same shapes. Cost: (3L-1) 2BD^2 + L (2
    iterations + 1) 2nD^2 FLOPs. Raises ``ValueError`` for another number of them, ``TypeError`` (JAX) where shapes do
    not fit. Source: Hutchinson 1990 on Gresele et al. 2020, eq. 10; CGLS (Bjorck 1996, algorithm 7.4.1).
    """
    check_whole("iterations", iterations, "number of iterations")
    inputs, _, deltas = backpropagate(x, weights, biases, alpha)
    weight_gradients = [
        outer(delta, z) + outer(probes, solve(W, probes, iterations)) / len(probes)
        for W, z, delta in zip(weights, inputs, deltas)
    ]
    return weight_gradients, [delta.sum(0) for delta in deltas]


def solve(W: Array, v: Array, iterations: int) -> Array:
    """Rows u (n, D) near ``W^-1 v``: conjugate gradients on ``W^T W u = W^T v`` from 0, each row for itself."""
    u, r = jnp.zeros_like(v), v
    p = s = v @ W
    size = (s * s).sum(1, keepdims=True)
    for left in range(iterations - 1, -1, -1):
        q = p @ W.T
        step = _ratio(size, (q * q).sum(1, keepdims=True))
        u = u + step * p
        if left:
            r = r - step * q
            s = r @ W
            before, size = size, (s * s).sum(1, keepdims=True)
            p = s + _ratio(size, before) * p
    return u


def prepare(
    problem: LogdetProblem, place: Callable[..., Array], *, probes: int, iterations: int
) -> tuple[tuple, dict[str, Any]]:
    """The probes; drawing them is 1 / D of one product's work."""
    return (place(signs(problem, probes)),), {"iterations": iterations}


def _ratio(above: Array, below: Array) -> Array:
    """0 where there is nothing left to divide by: the row is solved."""
    return jnp.where(below > 0, above / below, 0)
