"""A fixed-point layer whose backward pass is Jacobian-free: for a training loop of your own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import torch
from torch import Tensor, nn

from bench_core.backends.torch import refuse_autocast
from bench_core.implicit._layer import check_image, check_input, check_shape, find_solver
from bench_core.implicit.settings import MOST, Stop


class FixedPoint(nn.Module):
    """``z = T(z, x)`` of a contraction T of your own, with JFB for its gradient: no Jacobian is solved with or stored.

    The forward solve leaves no graph; then T is applied once more, and reverse mode takes that application alone. The
    gradients by T's parameters and by x are ``(dT/dtheta)^T v`` and ``(dT/dx)^T v`` with v the loss gradient by z: the
    exact ones are those of ``(I - dT/dz)^-T v``, of which v has a relative error of at most gamma where T
    contracts by gamma.

    T         a module or function ``T(z, x)`` of z (B, \\*shape), the same shape back; each call must give the same
              numbers (no dropout), and each sample's depend on that sample alone
    shape     of one sample's state: a whole number or several
    tol       relative residual ``|T(z) - z| / |T(z)|`` per sample at which the solver stops, 0 < tol < 1
    most      its largest number of iterations
    solver    ``forward_picard``, ``forward_anderson`` or ``forward_broyden``, from 0

    After a call ``iterations`` (B,) and ``residual`` (B,) say what the solver has reached: a T that does not contract
    ends with a residual above tol, and no error.

    Cost: n or n + 1 evaluations of T in n iterations (see the solver) and one more, with one vjp of it backward; memory
    of one application. Raises ``ValueError`` for an unknown solver, and sizes, shapes and dtypes that do not fit, and
    under autocast. Source: Wu Fung et al. 2022, eq. 16 and algorithm 1.
    """

    iterations: Tensor | None = None
    residual: Tensor | None = None

    def __init__(
        self,
        T: Callable[[Tensor, Tensor], Tensor],
        shape: int | Sequence[int],
        tol: float = 1e-4,
        most: int = MOST,
        solver: str = "forward_picard",
    ):
        super().__init__()
        self.T, self.shape, self.stop = T, check_shape(shape), Stop(tol, most)
        self.solver, self._solve = solver, find_solver(solver, "torch")

    def forward(self, x: Tensor) -> Tensor:
        """z (B, \\*shape) for x (B, ...)."""
        check_input(x, x.is_floating_point())
        refuse_autocast(x)
        state = _Map(self.T, x, (len(x), *self.shape))
        with torch.no_grad():
            found = self._solve(state, x.new_zeros(len(x), prod(self.shape)), stop=self.stop)
        self.iterations, self.residual = found.iterations, found.residual
        return state.apply(found.w)

    def extra_repr(self) -> str:
        return f"shape={self.shape}, {self.stop}, solver={self.solver}"


class _Map:
    """``z -> T(z, x)`` for the solvers: rows are samples, (B, D)."""

    def __init__(self, T: Callable[[Tensor, Tensor], Tensor], x: Tensor, shape: tuple[int, ...]):
        self._T, self._x, self._shape = T, x, shape

    def apply(self, u: Tensor) -> Tensor:
        z = u.reshape(self._shape)
        return check_image(self._T(z, self._x), z)

    def evaluate(self, u: Tensor) -> Tensor:
        return self.apply(u).flatten(1)
