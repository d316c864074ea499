"""Operations, FLOPs and factorisations of a torch function, counted by watching the ATen operations it calls."""

from __future__ import annotations

from collections import Counter

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Count(TorchDispatchMode):
    """``calls``: of operations; ``product_flops``: two a multiply-add of every matrix product; ``others``: calls of
    linear-algebra operations.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.product_flops = 0.0
        self.others: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.calls += 1
        name = func.overloadpacket.__name__
        if name in ("mm", "bmm"):
            self._product(args[0], args[1])
        elif name in ("addmm", "addmm_", "baddbmm"):
            self._product(args[1], args[2])
        elif "linalg" in name or name.startswith("lu_"):
            self.others[name] += 1
        return out

    def _product(self, a: torch.Tensor, b: torch.Tensor) -> None:
        *batch, rows, inner = a.shape
        self.product_flops += 2.0 * (batch[0] if batch else 1) * rows * inner * b.shape[-1]
