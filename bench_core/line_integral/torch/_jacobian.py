"""The network, and what the kinds of Jacobian make of its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import torch
from torch import Tensor

from bench_core.line_integral.settings import EPS, PLAIN

Parameters = Mapping[str, Tensor]


def hidden(x: Tensor, parameters: Parameters) -> Tensor:
    """``tanh(W0 x + b0)``, (n, H)."""
    return torch.tanh(torch.addmm(parameters["b0"], x, parameters["W0"].T))


def hidden_along(x: Tensor, t: Tensor, parameters: Parameters) -> Tensor:
    """``tanh(t (W0 x) + b0)``, the hidden layer at t x: one product with W0 for all t, which are broadcast to x."""
    return torch.tanh(torch.addcmul(parameters["b0"], t, x @ parameters["W0"].T))


def outputs(h: Tensor, parameters: Parameters) -> Tensor:
    """``W1 h + b1`` of hidden units h (n, H), (n, m)."""
    return torch.addmm(parameters["b1"], h, parameters["W1"].T)


def network(x: Tensor, parameters: Parameters) -> Tensor:
    """``M(x) = W1 h + b1``, (n, m)."""
    return outputs(hidden(x, parameters), parameters)


def square(M: Tensor, d: int) -> Tensor:
    """The outputs as (n, d, d)."""
    return M.view(-1, d, d)


def factors(M: Tensor, d: int) -> tuple[Tensor, Tensor]:
    """The outputs as A and B, (n, sqrt d, sqrt d) each."""
    side = isqrt(d)
    A, B = M.split(d, dim=1)
    return A.reshape(-1, side, side), B.reshape(-1, side, side)


def times(matrices: Tensor, c: Tensor) -> Tensor:
    """Matrix times vector for (n, i, j) and (n, j)."""
    return torch.bmm(matrices, c[:, :, None])[:, :, 0]


def apply(M: Tensor, c: Tensor, J: str) -> Tensor:
    """``J c`` from the outputs M (n, m) and c (n, d), J never formed."""
    d = c.shape[1]
    if J in PLAIN:
        return times(square(M, d), c)
    if J == "tanh":
        return times(torch.tanh(square(M, d)), c)
    if J == "psd":
        M = square(M, d)
        return times(M, times(M.mT, c)) + EPS * c
    A, B = factors(M, d)
    C = c.reshape(A.shape)
    if J == "kronecker":
        return torch.bmm(torch.bmm(A, C), B.mT).reshape(c.shape)
    inner = torch.bmm(torch.bmm(A.mT, C), B)
    return torch.bmm(torch.bmm(A, inner), B.mT).reshape(c.shape) + EPS * c


def form(M: Tensor, d: int, J: str) -> Tensor:
    """J as (n, d, d)."""
    if J.startswith("kronecker"):
        A, B = factors(M, d)
        M = torch.einsum("nij,nkl->nikjl", A, B).reshape(-1, d, d)
    else:
        M = square(M, d)
    if J in ("psd", "kronecker_psd"):
        formed = torch.bmm(M, M.mT)
        formed.diagonal(dim1=1, dim2=2).add_(EPS)
        return formed
    return torch.tanh(M) if J == "tanh" else M
