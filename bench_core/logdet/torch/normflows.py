"""normflows' linear layer with LU-decomposed weights behind a permutation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from normflows.flows import LULinearPermute
from torch import Tensor

from bench_core.logdet import libraries
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._peer import Layer, differentiate, load

NAMES = {
    "lower": "linear.lower_entries",
    "upper": "linear.upper_entries",
    "diagonal": "linear.unconstrained_upper_diag",
    "b": "linear.bias",
}


def normflows(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    layer: Layer,
    parameters: dict[str, Any],
) -> dict[str, Tensor]:
    """Gradient of the mean log-likelihood of ``y = L U P x + b`` by the library's parameters, by autodiff.

    How it differs from ours: another model, whose parameters are the entries below and above two diagonals, packed, and
    ``softplus(d) + 1e-3`` on U's. Its permutation, random and fixed, is set to that of our W's pivots, so that it holds
    our W but for the signs of rows (``bench_core.logdet.libraries``). The direction from data to base is the layer's
    ``inverse``. Both triangles are written into zeros in every call, and multiply as square matrices.

    x (B, D), layer the ``inverse`` of an ``LULinearPermute``, parameters its own by our names; weights, biases and
    alpha are not used. Returns lower, upper (D (D-1) / 2,), diagonal and b (D,). Cost: 5 2BD^2 FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: normflows, ``LULinearPermute``; Durkan et al. 2019.
    """
    return differentiate(layer, x, parameters)


def prepare(problem: LogdetProblem, place: Callable[..., Tensor]) -> tuple[tuple, dict[str, Any]]:
    """The layer with our W in it, and its parameters."""
    layer = LULinearPermute(problem.D)
    held = libraries.masters(problem, "normflows")
    parameters = load(layer, NAMES, {name: place(held[name]) for name in NAMES})
    order = torch.as_tensor(held["order"], device=parameters["b"].device)
    layer.permutation.register_buffer("_permutation", order)
    return (layer.inverse, parameters), {}
