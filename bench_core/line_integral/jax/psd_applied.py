"""The line integral of M M^T + eps I, which is never formed."""

from __future__ import annotations

from functools import partial

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.oracle import gauss_legendre as rule


def psd_applied(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``J c = M (M^T c) + eps c`` by Gauss-Legendre: two products of a matrix with a vector a node.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``psd``, Q the number of nodes. Returns
    loss, y (B, d) and the gradients, named as the parameters. Cost: 2BQ (2dH + 3H d^2 + 5d^2) FLOPs. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: Lorraine and Hossain 2022, section 4.2.
    """
    return integrate(x, target, parameters, rule(Q), partial(apply, J=J))
