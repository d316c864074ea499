"""TF32 without a GPU: torch's float32 products of numbers that are rounded as a tensor core rounds them."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
# Products by where their two factors stand among the arguments.
FACTORS = {
    aten.mm: (0, 1),
    aten.bmm: (0, 1),
    aten.mv: (0, 1),
    aten.dot: (0, 1),
    aten.addmm: (1, 2),
    aten.addmm_: (1, 2),
    aten.addmv: (1, 2),
    aten.addmv_: (1, 2),
    aten.baddbmm: (1, 2),
    aten.convolution: (0, 1),
    aten.convolution_backward: (0, 1, 2),
}


class Rounded(TorchDispatchMode):
    """Within it every product has factors of 11 significant bits; ``products`` counts them."""

    def __init__(self):
        super().__init__()
        self.products = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        places = FACTORS.get(func.overloadpacket, ())
        self.products += bool(places)
        return func(*(round_factor(a) if i in places else a for i, a in enumerate(args)), **(kwargs or {}))


def round_factor(a: torch.Tensor) -> torch.Tensor:
    """To the nearest number of 11 significant bits, halves away from zero."""
    return ((a.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)
