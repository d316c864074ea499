"""psi and phi, and the gradient of a loss by their parameters, shared by the methods that differentiate them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import silu

Parameters = Mapping[str, Tensor]


def depth(parameters: Parameters) -> int:
    """Number of hidden layers."""
    return sum(name[0] == "W" for name in parameters)


def swish(h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``s(h) = h gate``, the gate (the sigmoid), and ``s' = s + gate (1 - s)``; ``s''`` is ``(1 - gate) (2 s' - s)``.

    In these forms they take the fewest passes over memory.
    """
    gate = torch.sigmoid(h)
    value = h * gate
    return value, gate, torch.lerp(value, h.new_ones(()), gate)


def trunk(y: Tensor, parameters: Parameters) -> Tensor:
    """The hidden layers, (B, d) to (B, H)."""
    for k in range(depth(parameters)):
        y = silu(torch.addmm(parameters[f"b{k}"], y, parameters[f"W{k}"].T))
    return y


def layers(y: Tensor, parameters: Parameters) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """The input of every hidden layer and the output of the last one; the gates; the slopes ``s'``."""
    inputs, gates, slopes = [y], [], []
    for k in range(depth(parameters)):
        value, gate, slope = swish(torch.addmm(parameters[f"b{k}"], inputs[k], parameters[f"W{k}"].T))
        inputs.append(value)
        gates.append(gate)
        slopes.append(slope)
    return inputs, gates, slopes


def psi_of(y: Tensor, parameters: Parameters) -> Tensor:
    """``V s(...) + c``, (B, d)."""
    return torch.addmm(parameters["c"], trunk(y, parameters), parameters["V"].T)


def products_of(y: Tensor, v: Tensor, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """``J v`` and ``J^T v`` of every sample, J the Jacobian of psi: one forward pass, and one product a weight each.

    Written out, for torch's forward mode takes a third product a layer, by the tangent of the weights, which is zero.
    """
    _, _, slopes = layers(y, parameters)
    forward = v
    for k, slope in enumerate(slopes):
        forward = slope * (forward @ parameters[f"W{k}"].T)
    back = v @ parameters["V"]
    for k in range(len(slopes) - 1, -1, -1):
        back = (slopes[k] * back) @ parameters[f"W{k}"]
    return forward @ parameters["V"].T, back


def jacobians_of(y: Tensor, parameters: Parameters) -> Tensor:
    """J of psi for every sample, ``V diag(s'_L) W_L ... diag(s'_1) W_1``, (B, d, d).

    Written out, as ``products_of`` is: d vjps under ``vmap`` take a product by the identity first, and their rows lie
    so that torch takes every other product in d small pieces, each of which reads the weight anew.
    """
    _, _, slopes = layers(y, parameters)
    rows = parameters["V"]
    for k in range(len(slopes) - 1, -1, -1):
        rows = (rows * slopes[k][:, None]) @ parameters[f"W{k}"]
    return rows


def phi_of(y: Tensor, parameters: Parameters) -> Tensor:
    """``<a, s(...)>`` summed over the batch: samples do not meet, so its gradient by y is each sample's own."""
    return (trunk(y, parameters) @ parameters["a"]).sum()


def denoising_loss(x: Tensor, y: Tensor, g: Tensor, sigma: float) -> Tensor:
    """``mean |x - y - sigma^2 g|^2`` over the batch."""
    return ((x - y - sigma**2 * g) ** 2).sum() / x.shape[0]


def differentiate(value: Callable[[Parameters], Tensor], parameters: Parameters) -> tuple[Tensor, dict[str, Tensor]]:
    """A scalar function of the parameters and its gradient by each of them, by reverse mode."""
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    loss = value(leaves)
    # Of the parameters only: a plain backward() would go on to the data.
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, gradients))
