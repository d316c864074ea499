"""The record of what the kernels send and hold on several devices.

JSON in ``results/<machine>/studies/<commit[:8]>/logdet-devices.sharding``::

    {"schema": 1, "machine": "...", "commit": "40 hex digits or null", "dirty": false,
     "command": "python -m benchmarks sharding", "started_at": "2026-11-26T16:00:00Z", "finished_at": "...",
     "environment": {...}, "settings": {"B": 100, "L": 2, "dtype": "float32"},
     "measured": [{"backend": "jax", "method": "relative", "D": 8192, "B": 100, "L": 2, "devices": 8,
                   "counts": {"all-reduce": 1}, "payload_bytes": {"all-reduce": 6.6e6}, "wire_bytes": 1.1e7,
                   "largest_bytes": 6.6e6, "formula_bytes": 1.1e7, "held_bytes": 7.0e7, "peak_bytes": 1.5e8}],
     "agreed": [{"backend": "torch", "method": "relative", "D": 256, ..., "devices": 2, "difference": 2e-7}],
     "formulas": [{"method": "relative", "D": 1000000, "devices": 512, "flops": ..., "bytes": ..., "wire_bytes": ...,
                   "peak_bytes": ...}]}

``measured`` is of one device: bytes that it sends along a ring, those that it holds before the call (its part of the
parameters, and the data) and at most, results included. ``largest_bytes`` are those of the largest array that is
exchanged. ``agreed``: the largest relative difference of a result from one device's. ``formulas`` are measured nowhere:
one device's share (``bench_core/logdet/sharded/share.py``), of which a model of more devices than there are is made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bench_core
from bench_core.logdet.sharded import layout, share, traffic
from benchmarks.harness import environment
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.policy import threads
from benchmarks.harness.record import timestamp, write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import Store

SCHEMA = 1
METHODS = layout.METHODS
SETTINGS = {"B": 100, "L": 2, "dtype": "float32"}
DEVICES = (1, 2, 4, 8)
SIZES = (1024, 2048, 4096, 8192, 16384)
# Run, not only compiled: small enough for eight devices that are two cores.
AGREED = {"D": 256, "B": 20, "L": 3}
PROCESSES = 2
MODELLED = {"D": (50_000, 100_000, 200_000, 500_000, 1_000_000), "devices": (8, 64, 512)}


def write(machine: str | None, command: str) -> Path:
    """Ask both frameworks, write the record and return where it lies."""
    store = Store(machine=machine)
    with machine_lock("sharding"):
        started = timestamp()
        measured, agreed = ask_all()
        record = {
            "schema": SCHEMA,
            "machine": store.machine,
            "commit": store.commit,
            "dirty": store.dirty,
            "command": command,
            "started_at": started,
            "finished_at": timestamp(),
            "environment": environment.describe("cpu", threads()),
            "settings": SETTINGS,
            "measured": measured,
            "agreed": agreed,
            "formulas": list_formulas(),
        }
    folder = store.results / store.machine / "studies" / (store.commit or "unknown")[:8]
    path = folder / "logdet-devices.sharding"
    write_json(path, record)
    return path


def ask_all() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What both frameworks say of every case, and how far their results are from one device's."""
    cases = [
        {"method": name, "D": D, "B": SETTINGS["B"], "L": SETTINGS["L"], "devices": devices}
        for name in METHODS
        for devices in DEVICES
        for D in SIZES
    ]
    small = [AGREED | {"method": name, "devices": DEVICES[-1]} for name in METHODS]
    pair = [AGREED | {"method": name, "devices": PROCESSES} for name in METHODS]
    found = {
        "jax": ask("jax", {"measure": cases, "agree": small}),
        "torch": ask("torch", {"measure": cases}) | ask("torch", {"agree": pair}, processes=PROCESSES),
    }
    measured = [_beside_formula(backend, row) for backend, said in found.items() for row in said["measured"]]
    agreed = [{"backend": backend} | row for backend, said in found.items() for row in said["agreed"]]
    return measured, agreed


def ask(backend: str, asked: dict[str, Any], processes: int | None = None) -> dict[str, Any]:
    """What a child process of this framework says, or a group of them under ``torchrun``.

    Raises ``ValueError`` with its last line where it fails.
    """
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={DEVICES[-1]}".strip()
    group = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes else []
    done = subprocess.run(
        [sys.executable, *group, "-m", f"benchmarks.sharding.programs.{backend}", json.dumps(asked)],
        cwd=ROOT,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise ValueError(f"{backend} over several devices failed: {last}")
    return json.loads(done.stdout)


def list_formulas() -> list[dict[str, Any]]:
    """What the formulas say of more devices than there are, in the leading terms of each."""
    rows = []
    for name in METHODS:
        method = bench_core.method("logdet", name, "torch")
        for D in MODELLED["D"]:
            problem = bench_core.problem("logdet", D=D, B=SETTINGS["B"], L=SETTINGS["L"])
            for devices in MODELLED["devices"]:
                row = {"method": name, "D": D, "devices": devices}
                rows.append(row | asdict(share.share(method, problem, devices)))
    return rows


def _beside_formula(backend: str, row: dict[str, Any]) -> dict[str, Any]:
    method = bench_core.method("logdet", row["method"], backend)
    problem = bench_core.problem("logdet", D=row["D"], B=row["B"], L=row["L"])
    formula = traffic.exchanges(method, problem, row["devices"])
    return {"backend": backend} | row | {"formula_bytes": formula.wire_bytes}
