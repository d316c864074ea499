"""A fixed-point layer whose backward pass is Jacobian-free: for a training loop of your own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit._layer import check_image, check_input, check_shape, find_solver
from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.settings import MOST, Stop


def fixed_point(
    T: Callable[[Any, Array, Array], Array],
    parameters: Any,
    x: Array,
    shape: int | Sequence[int],
    tol: float = 1e-4,
    most: int = MOST,
    solver: str = "forward_picard",
) -> tuple[Array, Solution]:
    """``z = T(parameters, z, x)`` of a contraction T of your own, with JFB for its gradient: no Jacobian is solved with
    or stored.

    No derivative enters the forward solve; then T is applied once more, and autodiff takes that application alone
    (``stop_gradient`` says it all, and leaves every mode of autodiff in use). The gradients by the parameters and by x
    are ``(dT/dtheta)^T v`` and ``(dT/dx)^T v`` with v the loss gradient by z: the exact ones are those of
    ``(I - dT/dz)^-T v``, of which v has a relative error of at most gamma where T contracts by gamma.

    T           a function of the parameters, z (B, \\*shape) and x, the same shape back, each sample's numbers from
                that sample alone
    parameters  any pytree
    x           (B, ...)
    shape       of one sample's state: a whole number or several
    tol         relative residual ``|T(z) - z| / |T(z)|`` per sample at which the solver stops, 0 < tol < 1
    most        its largest number of iterations
    solver      ``forward_picard``, ``forward_anderson`` or ``forward_broyden``, from 0

    Returns z and the solver's solution, of which ``iterations`` (B,) and ``residual`` (B,) say what it has reached: a T
    that does not contract ends with a residual above tol, and no error.

    Cost: n or n + 1 evaluations of T in n iterations (see the solver) and one more, with one vjp of it backward; memory
    of one application. Raises ``ValueError`` for an unknown solver, and sizes, shapes and dtypes that do not fit.
    Source: Wu Fung et al. 2022, eq. 16 and algorithm 1.
    """
    sizes, stop, solve = check_shape(shape), Stop(tol, most), find_solver(solver, "jax")
    check_input(x, jnp.issubdtype(x.dtype, jnp.floating))
    state = (len(x), *sizes)
    held = _Map(T, *lax.stop_gradient((parameters, x)), state)
    found = lax.stop_gradient(solve(held, jnp.zeros((len(x), prod(sizes)), x.dtype), stop=stop))
    return _Map(T, parameters, x, state).apply(found.w), found


class _Map:
    """``z -> T(parameters, z, x)`` for the solvers: rows are samples, (B, D)."""

    def __init__(self, T: Callable[[Any, Array, Array], Array], parameters: Any, x: Array, shape: tuple[int, ...]):
        self._T, self._parameters, self._x, self._shape = T, parameters, x, shape

    def apply(self, u: Array) -> Array:
        z = u.reshape(self._shape)
        return check_image(self._T(self._parameters, z, self._x), z)

    def evaluate(self, u: Array) -> Array:
        return self.apply(u).reshape(len(u), -1)
