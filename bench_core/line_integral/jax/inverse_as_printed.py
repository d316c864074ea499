"""The inverse of a line integral as the paper prints it: a control that is wrong."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.line_integral.jax._jacobian import Parameters
from bench_core.line_integral.jax._solve import velocity
from bench_core.line_integral.settings import gauss_legendre as rule


def inverse_as_printed(target: Array, parameters: Parameters, J: str, Q: int) -> dict[str, Array]:
    """``x = int_0^1 J(t y)^-1 y dt`` by Gauss-Legendre: J is read along a path of outputs, where it has no meaning.

    For y = exp(x) and y = 3 it gives 0.318 for log 3 = 1.0986. Kept so that the error has a number.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the
    number of nodes. Returns x (B, d), not finite for a singular J, for which the kernel raises ``SingularJacobian``.
    Cost: Q evaluations and LU solves. Raises ``ValueError`` for a setting that is none, ``TypeError`` (JAX) where
    shapes do not fit. Source: Lorraine and Hossain 2022, section 4.3, as printed.
    """
    t, w = (jnp.asarray(a, target.dtype) for a in rule(Q))

    def add(x: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        return x + node[1] * velocity(node[0] * target, target, parameters, J, "lu"), None

    return {"x": lax.scan(add, jnp.zeros_like(target), (t, w))[0]}
