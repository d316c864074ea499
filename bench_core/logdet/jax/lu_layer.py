"""The ordinary gradient of another model: layers that hold triangular factors instead of W."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jax import Array, lax

from bench_core.logdet.jax._network import activate, pull_back
from bench_core.logdet.jax._triangular import differentiate, times


def lu_layer(
    x: Array,
    factors: Sequence[Array],
    biases: Sequence[Array],
    orders: Sequence[Array],
    alpha: Array,
    device: str | None = None,
) -> tuple[list[Array], list[Array]]:
    """Gradient of the mean log-likelihood by L, U and b where ``W = P L U``, P fixed; no determinant of a matrix.

    ``dL = (P^T Delta^T) (Z U^T)`` below the diagonal, ``dU = (L^T P^T Delta^T) Z + diag(1 / U)`` on it and above, ``db
    = Delta^T 1``: plain backpropagation through both factors, and ``log|det W| = sum log|U_ii|``. Another model: the
    same density, but other parameters, and so another direction of ascent.

    x (B, D), factors L x (D, D), L packed below the diagonal and U on it and above, biases L x (D,), orders L x (2, D)
    the columns of P and the way back, alpha the activation's slope, device whose blocks of rows are multiplied (by
    itself the one it is compiled for; "several" where the factors are cut over devices). Returns the gradients in the
    shapes of factors and biases. Cost: (3L - 1/2) 2BD^2 FLOPs in the limit of small blocks, about 4 s D^2 bytes a
    layer. Raises ``TypeError`` (JAX) where shapes do not fit; a zero on the diagonal of U gives numbers that are not
    finite. Source: Kingma and Dhariwal 2018, section 3.2 and eq. 10-11.
    """
    if device is not None:
        return _differentiate(x, factors, biases, orders, alpha, device)
    compiled_for = {"cuda": partial(_differentiate, device="cuda"), "default": partial(_differentiate, device="cpu")}
    return lax.platform_dependent(x, factors, biases, orders, alpha, **compiled_for)


def _differentiate(
    x: Array, factors: Sequence[Array], biases: Sequence[Array], orders: Sequence[Array], alpha: Array, device: str
) -> tuple[list[Array], list[Array]]:
    last = len(factors) - 1
    inputs, halves, pre = [x], [], []
    for k, (packed, b, order) in enumerate(zip(factors, biases, orders)):
        halves.append(times(inputs[k], packed, upper=True, transposed=True, device=device))
        pre.append(_reorder(times(halves[k], packed, upper=False, transposed=True, device=device), order[0]) + b)
        if k < last:
            inputs.append(activate(pre[k], alpha))
    weight_gradients, bias_gradients = [], []
    delta = pre[last] * (-1.0 / x.shape[0])
    for k in range(last, -1, -1):
        turned = _reorder(delta, orders[k][1])
        middle = times(turned, factors[k], upper=False, transposed=False, device=device)
        weight_gradients.insert(0, differentiate(factors[k], (turned, halves[k]), (middle, inputs[k]), device))
        bias_gradients.insert(0, delta.sum(0))
        if k:
            delta = pull_back(times(middle, factors[k], upper=True, transposed=False, device=device), pre[k - 1], alpha)
    return weight_gradients, bias_gradients


def _reorder(columns: Array, order: Array) -> Array:
    """The columns in this order, every one of which there is."""
    return columns.at[:, order].get(mode="promise_in_bounds", unique_indices=True)
