"""JAX: what compiled programs say of several devices, and whether they answer as one device does.

``python -m benchmarks.sharding.programs.jax JSON``, a process of its own: how many devices a CPU is to be is asked
once, ``XLA_FLAGS=--xla_force_host_platform_device_count=8``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jax
import numpy as np

import bench_core
from bench_core.logdet.sharded import jax as sharded
from benchmarks.sharding.programs.hlo import read_traffic


def measure(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Collectives and bytes of one device, each case compiled and none run: no array of its sizes is made."""
    rows = []
    for case in cases:
        method, problem = _find(case)
        compiled = sharded.prepare(method, problem, sharded.make_mesh(case["devices"]))
        memory: Any = compiled.memory_analysis()
        held = memory.argument_size_in_bytes
        peak = held + memory.output_size_in_bytes + memory.temp_size_in_bytes - memory.alias_size_in_bytes
        rows.append(case | read_traffic(compiled.as_text() or "").to_json() | {"held_bytes": held, "peak_bytes": peak})
    return rows


def agree(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each case run on its devices and on one: the largest relative difference of a result."""
    rows = []
    for case in cases:
        method, problem = _find(case)
        found = []
        for devices in (case["devices"], 1):
            mesh = sharded.make_mesh(devices)
            out = sharded.prepare(method, problem, mesh)(*sharded.place(method, problem, mesh))
            found.append([sharded.gather(array) for array in jax.tree.leaves(out)])
        differences = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(*found)]
        rows.append(case | {"difference": float(max(differences))})
    return rows


def _find(case: dict[str, Any]) -> tuple[Any, Any]:
    sizes = {letter: case[letter] for letter in "DBL"}
    return bench_core.method("logdet", case["method"], "jax"), bench_core.problem("logdet", **sizes)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps({"measured": measure(asked["measure"]), "agreed": agree(asked["agree"])}))
