"""psi and phi, shared by the methods that differentiate them, and a product that those written out share."""

from __future__ import annotations

from collections.abc import Mapping

import jax
from jax import Array, lax

Parameters = Mapping[str, Array]


def depth(parameters: Parameters) -> int:
    """Number of hidden layers."""
    return sum(name[0] == "W" for name in parameters)


def swish(h: Array) -> tuple[Array, Array, Array]:
    """``s(h) = h gate``, the gate (the sigmoid), and ``s' = s + gate (1 - s)``; ``s''`` is ``(1 - gate) (2 s' - s)``.

    In these forms they take the fewest operations.
    """
    gate = jax.nn.sigmoid(h)
    value = h * gate
    return value, gate, value + gate * (1 - value)


def trunk(y: Array, parameters: Parameters) -> Array:
    """The hidden layers, (B, d) to (B, H)."""
    for k in range(depth(parameters)):
        y = jax.nn.silu(y @ parameters[f"W{k}"].T + parameters[f"b{k}"])
    return y


def layers(y: Array, parameters: Parameters) -> tuple[list[Array], list[Array], list[Array]]:
    """The input of every hidden layer and the output of the last one; the gates; the slopes ``s'``."""
    inputs, gates, slopes = [y], [], []
    for k in range(depth(parameters)):
        value, gate, slope = swish(inputs[k] @ parameters[f"W{k}"].T + parameters[f"b{k}"])
        inputs.append(value)
        gates.append(gate)
        slopes.append(slope)
    return inputs, gates, slopes


def psi_of(y: Array, parameters: Parameters) -> Array:
    """``V s(...) + c``, (B, d)."""
    return trunk(y, parameters) @ parameters["V"].T + parameters["c"]


def products_of(y: Array, v: Array, parameters: Parameters) -> tuple[Array, Array]:
    """``J v`` by forward mode and ``J^T v`` by reverse mode of every sample, J the Jacobian of psi; XLA takes the
    forward pass once.
    """
    _, pull = jax.vjp(lambda data: psi_of(data, parameters), y)
    _, forward = jax.jvp(lambda data: psi_of(data, parameters), (y,), (v,))
    return forward, pull(v)[0]


def jacobian_of(y: Array, parameters: Parameters) -> Array:
    """J of psi for one sample, ``V diag(s'_L) W_L ... diag(s'_1) W_1``, (d,) to (d, d).

    Written out: d vjps take a product by the identity first.
    """
    _, _, slopes = layers(y[None], parameters)
    rows = parameters["V"]
    for k in range(len(slopes) - 1, -1, -1):
        rows = (rows * slopes[k]) @ parameters[f"W{k}"]
    return rows


def phi_of(y: Array, parameters: Parameters) -> Array:
    """``<a, s(...)>`` summed over the batch: samples do not meet, so its gradient by y is each sample's own."""
    return (trunk(y, parameters) @ parameters["a"]).sum()


def denoising_loss(x: Array, y: Array, g: Array, sigma: Array) -> Array:
    """``mean |x - y - sigma^2 g|^2`` over the batch."""
    return ((x - y - sigma**2 * g) ** 2).sum() / x.shape[0]


def outer(left: Array, right: Array) -> Array:
    """``left^T right`` without a transpose, which XLA's CPU libraries do a third slower."""
    return lax.dot_general(left, right, (((0,), (0,)), ((), ())))
