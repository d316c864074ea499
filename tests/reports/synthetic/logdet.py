"""Sessions of logdet: relative about D^2, inverse about D^3, a crossover, the memory frontier of jacobian_autodiff, and
a hole of every outcome.
"""

import math
from typing import Any

import numpy as np

from .machine import BANDWIDTH, COMMIT, FLOOR_S, MEMORY, RATE

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096, 8192)
BATCH, LAYERS = 100, 2
# name: (role, computes, form of the first row)
ROWS = {
    "gemm_floor": ("floor", "products"),
    "relative": ("method", "relative"),
    "relative_published": ("method", "relative"),
    "transposed": ("method", "transposed"),
    "inverse": ("method", "ordinary"),
    "slogdet_autodiff": ("method", "ordinary"),
    "jacobian_autodiff": ("method", "ordinary"),
    "relative_step": ("method", "step"),
    "value_tracking": ("method", "value"),
    "slogdet": ("calibration", "value"),
    "relative:compiled": ("method", "relative"),
    "relative~twin": ("twin", "relative"),
}


def count_flops(method: str, size: int) -> float:
    """FLOPs of one call, as in the table of the design notes."""
    u, layers = 2 * BATCH * size**2, LAYERS
    plain = (3 * layers - 1) * u
    return {
        "gemm_floor": (4 * layers - 1) * u,
        "relative": (4 * layers - 1) * u,
        "relative_published": (5 * layers - 1) * u,
        "transposed": 4 * layers * u,
        "inverse": plain + 8 / 3 * layers * size**3,
        "slogdet_autodiff": 1.15 * plain + 8 / 3 * layers * size**3,
        "jacobian_autodiff": plain + BATCH * 7.3 * size**3 * layers,
        "relative_step": (4 * layers - 1) * u * 0.98,
        "value_tracking": (4 * layers - 1) * u + 4 * BATCH**2 * size,
        "slogdet": 2 / 3 * layers * size**3,
    }[method]


def count_bytes(method: str, size: int) -> float:
    """Bytes moved by one call."""
    dense = 5 * 4 * LAYERS * size**2 + 24 * BATCH * size
    return dense + (8.0 * BATCH * size**2 if method == "jacobian_autodiff" else 0.0)


def peak(method: str, size: int) -> float:
    """Working memory of one call."""
    if method == "jacobian_autodiff":
        return 3 * 4.0 * BATCH * size**2 + 65536
    return 4.0 * (LAYERS * size**2 * (2 if method in ("inverse", "slogdet_autodiff") else 1) + 6 * BATCH * size) + 65536


def true_seconds(row: str, size: int, backend: str, device: str) -> float:
    """The noise-free time."""
    method, _, form = row.partition("~")[0].partition(":")
    place = (backend, device)
    floor = FLOOR_S[place] * (0.35 if form == "compiled" else 1.0)
    if method in ("slogdet_autodiff", "jacobian_autodiff"):
        floor *= 2.5
    # The copy bound matters at small sizes only: it would bend the exponents otherwise.
    rate = RATE[place] * (0.62 if method in ("inverse", "slogdet_autodiff", "jacobian_autodiff") else 0.85)
    speed = {"relative": 1.04, "transposed": 1.02, "relative:compiled": 1.03}.get(row.partition("~")[0], 1.0)
    return floor + speed * count_flops(method, size) / rate


def find_hole(row: str, size: int, backend: str, device: str) -> tuple[str, str] | None:
    """Outcome and reason of what does not run: every outcome occurs."""
    if row == "jacobian_autodiff":
        if device == "cuda":
            limit = 1024
            if size == 2048:
                return "oom", "CUDA out of memory: tried to allocate 156.25 GiB"
        elif backend == "torch":
            limit = 256
            if size == 512:
                return "oom", "the child process was killed: memory above 24.0 GB"
        else:
            limit = 256
            if size > limit:
                return (
                    "over_budget",
                    f"predicted {true_seconds(row, size, backend, device):.3g} s a call is over the budget of 2 s",
                )
        return ("skipped", "not tried: a smaller size ran out of memory") if size > limit else None
    if row == "inverse" and size == 8192 and device == "cpu":
        return (
            "over_budget",
            f"predicted {true_seconds(row, size, backend, device):.3g} s a call is over the budget of 2 s",
        )
    if row == "slogdet_autodiff" and size >= 4096 and device == "cpu":
        if size == 4096:
            return "timeout", "no answer after 120 s"
        return "skipped", "not tried: a smaller size ran out of time"
    if row == "transposed" and size == 256 and backend == "jax":
        return "wrong", "error 3.1e-02 above the tolerance 1e-04"
    if row == "value_tracking" and size == 8 and backend == "torch" and device == "cpu":
        return "error", "RuntimeError: the determinant lemma needs D >= 16"
    if row == "relative:compiled" and size > 1024:
        return "skipped", "compiled forms are measured up to D = 1024"
    return None


def make_row(
    row: str, size: int, backend: str, device: str, drift: np.ndarray, generator: np.random.Generator
) -> dict[str, Any]:
    """One row of a session record."""
    method, _, form = row.partition("~")[0].partition(":")
    role, computes = ROWS[row]
    hole = find_hole(row, size, backend, device)
    seconds = true_seconds(row, size, backend, device)
    rounds = drift.size
    compiled = bool(form) or backend == "jax"
    record: dict[str, Any] = {
        "method": method,
        "form": form or ("jit" if backend == "jax" else "eager"),
        "exact": True,
        "role": role,
        "computes": computes,
        "source": "Gresele et al. 2020, eq. 13-15" if "relative" in method else "",
        "outcome": hole[0] if hole else "ok",
        "reason": hole[1] if hole else "",
        "predicted_s": seconds * 1.1,
        "predicted_bytes": peak(method, size),
        "error": (2e-7 if method != "jacobian_autodiff" else 1.5e-6) * (1 + math.log2(size)),
        "tolerance": 1e-4,
        "measure": "residual" if computes == "ordinary" else "reference",
        "cost": {
            "flops": count_flops(method, size),
            "bytes": count_bytes(method, size),
            "vjps": 0,
            "jvps": 0,
            "peak_bytes": peak(method, size),
        },
        "build_s": 0.012,
        "compile_s": (0.9 if form else 0.15) if compiled else None,
        "first_call_s": 3 * seconds + 0.004,
        "peak_bytes": None,
        "peak_instrument": "max_memory_allocated" if device == "cuda" else "VmHWM rise",
        "number": 1,
        "rounds": [],
        "positions": [],
        "samples_s": [],
    }
    if hole:
        if hole[0] == "wrong":
            record["error"] = 3.1e-2
        else:
            record |= {"error": None, "build_s": None, "compile_s": None, "first_call_s": None}
        if hole[0] == "skipped":
            record |= {"predicted_s": None, "predicted_bytes": None}
        return record
    noise = np.exp(generator.normal(0, 0.006, rounds)) * drift
    return record | {
        "peak_bytes": int(peak(method, size) * 1.05),
        "number": max(1, round(1e-3 / seconds)),
        "rounds": list(range(rounds)),
        "positions": [int(p) for p in generator.permutation(rounds) % len(ROWS)],
        "samples_s": [float(f"{s:.6g}") for s in seconds * noise],
    }


def make_session(
    size: int,
    backend: str = "torch",
    device: str = "cpu",
    process: int = 0,
    processes: int = 1,
    rounds: int = 24,
    commit: str | None = COMMIT,
    slower: float = 1.0,
    rows: tuple[str, ...] = tuple(ROWS),
) -> dict[str, Any]:
    """One session record."""
    places = sorted(RATE)
    generator = np.random.default_rng([size, places.index((backend, device)), process])
    drift = slower * np.exp(0.02 * np.sin(np.arange(rounds) / 5) + generator.normal(0, 0.01, rounds))
    names = [row for row in rows if not (row == "relative:compiled" and backend == "jax")]
    if backend == "jax" and process == 0:
        names = [row for row in names if row != "relative_published"]
    return {
        "schema": 1,
        "ruler": 1,
        "cell": {
            "family": "logdet",
            "backend": backend,
            "device": device,
            "dtype": "float32",
            "sizes": {"D": size, "B": BATCH, "L": LAYERS},
        },
        "profile": "standard",
        "process": process,
        "processes": processes,
        "seed": 0,
        "commit": commit,
        "dirty": False,
        "started_at": f"2026-11-21T08:{SIZES.index(size) if size in SIZES else 30:02d}:0{process}Z",
        "elapsed_s": 8.1,
        "stages_s": {
            "start": 1.9,
            "problem": 0.1,
            "oracle": 0.2,
            "build": 0.8,
            "check": 1.0,
            "warmup": 0.2,
            "rounds": 3.0,
        },
        "environment": {
            "python": "3.11.7",
            "packages": {"torch": "2.13.0", "jax": "0.10.2", "numpy": "2.4.6"},
            "os": "Linux 6.1 x86_64",
            "cpu": "Synthetic CPU",
            "cores": 2,
            "threads": 2,
            "memory_bytes": MEMORY[device],
            "gpu": "Synthetic GPU" if device == "cuda" else None,
            "driver": "600.1" if device == "cuda" else None,
            "blas": "mkl",
            "load_before": 0.1,
            "load_after": 1.9,
            "mhz_before": 2500.0,
            "mhz_after": 2490.0,
            "throttled": None,
            "matmul_precision": "highest",
        },
        "ceiling": {
            "gemm_flops_per_s": RATE[(backend, device)],
            "gemm": "1024x1024x1024 float32",
            "copy_bytes_per_s": BANDWIDTH[device],
            "copy": "256 MiB float32",
        },
        "canary": {"what": "256x256x256 float32 product", "samples_s": [float(f"{2.8e-4 * d:.6g}") for d in drift]},
        "stop": {"reason": "budget" if size >= 4096 else "narrow", "rounds": rounds},
        "failures": (
            ["check: jacobian_autodiff, killed by signal 9, memory above 24.0 GB"]
            if size == 512 and backend == "torch" and device == "cpu" and process == 0
            else []
        ),
        "rows": {row: make_row(row, size, backend, device, drift, generator) for row in names},
    }
