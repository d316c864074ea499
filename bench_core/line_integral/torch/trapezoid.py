"""The line integral by the trapezoidal rule."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, apply
from bench_core.line_integral.torch._quadrature import integrate
from bench_core.line_integral.torch._rule import rule


def trapezoid(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int, chunk: int) -> dict[str, Tensor]:
    """``y = sum_q w_q J(t_q x) x`` at Q equidistant nodes, the loss and its gradient by the parameters.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the number of nodes
    (from 2), chunk how many outputs are held at once. Returns loss, y (B, d) and the gradients, named as the
    parameters. Cost: Q evaluations, 2BQ (2dH + 3Hm) FLOPs and those of ``J c``. Raises ``ValueError`` for another Q,
    ``RuntimeError`` (torch) where shapes do not fit. Source: the trapezoidal rule, error O(Q^-2).
    """
    return integrate(x, target, parameters, rule("trapezoid", Q, x), partial(apply, J=J), chunk)
