"""Square layers whose backward pass leaves the relative gradient: for a training loop of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from bench_core.backends.torch import refuse_autocast
from bench_core.logdet.problem import SPREAD
from bench_core.logdet.settings import ALPHA, check_layers, check_slope
from bench_core.logdet.torch._network import log_slope, propagate, pull_through, turn
from bench_core.logdet.torch.relative import differentiate_bias, differentiate_weight
from bench_core.logdet.torch.slogdet import slogdet
from bench_core.method import check_size


class RelativeLinear(nn.Module):
    """One square layer ``z = x W^T + b`` within a network of your own; see :func:`relative_flow`.

    D         dimension
    weight    W (D, D), at first the identity and normal numbers of size 0.3 / sqrt(D): well conditioned at every D
    bias      b (D,), at first zero; ``layer.bias.requires_grad_(False)`` is the layer without one

    The parameters are named as those of ``nn.Linear(D, D)``.
    """

    def __init__(self, D: int, device: Any = None, dtype: torch.dtype | None = None):
        super().__init__()
        self.D = check_size("D", D)
        self.weight = nn.Parameter(torch.empty((D, D), device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(D, device=device, dtype=dtype))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        self.weight.normal_(std=SPREAD / self.D**0.5).diagonal().add_(1)
        self.bias.zero_()

    def forward(self, x: Tensor, value: bool | None = None) -> tuple[Tensor, Tensor]:
        """``z`` (B, D) and ``log|det W|`` (B,), its number where ``value``, which is so in ``eval()`` unless given."""
        return relative_flow(x, [self.weight], [self.bias], value=not self.training if value is None else value)

    def extra_repr(self) -> str:
        return f"D={self.D}"


class RelativeFlow(nn.Module):
    """L square layers with the smooth leaky ReLU between them, the family's network; see :func:`relative_flow`.

    D, L      dimension, layers
    alpha     slope of the activation
    layers    the :class:`RelativeLinear` ones, which hold the parameters
    """

    def __init__(self, D: int, L: int = 2, alpha: float = ALPHA, device: Any = None, dtype: torch.dtype | None = None):
        super().__init__()
        self.alpha = check_slope(alpha)
        self.layers = nn.ModuleList(RelativeLinear(D, device, dtype) for _ in range(check_size("L", L)))

    def forward(self, x: Tensor, value: bool | None = None) -> tuple[Tensor, Tensor]:
        """``z`` (B, D) and ``log|det dz/dx|`` (B,), its number where ``value``, which is so in ``eval()`` unless
        given.
        """
        layers = cast(Sequence[RelativeLinear], self.layers)
        weights, biases = [layer.weight for layer in layers], [layer.bias for layer in layers]
        return relative_flow(x, weights, biases, self.alpha, not self.training if value is None else value)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


def relative_flow(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float = ALPHA, value: bool = False
) -> tuple[Tensor, Tensor]:
    """``z`` and ``log|det dz/dx|`` of the family's network, whose backward pass gives the parameters the relative
    gradient, without inverse or determinant.

    ``z_k = s(z_{k-1} W_k^T + b_k)``, the last layer linear. Whatever loss is made of the two: ``W.grad`` and ``b.grad``
    are ``Delta^T (Y W) + c W`` and ``Delta^T (1 + Y b) + c b`` with Delta the loss gradient by the pre-activations Y
    without the log-determinants of the W, and c the sum of its gradient by the second result: the ordinary gradient
    ``[dW db]`` times ``M^T M``, M = [W b; 0 1], and with b = 0 the ordinary dW times ``W^T W``. It descends where the
    ordinary one does, has its own best rate, and any optimiser may take it. What came before is given the ordinary
    gradient by x.

    The second result is ``sum_k sum_j log s'(y_kj) + sum_k log|det W_k|``. Training does not need the number of its
    second term, an LU a layer: without ``value`` it is left out (as if zero), while the gradients are of the whole.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns (B, D) and (B,). Cost: L 2BD^2
    FLOPs forward, (3L-1) 2BD^2 backward, one product more for the gradient by x; ``value`` (2/3) L D^3. Raises
    ``ValueError`` for shapes and dtypes that do not fit and under autocast, ``RuntimeError`` (torch) for a second
    derivative. Source: Gresele et al. 2020, eq. 13-15 and appendix F.
    """
    check_layers(x, weights, biases)
    refuse_autocast(x)
    z, logabsdet = _Relative.apply(x, check_slope(alpha), *weights, *biases)
    if value:
        with torch.no_grad():
            number = slogdet(x, weights, biases, alpha).sum()
        logabsdet = logabsdet + number
    return z, logabsdet


class _Relative(torch.autograd.Function):
    """The two results by ``propagate``, the gradients by ``pull_through`` and the kernel ``relative``'s own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: float, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        layers = len(parameters) // 2
        pre = propagate(x, parameters[:layers], parameters[layers:], alpha)[1]
        logabsdet = x.new_zeros(len(x))
        for y in pre[:-1]:
            logabsdet += log_slope(y, alpha).sum(1)
        ctx.alpha = alpha
        ctx.save_for_backward(*pre, *parameters)
        return pre[-1], logabsdet

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_z: Tensor, by_logabsdet: Tensor) -> tuple[Tensor | None, ...]:
        saved = ctx.saved_tensors
        layers = len(saved) // 3
        pre, weights, biases = saved[:layers], saved[layers:-layers], saved[-layers:]
        wanted = ctx.needs_input_grad
        narrow = pre[0].shape[0] <= pre[0].shape[1]  # elsewhere Delta^T Y comes first
        beside = [y if asked and narrow else None for y, asked in zip(pre, wanted[2 : 2 + layers])]
        deltas, _, turned = pull_through(by_z, pre, weights, ctx.alpha, by_logabsdet.unsqueeze(1), beside)
        by_x, first = turn(deltas[0], beside[0], weights[0]) if wanted[0] else (None, None)
        total = by_logabsdet.sum()
        by_weights = [
            differentiate_weight(W, y, delta, right, total=total) if asked else None
            for W, y, delta, right, asked in zip(weights, pre, deltas, [first, *turned], wanted[2 : 2 + layers])
        ]
        by_biases = [
            differentiate_bias(b, y, delta, total=total) if asked else None
            for b, y, delta, asked in zip(biases, pre, deltas, wanted[2 + layers :])
        ]
        return by_x, None, *by_weights, *by_biases
