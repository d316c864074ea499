"""The line integral of a Kronecker product, applied by its factors."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from bench_core.line_integral.oracle import gauss_legendre as rule
from bench_core.line_integral.torch._jacobian import Parameters, apply
from bench_core.line_integral.torch._quadrature import integrate


def kronecker(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int) -> dict[str, Tensor]:
    """``(A (x) B) c = vec(A C B^T)``, C the rows of c, by Gauss-Legendre.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (2d, H), b1 (2d,), J ``kronecker``, Q the number of nodes.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2BQ (2dH + 6Hd + 5 d^1.5) FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: Van Loan 2000, for Lorraine and Hossain 2022, section 4.3.
    """
    return integrate(x, target, parameters, rule(Q), partial(apply, J=J))
