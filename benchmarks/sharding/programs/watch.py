"""What one process of a DTensor program sends and holds, watched while it runs."""

from __future__ import annotations

import weakref
from math import prod
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from bench_core.logdet.sharded.traffic import Collective, Traffic

# The whole array of an exchange: which of operand and result it is.
KINDS = {
    "all_reduce": ("all-reduce", "operand"),
    "all_gather_into_tensor": ("all-gather", "result"),
    "reduce_scatter_tensor": ("reduce-scatter", "operand"),
    "all_to_all_single": ("all-to-all", "operand"),
    "shard_dim_alltoall": ("all-to-all", "operand"),
}
# What these namespaces hold besides exchanges.
QUIET = ("wait_tensor", "_wrap_tensor_autograd")


class Watch(TorchDispatchMode):
    """``traffic`` and ``peak_bytes`` of what runs within it; ``hold`` counts what is there before.

    Below DTensor: it sees each process's own tensors, real ones and those of a ``FakeTensorMode`` alike. Raises
    ``ValueError`` for an exchange of a kind that is not known here.
    """

    def __init__(self, devices: int):
        super().__init__()
        self._devices = devices
        self._collectives: list[Collective] = []
        self._known = WeakIdKeyDictionary()
        self._bytes = self.peak_bytes = 0

    @property
    def traffic(self) -> Traffic:
        """The exchanges so far."""
        return Traffic(tuple(self._collectives))

    def hold(self, tree: Any) -> None:
        """Count the memory of these tensors until it is given back."""
        for tensor in tree_leaves(tree):
            if isinstance(tensor, DTensor):
                tensor = tensor.to_local()
            # A tensor of another class stands for others, which are seen themselves.
            if type(tensor) not in (torch.Tensor, FakeTensor):
                continue
            storage = tensor.untyped_storage()
            if storage not in self._known:
                self._known[storage] = True
                self._bytes += storage.nbytes()
                self.peak_bytes = max(self.peak_bytes, self._bytes)
                weakref.finalize(storage, self._give_back, storage.nbytes())

    def _give_back(self, number: int) -> None:
        self._bytes -= number

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if any(issubclass(each, DTensor) for each in types):
            return NotImplemented
        out = func(*args, **(kwargs or {}))
        if func.namespace in ("_c10d_functional", "c10d_functional", "_dtensor"):
            self._note(func._overloadpacket.__name__, args[0], out)
        self.hold(out)
        return out

    def _note(self, name: str, operand: Any, result: Any) -> None:
        if name in QUIET or self._devices == 1:
            return
        if name not in KINDS:
            raise ValueError(f"unknown exchange {name!r}; allowed: {', '.join(KINDS)}")
        kind, whole = KINDS[name]
        array = operand if whole == "operand" else result
        self._collectives.append(Collective(kind, float(prod(array.shape) * array.element_size()), self._devices))
