"""The line integral of M M^T + eps I, of which neither J nor M is formed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, hidden_along
from bench_core.line_integral.settings import EPS
from bench_core.line_integral.settings import gauss_legendre as rule


def psd_applied(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``J c = M (M^T c) + eps c`` by Gauss-Legendre, the output layer contracted once a sample and not once a node.

    M(t) is linear in the hidden units h(t) and c = x is the same at all nodes. With W1 read as W (d, d, H):
    ``h_q = tanh(t_q (W0 x) + b0)``, ``P_jk = sum_i x_i W_ijk``, ``z_q = P h_q + p``, ``G = sum_q w_q z_q h_q^T``,
    ``y_i = sum_jk W_ijk G_jk + ...``, the biases alike. The numbers of ``gauss_legendre`` for this J, at about a
    (3Q/5)th of its work.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``psd``, Q the number of nodes, from 1.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2B (5 d^2 H + (6Q + 2) dH + 5d^2) FLOPs.
    Raises ``ValueError`` for another Q, ``TypeError`` (JAX) where shapes do not fit. Source: Lorraine and Hossain 2022,
    section 4.2, J never formed.
    """
    t, w = (jnp.asarray(a, x.dtype) for a in rule(Q))
    batch, d = x.shape

    def value(p: Parameters) -> tuple[Array, Array]:
        W, b = p["W1"].reshape(d, -1), p["b1"].reshape(d, d)
        h = hidden_along(x, t, p).swapaxes(0, 1)
        P = (x @ W).reshape(batch, d, -1)
        z = w[:, None] * (h @ P.mT + (x @ b)[:, None])
        G = z.mT @ h
        y = G.reshape(batch, -1) @ W.T + z.sum(1) @ b.T + EPS * x
        return ((y - target) ** 2).sum() / batch, y

    (loss, y), gradients = jax.value_and_grad(value, has_aux=True)(parameters)
    return {"loss": loss, "y": y, **gradients}
