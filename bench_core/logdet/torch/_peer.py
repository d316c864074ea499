"""What the libraries' adapters share: the gradient by a layer's parameters, and loading them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import Parameter

from bench_core.logdet.torch._network import log_density

Layer = Callable[[Tensor], tuple[Tensor, Tensor]]


def differentiate(layer: Layer, x: Tensor, parameters: dict[str, Parameter]) -> dict[str, Tensor]:
    """Gradient of the mean log-likelihood of x (B, D) by these parameters, named as they are; ``layer`` gives y (B, D)
    and log|det| (B,).
    """
    y, logabsdet = layer(x)
    value = (log_density(y) + logabsdet).mean()
    return dict(zip(parameters, torch.autograd.grad(value, list(parameters.values()))))


def load(layer: torch.nn.Module, names: dict[str, str], held: dict[str, Tensor]) -> dict[str, Parameter]:
    """Put ``held[ours]`` where the layer has ``names[ours]``, a dotted path; returns the parameters by our names."""
    for ours, theirs in names.items():
        owner, _, name = theirs.rpartition(".")
        setattr(layer.get_submodule(owner), name, Parameter(held[ours]))
    return {ours: layer.get_parameter(theirs) for ours, theirs in names.items()}
