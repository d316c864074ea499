"""Libraries' solvers at equal achieved error: each is given the loosest tolerance that reaches the suite's residual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from bench_core.implicit.settings import LADDER
from bench_core.implicit.torch._batch import divide, norm


def tune(solve: Callable[[Any, Tensor, float], Tensor], operator: Any, v: Tensor, tol: float) -> dict[str, float]:
    """The library's tolerance for which every sample's ``|v - J^T w| / |v|`` is at most ``tol``.

    Libraries mean different things by theirs: of the batch or of a sample, absolute or relative, of the residual or of
    the step, in this norm or that.
    """
    rtol = tol
    for rtol in (tol * factor for factor in LADDER):
        w = solve(operator, v, rtol)
        if float(divide(norm(v - w + operator.vjp(w)), norm(v)).max()) <= tol:
            break
    return {"rtol": rtol}
