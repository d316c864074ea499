"""The line integral of a Jacobian that is formed: M M^T + eps I, or A (x) B."""

from __future__ import annotations

from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, form, times
from bench_core.line_integral.torch._quadrature import integrate
from bench_core.line_integral.torch._rule import rule


def formed(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int, chunk: int) -> dict[str, Tensor]:
    """J as a d x d matrix a node, then ``J c``, by Gauss-Legendre.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J ``psd`` or ``kronecker``, Q the number of
    nodes, from 1, chunk how many numbers are held at once. Returns loss, y (B, d) and the gradients, named as the
    parameters. Cost: 2BQ (2dH + 3Hm + 2d^2) FLOPs, and 6BQ d^3 more where J is a product M M^T; a few samples' matrices
    at a time. Raises ``ValueError`` for another Q, ``RuntimeError`` (torch) where shapes do not fit. Source: Lorraine
    and Hossain 2022, sections 4.2 and 4.3, J as a matrix.
    """
    d = x.shape[1]
    nodes = rule("gauss_legendre", Q, x)
    return integrate(x, target, parameters, nodes, lambda M, c: times(form(M, d, J), c), chunk, formed=d * d)
