"""The line integral of a Jacobian that is the network's output as it is: the output layer once a sample."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, hidden_along, outputs, square, times
from bench_core.line_integral.settings import gauss_legendre as rule


def averaged_hidden(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``sum_q w_q (W1 h_q + b1) = W1 (sum_q w_q h_q) + b1``: the output layer is linear and may follow the quadrature.

    The numbers of ``gauss_legendre`` for J ``free``, at a Qth of its work in the output layer,
    and in W0, for ``W0 (t x) = t (W0 x)``.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``free``, Q the number of nodes, from 1.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2B (2dH + 3H d^2 + 2d^2) FLOPs. Raises
    ``ValueError`` for another Q, ``TypeError`` (JAX) where shapes do not fit. Source: linearity of the output layer.
    """
    t, w = (jnp.asarray(a, x.dtype) for a in rule(Q))

    def value(p: Parameters) -> tuple[Array, Array]:
        average = (w @ hidden_along(x, t, p).reshape(len(t), -1)).reshape(len(x), -1)
        y = times(square(outputs(average, p), x.shape[1]), x)
        return ((y - target) ** 2).sum() / len(x), y

    (loss, y), gradients = jax.value_and_grad(value, has_aux=True)(parameters)
    return {"loss": loss, "y": y, **gradients}
