"""Jacobian-free backpropagation as a training script gets it: through the layer and autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator


def jfb_layer(operator: Operator[Tensor], v: Tensor) -> dict[str, Tensor]:
    """The same numbers as ``jfb``, by reverse mode through one application of T at the fixed point: what
    :class:`bench_core.implicit.torch.layer.FixedPoint` does after its forward solve, and the backward pass of it.

    v (B, D) the loss gradient by the fixed point. Returns the gradients named as the parameters. Cost: one evaluation,
    one parameter-vjp. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Wu Fung et al. 2022, eq. 16 and
    algorithm 1.
    """
    parameters = {name: p.detach().requires_grad_() for name, p in operator.parameters().items()}
    z = operator.of(operator.arrays | parameters).evaluate(operator.arrays["u"])
    return dict(zip(parameters, torch.autograd.grad(z, list(parameters.values()), v)))
