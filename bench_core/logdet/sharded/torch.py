"""torch: the kernels over the processes of a group, one device each, by DTensor.

Start the processes with ``torchrun`` and call ``torch.distributed.init_process_group`` first; each then runs the same
lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, Placement, Replicate, Shard
from torch.distributed.tensor.experimental import implicit_replication, register_sharding
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from bench_core.backends.torch import pinned
from bench_core.logdet.sharded import layout
from bench_core.method import Method
from bench_core.precision import PRECISIONS


def make_mesh(device: str = "cpu") -> DeviceMesh:
    """All processes of the default group in a row."""
    return init_device_mesh(device, (torch.distributed.get_world_size(),))


def place(method: Method, problem: Any, mesh: DeviceMesh, dtype: str = "float32") -> tuple:
    """The kernel's arguments, in each process its own part of the problem's arrays and of nothing else."""
    layout.check(method, problem, mesh.size())
    numbers = getattr(torch, PRECISIONS[dtype].numbers)

    def put(name: str) -> Any:
        part = layout.value(method, problem, name)
        if not part.ndim:
            return part.item()
        axis = layout.cut(method, name)
        if axis is not None:
            part = np.split(part, mesh.size(), axis)[mesh.get_local_rank()]
        kind = torch.int64 if layout.is_order(name) else numbers
        return lay(method, name, torch.tensor(part, dtype=kind, device=mesh.device_type), mesh)

    return layout.arrange(method, problem, put)


def lay(method: Method, name: str, part: torch.Tensor, mesh: DeviceMesh) -> DTensor:
    """The whole array of which ``part`` is this process's."""
    return DTensor.from_local(part, mesh, (_placement(method, name),), run_check=False)


def run(method: Method, problem: Any, given: tuple, dtype: str = "float32") -> tuple:
    """One call of the kernel; results lie as the parameters do."""
    with torch.no_grad(), pinned(dtype), implicit_replication(), _Summed(method):
        weights, biases, *value = layout.function(method)(*given)
    weights, biases = list(weights), list(biases)
    found = problem.named(weights, biases) | ({"logabsdet": value[0]} if value else {})

    def as_laid(name: str) -> DTensor:
        return found[name].redistribute(placements=(_placement(method, name),))

    return layout.results(method, problem, as_laid)


def gather(array: DTensor) -> np.ndarray:
    """The whole of a result, in every process; all of them must ask."""
    return array.full_tensor().cpu().numpy()


def _placement(method: Method, name: str) -> Placement:
    axis = layout.cut(method, name)
    return Replicate() if axis is None else Shard(axis)


class _Summed(TorchFunctionMode):
    """Adds up what a product over a cut axis leaves in parts, once.

    DTensor itself does so wherever such a result is read, and for each reader anew; in place it refuses. So it would
    with the activations of packed factors, each read by products and a reordering of its columns: they are put
    together once, and an outer product of two of them is cut by rows, as the factors are.
    """

    def __init__(self, method: Method):
        super().__init__()
        self._packed = method.computes == "factors"

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name = func.__name__
        if self._packed and name in _DIAGONALLY:
            return _act_diagonally(func, *args)
        if self._packed and name == "mm":
            args = (args[0].redistribute(placements=[Shard(0)]), *args[1:])
        out = func(*args, **(kwargs or {}))
        if self._packed and name in ("matmul", "__matmul__"):
            return out.redistribute(placements=[Replicate()])
        return tree_map(_sum, out)


_DIAGONALLY = ("triu", "tril", "triu_", "tril_", "diagonal")


def _act_diagonally(func: Any, array: DTensor, diagonal: int = 0) -> DTensor:
    """What is above, below or on a diagonal of a matrix that is cut by rows, or whole: of this process's rows another
    one. Not every version of DTensor has a rule for it.
    """
    local, mesh = array.to_local(), array.device_mesh
    rows = [mesh.get_local_rank() * len(local) for placement in array.placements if placement.is_shard(0)]
    out = func(local, diagonal + sum(rows))
    return array if out is local else DTensor.from_local(out, mesh, array.placements, run_check=False)


def _sum(value: Any) -> Any:
    if not isinstance(value, DTensor) or not any(placement.is_partial() for placement in value.placements):
        return value
    return value.redistribute(placements=[Replicate() if p.is_partial() else p for p in value.placements])


# Products with a vector as those with a matrix, and factorisations of a whole matrix in every process: not every
# version of torch has rules of its own for them.
_ATEN = torch.ops.aten


@register_sharding([_ATEN.addmv.default, _ATEN.addmv_.default])
def _addmv(b: Any, matrix: Any, vector: Any, **scalars: Any) -> list:
    return [
        ([Replicate()], [Replicate(), Replicate(), Replicate()]),
        ([Shard(0)], [Shard(0), Shard(0), Replicate()]),
    ]


@register_sharding(_ATEN.linalg_inv_ex.default)
def _inv(matrix: Any, **flags: Any) -> list:
    return [([Replicate()] * 2, [Replicate()])]


@register_sharding(_ATEN._linalg_slogdet.default)
def _slogdet(matrix: Any) -> list:
    return [([Replicate()] * 4, [Replicate()])]
