"""Square layers whose backward pass leaves the relative gradient: for a training loop of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.core import Tracer

from bench_core.logdet.jax._network import log_slope, propagate, pull_through
from bench_core.logdet.jax.relative import differentiate_bias, differentiate_weight
from bench_core.logdet.jax.slogdet import slogdet
from bench_core.logdet.settings import ALPHA, check_layers, check_slope


def relative_linear(x: Array, W: Array, b: Array, value: bool = False) -> tuple[Array, Array]:
    """One square layer ``z = x W^T + b`` within a network of your own, x and z (B, D), and ``log|det W|`` (B,); see
    :func:`relative_flow`.
    """
    return relative_flow(x, (W,), (b,), value=value)


def relative_flow(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array | float = ALPHA, value: bool = False
) -> tuple[Array, Array]:
    """``z`` and ``log|det dz/dx|`` of the family's network, whose backward pass gives the parameters the relative
    gradient, without inverse or determinant.

    ``z_k = s(z_{k-1} W_k^T + b_k)``, the last layer linear. Whatever loss is made of the two: ``jax.grad`` of it by W
    and b is ``Delta^T (Y W) + c W`` and ``Delta^T (1 + Y b) + c b`` with Delta the loss gradient by the pre-activations
    Y without the log-determinants of the W, and c the sum of its gradient by the second result: the ordinary gradient
    ``[dW db]`` times ``M^T M``, M = [W b; 0 1], and with b = 0 the ordinary dW times ``W^T W``. It descends where the
    ordinary one does, has its own best rate, and any optimiser may take it. What came before is given the ordinary
    gradient by x; none by alpha is given.

    The second result is ``sum_k sum_j log s'(y_kj) + sum_k log|det W_k|``. Training does not need the number of its
    second term, an LU a layer: without ``value`` it is left out (as if zero), while the gradients are of the whole.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns (B, D) and (B,). Cost: L 2BD^2
    FLOPs forward, (3L-1) 2BD^2 backward, one product more for the gradient by x; ``value`` (2/3) L D^3. Raises
    ``ValueError`` for shapes and dtypes that do not fit and for an alpha that is no slope (where it is not traced),
    ``TypeError`` (JAX) for forward mode. Source: Gresele et al. 2020, eq. 13-15 and appendix F.
    """
    check_layers(x, weights, biases)
    if not isinstance(alpha, Tracer):
        alpha = check_slope(alpha)  # a number of Python's: NumPy's float64 would make all of it float64 under x64
    z, logabsdet = _flow(x, tuple(weights), tuple(biases), alpha)
    if value:
        # Stopped before the LU: after it autodiff would have taken its derivative, D^3, for nothing.
        held = lax.stop_gradient(tuple(weights))
        logabsdet = logabsdet + slogdet(x, held, biases, jnp.asarray(alpha)).sum()
    return z, logabsdet


@jax.custom_vjp
def _flow(x: Array, weights: tuple[Array, ...], biases: tuple[Array, ...], alpha: Any) -> tuple[Array, Array]:
    return _forward(x, weights, biases, alpha)[0]


def _forward(x: Array, weights: tuple[Array, ...], biases: tuple[Array, ...], alpha: Any) -> tuple[Any, Any]:
    """The two results, and what the backward pass keeps."""
    pre = propagate(x, weights, biases, alpha)[1]
    logabsdet = jnp.zeros_like(x[:, 0])
    for y in pre[:-1]:
        logabsdet += log_slope(y, alpha).sum(1)
    return (pre[-1], logabsdet), (pre, weights, biases, alpha)


def _backward(kept: Any, cotangents: tuple[Array, Array]) -> tuple[Any, ...]:
    """The gradients by ``pull_through`` and the kernel ``relative``'s own."""
    pre, weights, biases, alpha = kept
    by_z, by_logabsdet = cotangents
    deltas, total = pull_through(by_z, pre, weights, alpha, by_logabsdet[:, None]), by_logabsdet.sum()
    by_weights = tuple(differentiate_weight(W, y, delta, total) for W, y, delta in zip(weights, pre, deltas))
    by_biases = tuple(differentiate_bias(b, y, delta, total) for b, y, delta in zip(biases, pre, deltas))
    return deltas[0] @ weights[0], by_weights, by_biases, None


_flow.defvjp(_forward, _backward)
