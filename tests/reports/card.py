"""Records of a GPU: synthetic sessions with the clocks, the graphs and the state of a card beside their samples."""

import copy
from pathlib import Path
from typing import Any

import numpy as np

# Of a queued call: what a call waited for takes, warm and cold, and what the device's clock says.
LATENCY, COLD, DEVICE, BUSY = 1.1, 1.25, 0.95, 0.4
# A graph of a row takes this share of it, up to this size.
GRAPH, LARGEST = 0.25, 256
ROWS = ("relative", "relative_step", "gemm_floor", "inverse")
CARD = {
    "default_sm_mhz": 1980,
    "sm_mhz": 1980.0,
    "sm_mhz_samples": [1980, 1980],
    "reasons": [],
    "taken_at_start_bytes": 3_000_000,
    "before": {"power_w": 130.0, "temperature_c": 50, "others_bytes": 0},
    "after": {"power_w": 500.5, "temperature_c": 60, "others_bytes": 0},
}


def make_session(synthetic: Any, size: int, backend: str = "torch", dtype: str = "float32", process: int = 0):
    """A session of logdet on a card: torch with a graph of `relative`, JAX with busy times."""
    session = synthetic.make_session(size, "torch", "cuda", process, 3, rounds=12, rows=ROWS)
    session["cell"] |= {"backend": backend, "dtype": dtype}
    session |= {"profile": "card", "state": {"card": copy.deepcopy(CARD), "steal": 0.0, "load_of_others": 0.1}}
    session["environment"] |= {"matmul_precision": "tf32" if dtype == "tf32" else "highest"}
    session["environment"]["xla_flags"] = "--xla_some_flag=false"
    rows = session["rows"]
    if backend == "torch":
        rows["relative:graph"] = _replay(rows["relative"], size)
    for row in rows.values():
        if backend == "jax":
            row["form"] = "jit"
        if row["outcome"] == "ok":
            row |= read_clocks(row["samples_s"], BUSY if backend == "jax" else DEVICE)
    return session


def read_clocks(samples: list[float], device: float) -> dict[str, list[float]]:
    """What the other clocks say of a row with these samples."""
    usual = float(np.median(samples))
    return {"latency_s": [LATENCY * usual] * 3, "cold_latency_s": [COLD * usual] * 3, "device_s": [device * usual]}


def scale_to(row: dict[str, Any], other: dict[str, Any], factor: float) -> None:
    """Let a row take so many times another's time in every round."""
    row["samples_s"] = [factor * seconds for seconds in other["samples_s"]]


def write_results(synthetic: Any, folder: Path, processes: int = 1) -> Path:
    """torch at four sizes and at one in TF32, JAX at two."""
    cells = [(size, "torch", "float32") for size in (64, 256, 1024, 8192)]
    cells += [(8192, "torch", "tf32"), (64, "jax", "float32"), (8192, "jax", "float32")]
    for size, backend, dtype in cells:
        for process in range(processes):
            synthetic.write_session(folder, make_session(synthetic, size, backend, dtype, process), "card")
    return folder


def _replay(row: dict[str, Any], size: int) -> dict[str, Any]:
    graph = copy.deepcopy(row) | {"form": "graph"}
    if size <= LARGEST:
        scale_to(graph, row, GRAPH)
        return graph
    nothing = {"samples_s": [], "rounds": [], "positions": [], "error": None}
    return graph | nothing | {"outcome": "skipped", "reason": f"form 'graph' is timed up to D = {LARGEST}"}
