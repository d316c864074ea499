"""The relative gradient in the order of products that the paper prints."""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array

from bench_core.logdet.jax._network import backpropagate, outer


def relative_published(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array]]:
    """The same numbers as ``relative``, by the paper's products: ``dW = Delta^T ((Z W^T + b) W) + W``.

    The product ``Z W^T`` is written again although the forward pass has it, and W is added in a pass of its own: the
    yardstick for ``relative``. XLA makes one of the two products: what runs is short of the paper's (5L-1). The biases'
    log-det term, which public code leaves out, is included.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (4L-1) 2BD^2 FLOPs, about 7 s D^2 bytes a layer. Raises ``TypeError`` (JAX) where shapes do not fit.
    Source: Gresele et al. 2020, eq. 15 (printed in the row convention y = z W).
    """
    inputs, _, deltas = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, b, z, delta in zip(weights, biases, inputs, deltas):
        y = z @ W.T + b
        weight_gradients.append(outer(delta, y @ W) + W)
        bias_gradients.append(outer(delta, 1 + y @ b) + b)
    return weight_gradients, bias_gradients
