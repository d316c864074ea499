"""The line integral by Gauss-Kronrod quadrature, with an estimate of its error."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, apply
from bench_core.line_integral.torch._quadrature import integrate
from bench_core.line_integral.torch._rule import rule


def gauss_kronrod(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int, chunk: int) -> dict[str, Tensor]:
    """``y = sum_q w_q J(t_q x) x`` as by ``gauss_legendre``, and for every sample how far Gauss's rule within is from
    y.

    Of Q = 2n + 1 nodes every other one is one of n nodes of Gauss: at no further evaluation their rule gives
    ``|y - y_n|``, which is the error of the smaller rule and bounds that of y where the integrand is smooth.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the number of nodes,
    odd and from 3, chunk how many outputs are held at once. Returns loss, y (B, d), the gradients, named as the
    parameters, and the estimate (B,). Cost: Q evaluations, 2BQ (2dH + 3Hm) FLOPs and those of ``J c``. Raises
    ``ValueError`` for another Q, ``RuntimeError`` (torch) where shapes do not fit. Source: Kronrod 1965.
    """
    inner = rule("embedded", Q, x)[1]
    return integrate(x, target, parameters, rule("gauss_kronrod", Q, x), partial(apply, J=J), chunk, inner=inner)
