"""The line integral of M M^T + eps I, formed."""

from __future__ import annotations

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, form, times
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.oracle import gauss_legendre as rule


def psd_formed(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``J = M M^T + eps I`` as a matrix a node, then ``J c``, by Gauss-Legendre.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``psd``, Q the number of nodes. Returns
    loss, y (B, d) and the gradients, named as the parameters. Cost: 2BQ (2dH + 3H d^2 + 3d^3 + 2d^2) FLOPs. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: Lorraine and Hossain 2022, section 4.2, as printed.
    """
    return integrate(x, target, parameters, rule(Q), lambda M, c: times(form(M, c.shape[1], J), c))
