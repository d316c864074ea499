"""Products with the packed factors of a weight, block by block: half the operations of a dense product.

torch has no trmm; a mask over the whole matrix would be a pass through memory and half of the product for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.logdet.settings import blocks


def times(left: Tensor, packed: Tensor, upper: bool, transposed: bool, device: str) -> Tensor:
    """``left U``, ``left U^T``, ``left L`` or ``left L^T`` for left (B, D) and L, U packed in one matrix (D, D), in the
    blocks of this device.
    """
    parts = blocks(len(packed), device)
    if len(parts) == 1:
        whole = packed.triu() if upper else packed.tril(-1)
        product = left @ (whole.T if transposed else whole)
        return product if upper else product + left
    out = torch.empty_like(left)
    for start, stop in parts:
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
    packed: Tensor, lower: tuple[Tensor, Tensor], upper: tuple[Tensor, Tensor], out: Tensor | None, device: str
) -> Tensor:
    """The packed gradient of ``log|det U|`` and of two outer products, ``left^T right`` below the diagonal of the pair
    ``lower``, on it and above of ``upper``; into ``out`` where there is one, in the blocks of this device. All four
    are (B, D).
    """
    parts = blocks(len(packed), device)
    if len(parts) == 1:
        out = torch.mm(lower[0].T, lower[1], out=out).tril_(-1)
        out.add_(torch.mm(upper[0].T, upper[1]).triu_())
        out.diagonal().add_(packed.diagonal().reciprocal())
        return out
    out = torch.empty_like(packed) if out is None else out
    for start, stop in parts:
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
