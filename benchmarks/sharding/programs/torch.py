"""torch: what DTensor programs send and hold, and whether they answer as one process does.

``python -m benchmarks.sharding.programs.torch JSON`` looks at one process of a group that is imagined: its tensors have
shapes and no numbers, its exchanges reach nobody. Under ``torchrun`` the group is real, the kernels are run, and the
first process prints.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed.tensor.debug import CommDebugMode
from torch.utils._pytree import tree_leaves

import bench_core
from bench_core.logdet.sharded import layout
from bench_core.logdet.sharded import torch as sharded
from benchmarks.sharding.programs.watch import Watch


def measure(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Exchanges and bytes of one process, each case with shapes alone."""
    from torch.testing._internal.distributed.fake_pg import FakeStore  # registers the group that is imagined

    rows = []
    for devices in sorted({case["devices"] for case in cases}):
        dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=devices)
        try:
            rows += [_imagine(case) for case in cases if case["devices"] == devices]
        finally:
            dist.destroy_process_group()
    return rows


def _imagine(case: dict[str, Any]) -> dict[str, Any]:
    method, problem = _find(case)
    mesh = sharded.make_mesh()
    layout.check(method, problem, mesh.size())

    def put(name: str) -> Any:
        shape = layout.shape(problem, name)
        if name in ("alpha", "rate"):
            return 0.1
        axis = layout.cut(method, name)
        local = [n // mesh.size() if j == axis else n for j, n in enumerate(shape)]
        kind = torch.int64 if layout.is_order(name) else torch.float32
        return sharded.lay(method, name, torch.empty(local, dtype=kind), mesh)

    with FakeTensorMode():
        given = layout.arrange(method, problem, put)
        # DTensor finds out once what shapes an operation has, by trying it on whole arrays that nobody holds.
        sharded.run(method, problem, given)
        watch = Watch(mesh.size())
        watch.hold(given)
        held = watch.peak_bytes
        with watch:
            sharded.run(method, problem, given)
    return case | watch.traffic.to_json() | {"held_bytes": held, "peak_bytes": watch.peak_bytes}


def agree(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each case run by the group: the largest relative difference from the kernel in this process alone, what was
    exchanged, and how many of each kind torch's own ``CommDebugMode`` counted.
    """
    rows = []
    for case in cases:
        method, problem = _find(case)
        mesh = sharded.make_mesh()
        given = sharded.place(method, problem, mesh)
        with CommDebugMode() as counted, Watch(mesh.size()) as watch:
            out = sharded.run(method, problem, given)
        ours = [sharded.gather(array) for array in tree_leaves(out)]
        alone = [a.numpy() for a in tree_leaves(method.function(*_place_here(method, problem)))]
        differences = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(ours, alone)]
        calls = {str(packet).rpartition(".")[2]: number for packet, number in counted.get_comm_counts().items()}
        rows.append(case | watch.traffic.to_json() | {"difference": float(max(differences)), "counted": calls})
    return rows


def _place_here(method: Any, problem: Any) -> tuple:
    """The kernel's arguments, whole, in this process."""

    def put(name: str) -> Any:
        array = layout.value(method, problem, name)
        kind = torch.int64 if layout.is_order(name) else torch.float32
        return torch.tensor(array, dtype=kind) if array.ndim else array.item()

    return layout.arrange(method, problem, put)


def _find(case: dict[str, Any]) -> tuple[Any, Any]:
    sizes = {letter: case[letter] for letter in "DBL"}
    return bench_core.method("logdet", case["method"], "torch"), bench_core.problem("logdet", **sizes)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    if "RANK" not in os.environ:
        print(json.dumps({"measured": measure(asked["measure"])}))
    else:
        dist.init_process_group("gloo")
        found = agree(asked["agree"])
        if dist.get_rank() == 0:
            print(json.dumps({"agreed": found}))
        dist.destroy_process_group()
