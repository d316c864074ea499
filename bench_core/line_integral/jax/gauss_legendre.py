"""The line integral by Gauss-Legendre quadrature."""

from __future__ import annotations

from functools import partial

from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply
from bench_core.line_integral.jax._quadrature import integrate
from bench_core.line_integral.settings import gauss_legendre as rule


def gauss_legendre(x: Array, target: Array, parameters: Parameters, J: str, Q: int, chunk: int) -> dict[str, Array]:
    """``y = sum_q w_q J(t_q x) x``, the loss ``mean |y - target|^2`` and its gradient by the parameters.

    The path is fixed and the integrand does not depend on y: all nodes of a sample are one batch.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the number of nodes,
    from 1, chunk how many outputs are held at once. Returns loss, y (B, d) and the gradients, named as the parameters.
    Cost: Q evaluations, 2BQ (2dH + 3Hm) FLOPs and those of ``J c``. Raises ``ValueError`` for another Q, ``TypeError``
    (JAX) where shapes do not fit. Source: Golub and Welsch 1969, for Lorraine and Hossain 2022, section 4.
    """
    return integrate(x, target, parameters, rule(Q), partial(apply, J=J), chunk)
