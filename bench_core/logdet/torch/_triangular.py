"""Products with the packed factors of a weight, block by block: half the operations of a dense product.

torch has no trmm; a mask over the whole matrix would be a pass through memory and half of the product for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.logdet.settings import blocks


def times(left: Tensor, packed: Tensor, upper: bool, transposed: bool) -> Tensor:
    """``left U``, ``left U^T``, ``left L`` or ``left L^T`` for left (B, D) and L, U packed in one matrix (D, D)."""
    out = torch.empty_like(left)
    for start, stop in blocks(len(packed), _device(packed)):
        here = slice(start, stop)
        there = slice(stop, None) if upper == transposed else slice(0, start)
        corner, target, own = packed[here, here], out[:, here], left[:, here]
        block = corner.triu() if upper else corner.tril(-1)
        block = block.T if transposed else block
        if upper:
            torch.mm(own, block, out=target)
        else:  # the ones on the diagonal
            torch.addmm(own, own, block, out=target)
        if left[:, there].numel():
            target.addmm_(left[:, there], packed[here, there].T if transposed else packed[there, here])
    return out


def differentiate(
    packed: Tensor, lower: tuple[Tensor, Tensor], upper: tuple[Tensor, Tensor], out: Tensor | None
) -> Tensor:
    """The packed gradient of ``log|det U|`` and of two outer products, ``left^T right`` below the diagonal of the pair
    ``lower``, on it and above of ``upper``; into ``out`` where there is one. All four are (B, D).
    """
    out = torch.empty_like(packed) if out is None else out
    for start, stop in blocks(len(packed), _device(packed)):
        here = slice(start, stop)
        corner = torch.mm(lower[0][:, here].T, lower[1][:, here]).tril_(-1)
        corner.add_(torch.mm(upper[0][:, here].T, upper[1][:, here]).triu_())
        corner.diagonal().add_(packed[here, here].diagonal().reciprocal())
        out[here, here] = corner
        if start:
            torch.mm(lower[0][:, here].T, lower[1][:, :start], out=out[here, :start])
        if stop < len(packed):
            torch.mm(upper[0][:, here].T, upper[1][:, stop:], out=out[here, stop:])
    return out


def _device(packed: Tensor) -> str:
    """The device whose blocks are taken: a GPU's, or the CPU's."""
    return "cuda" if packed.is_cuda else "cpu"
