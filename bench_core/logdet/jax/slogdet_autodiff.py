"""The ordinary gradient by automatic differentiation through log|det W| of each layer."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.logdet.jax._network import activate, log_density, log_slope


def log_likelihood(x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array) -> Array:
    """Mean log-likelihood of the batch (without the constant of the normal density), log|det W| layer by layer."""
    z, value = x, jnp.zeros((), x.dtype)
    for k, (W, b) in enumerate(zip(weights, biases)):
        y = z @ W.T + b
        value = value + jnp.linalg.slogdet(W)[1]
        if k < len(weights) - 1:
            z = activate(y, alpha)
            value = value + log_slope(y, alpha).sum() / x.shape[0]
        else:
            z = y
    return value + log_density(z).mean()


def slogdet_autodiff(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array]]:
    """Ordinary gradient of the mean log-likelihood by reverse mode: the fair autodiff baseline.

    ``d/dW [ log N(z_L) + sum log s'(Y) + sum log|det W| ]``; the layers' determinants, not the network's Jacobian.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 9 s D^2 bytes a layer. Raises ``TypeError`` (JAX) where
    shapes do not fit; a singular W gives gradients that are not finite. Source: Gresele et al. 2020, eq. 9 and
    section 5.
    """
    weight_gradients, bias_gradients = jax.grad(log_likelihood, argnums=(1, 2))(x, weights, biases, alpha)
    return list(weight_gradients), list(bias_gradients)
