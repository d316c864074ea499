"""A layer with a learned inverse, which stands for W^-1 in its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jax import Array

from bench_core.logdet.companions import PENALTY, learned_inverse
from bench_core.logdet.jax._network import backpropagate, outer
from bench_core.logdet.problem import LogdetProblem


def self_normalizing(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    alpha: Array,
    inverses: Sequence[Array],
) -> tuple[list[Array], list[Array], list[Array]]:
    """Gradient of a self-normalizing layer: R learned beside W, ``R^T`` for ``W^-T`` and ``W^T`` for ``R^-T``.

    ``dW = Delta^T Z + R^T``, ``db = Delta^T 1``, and of R, by the density of ``x = R z`` and the reconstruction,
    ``dR = -(Delta W + 2 c (z R^T - x) / B)^T z - W^T`` with ``z = y - b``. The bias of dW is that of R. The
    parameter is ``R^T``: what is added to a product then lies as the product does, both times.

    Another model: two matrices a layer. Left out: the penalty's gradient by W, a product more, which is no part of the
    likelihood's, and the paper's common factor of one half.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope, inverses L x (D, D) transposed. Returns
    the gradients by the three. Cost: 5L 2BD^2 FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Keller
    et al. 2021, section 3.
    """
    inputs, pre, deltas = backpropagate(x, weights, biases, alpha)
    weight_gradients, inverse_gradients = [], []
    for W, b, given, y, delta, turned in zip(weights, biases, inputs, pre, deltas, inverses):
        z = y - b
        rest = z @ turned - given
        weight_gradients.append(outer(delta, given) + turned)
        inverse_gradients.append(-outer(z, delta @ W + rest * (2 * PENALTY / len(x))) - W)
    return weight_gradients, [delta.sum(0) for delta in deltas], inverse_gradients


def prepare(problem: LogdetProblem, place: Callable[..., Array], *, steps: int) -> tuple[tuple, dict[str, Any]]:
    """The inverses after so many steps of learning, transposed."""
    return ([place(learned_inverse(problem, k, steps).T) for k in range(problem.L)],), {}
