"""The line integral by Gauss-Kronrod quadrature, with an estimate of its error."""

from __future__ import annotations

from functools import partial

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.settings import embedded
from bench_core.line_integral.settings import gauss_kronrod as rule


def gauss_kronrod(x: Array, target: Array, parameters: Parameters, J: str, Q: int, chunk: int) -> dict[str, Array]:
    """``y = sum_q w_q J(t_q x) x`` as by ``gauss_legendre``, and for every sample how far Gauss's rule within is from
    y.

    Of Q = 2n + 1 nodes every other one is one of n nodes of Gauss: at no further evaluation their rule gives
    ``|y - y_n|``, which is the error of the smaller rule and bounds that of y where the integrand is smooth.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the number of nodes,
    odd and from 3, chunk how many outputs are held at once. Returns loss, y (B, d), the gradients, named as the
    parameters, and the estimate (B,). Cost: Q evaluations, 2BQ (2dH + 3Hm) FLOPs and those of ``J c``. Raises
    ``ValueError`` for another Q, ``TypeError`` (JAX) where shapes do not fit. Source: Kronrod 1965.
    """
    return integrate(x, target, parameters, rule(Q), partial(apply, J=J), chunk, inner=embedded(Q)[1])
