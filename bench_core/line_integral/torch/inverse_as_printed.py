"""The inverse of a line integral as the paper prints it: a control that is wrong."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters
from bench_core.line_integral.torch._rule import rule
from bench_core.line_integral.torch._solve import velocity


def inverse_as_printed(target: Tensor, parameters: Parameters, J: str, Q: int) -> dict[str, Tensor]:
    """``x = int_0^1 J(t y)^-1 y dt`` by Gauss-Legendre: J is read along a path of outputs, where it has no meaning.

    For y = exp(x) and y = 3 it gives 0.318 for log 3 = 1.0986. Kept so that the error has a number.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, Q the
    number of nodes. Returns x (B, d). Cost: Q evaluations and LU solves. Raises ``ValueError`` for a setting that is
    none, ``torch.linalg.LinAlgError`` for a singular J (on a GPU x is not finite), the kernel ``SingularJacobian``.
    Source: Lorraine and Hossain 2022, section 4.3, as printed.
    """
    x = torch.zeros_like(target)
    for t, w in zip(*rule("gauss_legendre", Q, target)):
        x = x + w * velocity(t * target, target, parameters, J, "lu")
    return {"x": x}
