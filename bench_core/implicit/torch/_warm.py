"""A solver's start from the w of the last training step, and that w."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.last_step import last_step
from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, norm
from bench_core.implicit.tuning import Prepared


def solve_last(
    solve: Callable[..., Solution], operator: Operator[Tensor], v: Tensor, stop: Stop, settings: dict[str, Any]
) -> Prepared:
    """The last step's w (see ``last_step``) by this solver, to the same residual; ``settings`` are the method's."""
    moved = last_step({name: array.numpy(force=True) for name, array in (operator.arrays | {"v": v}).items()})
    placed = {name: torch.from_numpy(array).to(v) for name, array in moved.items()}
    right = placed.pop("v")
    return Prepared({"last": solve(operator.of(placed), right, stop=stop).w}, settings)


def begin(operator: Adjoint[Tensor], v: Tensor, last: Tensor, stop: Stop) -> tuple[Tensor, Tensor, Progress]:
    """w, its residual ``v - J^T w`` and who goes on: from ``last``, for a sample that 0 is nearer from 0. One vjp."""
    residual, size = v - last + operator.vjp(last), norm(v)
    near = norm(residual) <= size
    w, residual = torch.where(near, last, 0), torch.where(near, residual, v)
    progress = Progress(size, stop)
    progress.check(residual)
    return w, residual, progress
