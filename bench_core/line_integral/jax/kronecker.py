"""The line integral of a Kronecker product, applied by its factors."""

from __future__ import annotations

from functools import partial

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.oracle import gauss_legendre as rule


def kronecker(x: Array, target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``(A (x) B) c = vec(A C B^T)``, C the rows of c, by Gauss-Legendre.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (2d, H), b1 (2d,), J ``kronecker``, Q the number of nodes.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2BQ (2dH + 6Hd + 5 d^1.5) FLOPs. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: Van Loan 2000, for Lorraine and Hossain 2022, section 4.3.
    """
    return integrate(x, target, parameters, rule(Q), partial(apply, J=J))
