"""nflows' linear layer with LU-decomposed weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nflows.transforms.lu import LULinear
from torch import Tensor

from bench_core.logdet import libraries
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._peer import Layer, differentiate, load

NAMES = {
    "lower": "lower_entries",
    "upper": "upper_entries",
    "diagonal": "unconstrained_upper_diag",
    "b": "bias",
}


def nflows(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    layer: Layer,
    parameters: dict[str, Any],
) -> dict[str, Tensor]:
    """Gradient of the mean log-likelihood of ``y = L U x + b`` by the library's parameters, by autodiff.

    How it differs from ours: another model, whose parameters are the entries below and above two diagonals, packed, and
    ``softplus(d) + 1e-3`` on U's; no permutation, so that rows of our W come in the order of its pivots and with
    positive ones (``bench_core.logdet.libraries``), which the likelihood does not see. Both triangles are written into
    zeros in every call, and multiply as square matrices.

    x (B, D), layer an ``LULinear``, parameters its own by our names; weights, biases and alpha are not used. Returns
    lower, upper (D (D-1) / 2,), diagonal and b (D,). Cost: 5 2BD^2 FLOPs. Raises ``RuntimeError`` (torch) where shapes
    do not fit. Source: nflows, ``LULinear``; Oliva et al. 2018.
    """
    return differentiate(layer, x, parameters)


def prepare(problem: LogdetProblem, place: Callable[..., Tensor]) -> tuple[tuple, dict[str, Any]]:
    """The layer with our W in it, and its parameters."""
    layer = LULinear(problem.D)
    held = libraries.masters(problem, "nflows")
    return (layer, load(layer, NAMES, {name: place(held[name]) for name in NAMES})), {}
