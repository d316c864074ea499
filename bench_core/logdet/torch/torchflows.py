"""torchflows' LU-decomposed matrix."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.nn import Parameter
from torchflows.bijections.finite.matrix import LUMatrix

from bench_core.logdet import libraries
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._peer import Layer, differentiate, load
from bench_core.method import Unavailable

NAMES = {
    "lower": "lower.off_diagonal_elements",
    "upper": "upper.lower.off_diagonal_elements",
    "diagonal": "upper.lower.unc_diag_elements",
}


def torchflows(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    layer: Layer,
    parameters: dict[str, Any],
) -> dict[str, Tensor]:
    """Gradient of the mean log-likelihood of ``y = L U x + b`` by the library's parameters, by autodiff.

    How it differs from ours: another model, whose parameters are the entries below and above two diagonals, packed, and
    ``exp(d) + 1e-3`` on U's; no permutation, so that rows of our W come in the order of its pivots and with positive
    ones (``bench_core.logdet.libraries``), which the likelihood does not see. It has no bias: b is added behind it.
    Both triangles are written into identities in every call, on the CPU and in torch's default precision, and multiply
    as square matrices.

    x (B, D), layer an ``LUMatrix`` and the bias behind it, parameters theirs by our names; weights, biases and alpha
    are not used. Returns lower, upper (D (D-1) / 2,), diagonal and b (D,). Cost: 5 2BD^2 FLOPs. Raises ``RuntimeError``
    (torch) where shapes do not fit. Source: torchflows, ``LUMatrix``.
    """
    return differentiate(layer, x, parameters)


def prepare(problem: LogdetProblem, place: Callable[..., Tensor]) -> tuple[tuple, dict[str, Any]]:
    """The layer with our W in it, and its parameters."""
    held = libraries.masters(problem, "torchflows")
    matrix, b = LUMatrix((problem.D,)), Parameter(place(held["b"]))
    if b.device.type != "cpu":
        raise Unavailable("torchflows fills its triangles on the CPU, and cannot from parameters on another device")
    parameters = load(matrix, NAMES, {name: place(held[name]) for name in NAMES})

    def layer(x: Tensor) -> tuple[Tensor, Tensor]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it indexes with a list, which torch will read otherwise
            y, logabsdet = matrix(x)
        return y + b, logabsdet

    return (layer, parameters | {"b": b}), {}
