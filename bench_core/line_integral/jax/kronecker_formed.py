"""The line integral of a Kronecker product, formed."""

from __future__ import annotations

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, form, times
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.oracle import gauss_legendre as rule


def kronecker_formed(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``A (x) B`` as a d x d matrix a node, then its product with c, by Gauss-Legendre.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (2d, H), b1 (2d,), J ``kronecker``, Q the number of nodes.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2BQ (2dH + 6Hd + 2d^2) FLOPs, all nodes'
    matrices in memory. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Lorraine and Hossain 2022,
    section 4.3, as printed.
    """
    return integrate(x, target, parameters, rule(Q), lambda M, c: times(form(M, c.shape[1], J), c))
