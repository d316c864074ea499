"""zuko's linear transformation from an LU decomposition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.nn import Parameter
from zuko.transforms import LULinearTransform

from bench_core.logdet import libraries
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._peer import Layer, differentiate


def zuko(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    layer: Layer,
    parameters: dict[str, Any],
) -> dict[str, Tensor]:
    """Gradient of the mean log-likelihood of ``y = L U x + b`` by the library's parameters, by autodiff.

    How it differs from ours: another model, whose parameter is one matrix with L in and below its diagonal and U, which
    has ones there, above; no permutation, so that rows of our W come in the order of its pivots
    (``bench_core.logdet.libraries``), which the likelihood does not see. It has no bias: b is added behind it. The
    library forms ``L U``, a product of D x D matrices, in every call, and two more on the way back.

    x (B, D), layer an ``LULinearTransform`` made anew in every call, as its parameter changes, and the bias behind it,
    parameters theirs by our names; weights, biases and alpha are not used. Returns LU (D, D) and b (D,). Cost: 2 2BD^2
    + 6 D^3 FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: zuko, ``LULinearTransform``.
    """
    return differentiate(layer, x, parameters)


def prepare(problem: LogdetProblem, place: Callable[..., Tensor]) -> tuple[tuple, dict[str, Any]]:
    """The layer with our W in it, and its parameters."""
    held = libraries.masters(problem, "zuko")
    LU, b = (Parameter(place(held[name])) for name in ("LU", "b"))

    def layer(x: Tensor) -> tuple[Tensor, Tensor]:
        transform: Any = LULinearTransform(LU)
        y, logabsdet = transform.call_and_ladj(x)
        return y + b, logabsdet

    return (layer, {"LU": LU, "b": b}), {}
