"""Synthetic results with a known truth, in the very format of `docs/session-record.md` and of asv 0.6.6.

The times follow the cost formulas of the families over a floor, with noise shared by the rows of a round, so
that a report built from them must find, for logdet: relative about D^2, inverse about D^3, a crossover, the memory
frontier of jacobian_autodiff, and a hole of every outcome; for implicit: times linear in the products, errors that fall
with the terms of a Neumann series, memory that grows with the depth of an unrolled iteration and no other.
"""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

COMMIT = "3f2a9c1e5b7d80416c2e9fa83b6d5107e4c8a29f"
OLD_COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
MACHINE = "synthetic-machine"
SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096, 8192)
BATCH, LAYERS = 100, 2
OUTCOMES = {"ok": 0, "skipped": 1, "over_budget": 2, "oom": 3, "timeout": 4, "wrong": 5, "error": 6}
RATE = {("torch", "cpu"): 1.2e11, ("jax", "cpu"): 9.0e10, ("torch", "cuda"): 2.4e13}
BANDWIDTH = {"cpu": 1.5e10, "cuda": 2.8e12}
FLOOR_S = {("torch", "cpu"): 4.0e-5, ("jax", "cpu"): 2.0e-5, ("torch", "cuda"): 1.2e-4}
MEMORY = {"cpu": 25_165_824_000, "cuda": 149_000_000_000}
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

DIMENSIONS, BATCHES, SPECTRUM = (32, 64, 128, 256, 512), (1, 64), 128
GAMMAS, MAPS, CONV = (0.5, 0.9, 0.99), ("random", "symmetric", "rotation"), (64, 256, 1024)
TOLERANCE, MOST = 1e-6, 1000
# Contraction of the powers of dT/du in units of gamma.
CONTRACTION = {"random": 0.55, "symmetric": 1.0, "rotation": 1.0, "conv": 0.9}
ORDERS, DEPTHS = (1, 2, 5, 10, 20), (10, 30, 100, 300, 1000)
SOLVERS = ("neumann", "cg", "cg_published", "gmres", "bicgstab", "bicgstab_global", "anderson", "broyden")
# name: (role, computes, exact, settings)
IMPLICIT_ROWS = {
    "parameter_vjp": ("floor", "products", True, {}),
    "jfb": ("method", "parameter_gradient", False, {}),
    "jfb:compiled": ("method", "parameter_gradient", False, {}),
    "jfb~twin": ("twin", "parameter_gradient", False, {}),
    **{f"neumann_{k}": ("method", "parameter_gradient", False, {"k": k}) for k in ORDERS},
    "phantom": ("method", "parameter_gradient", False, {"k": 5, "damping": 0.9}),
    "shine": ("method", "parameter_gradient", False, {}),
    **{f"unrolled_{K}": ("method", "parameter_gradient", False, {"K": K}) for K in DEPTHS},
    **{f"unrolled_checkpointed_{K}": ("method", "parameter_gradient", False, {"K": K}) for K in DEPTHS},
    **{row: ("method", "parameter_gradient", True, {}) for row in SOLVERS},
    "bicgstab_global": ("method", "parameter_gradient", True, {"whole": True}),
    "dense": ("method", "parameter_gradient", True, {}),
    **{f"forward_{row}": ("method", "fixed_point", True, {}) for row in ("picard", "anderson", "broyden")},
    "torchdeq_fixed_point": ("peer", "parameter_gradient", True, {}),
    "jaxopt_bicgstab": ("peer", "parameter_gradient", True, {}),
    "lineax_gmres": ("peer", "parameter_gradient", True, {}),
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


def count_iterations(row: str, gamma: float, T: str) -> int:
    """Iterations to the tolerance: the Neumann series' at the contraction of the map, fewer of the Krylov methods."""
    terms = math.ceil(math.log(TOLERANCE) / math.log(gamma * CONTRACTION[T]))
    solver = row.removeprefix("forward_").removeprefix("torchdeq_").removeprefix("jaxopt_").removeprefix("lineax_")
    share = {"cg": 1.7, "cg_published": 1.7, "neumann": 1.0, "picard": 1.0, "fixed_point": 1.0}.get(solver)
    return math.ceil(share * terms if share else {"gmres": 3.0, "bicgstab": 4.0}.get(solver, 4.5) * terms**0.5)


def count_products(row: str, size: int, gamma: float, T: str) -> dict[str, int]:
    """Products and evaluations per sample of one call."""
    method, _, number = row.partition("~")[0].partition(":")[0].rpartition("_")
    n = count_iterations(row, gamma, T)
    vjps, jvps, evaluations = 0, 0, 0
    if number.isdigit():
        vjps = int(number) - (method != "neumann")
        evaluations = 0 if method == "neumann" else int(number) * (2 if "checkpointed" in method else 1)
    elif row.startswith("forward"):
        evaluations = n
    elif row == "dense":
        vjps = size
    elif row == "phantom":
        vjps = 4
    elif row.startswith("cg"):
        vjps, jvps = (2 + 3 * n, 2 + 3 * n) if row == "cg_published" else (n, n)
    elif row in SOLVERS or IMPLICIT_ROWS[row][0] == "peer":
        vjps = n
    return {"vjps": vjps, "jvps": jvps, "evaluations": evaluations}


def true_implicit_seconds(row: str, size: int, batch: int, gamma: float, T: str, backend: str) -> float:
    """The noise-free time: a floor, and as much for each product."""
    # Two rates: a library is slower than the same products of ours.
    rate = RATE[(backend, "cpu")] * (0.7 if IMPLICIT_ROWS[row.partition("~")[0]][0] == "peer" else 1.0)
    work = (1 + sum(count_products(row, size, gamma, T).values())) * 2 * batch * size**2
    work += batch * size**3 * 2 / 3 if row == "dense" else 0.0
    floor = FLOOR_S[(backend, "cpu")] * (0.4 if ":" in row else 1.0)
    return floor * (1 + 0.2 * sum(count_products(row, size, gamma, T).values()) ** 0.5) + work / rate


def true_error(row: str, gamma: float, T: str) -> float:
    """Relative error: what the terms that were left out weigh, or the tolerance."""
    _, _, number = row.partition("~")[0].partition(":")[0].rpartition("_")
    left = gamma * CONTRACTION[T]
    if IMPLICIT_ROWS[row.partition("~")[0]][2]:
        return 1e-13 if row == "dense" else 0.4 * TOLERANCE
    if number.isdigit():
        return max(left ** (int(number) + 1), 1e-15)
    return {"phantom": left**4, "shine": 0.6 * left}.get(row, left)


def peak_implicit(row: str, size: int, batch: int) -> float:
    """Working memory of one call: the states that are kept, and the gradient."""
    method, _, number = row.partition("~")[0].partition(":")[0].rpartition("_")
    states = 5.0
    if number.isdigit() and method != "neumann":
        states = 3.0 * int(number) if method == "unrolled" else 6.0 * int(number) ** 0.5
    return 8.0 * (size**2 + states * batch * size) + 65536


def find_implicit_hole(row: str, size: int, batch: int, gamma: float, T: str) -> tuple[str, str] | None:
    """Outcome and reason of what does not run."""
    if row.startswith("cg") and gamma > 0.95 and T == "symmetric":
        return "wrong", "not converged: residual 3.1e-04 after 1000 iterations, tolerance 1e-06"
    if row == "dense" and size * batch > 16384:
        return "over_budget", "predicted 4.1 s a call is over the budget of 2 s"
    if row == "unrolled_1000" and size * batch >= 32768:
        return "oom", "the child process was killed: memory above 24.0 GB"
    if row == "forward_broyden" and T == "conv":
        return "error", "RuntimeError: the update of a rank-one pair is not finite"
    return None


def make_implicit_row(
    row: str, sizes: dict[str, Any], backend: str, drift: np.ndarray, generator: np.random.Generator
) -> dict[str, Any]:
    """One row of a session record of the implicit family."""
    D, B, gamma, T = (sizes[letter] for letter in ("D", "B", "gamma", "T"))
    role, computes, exact, settings = IMPLICIT_ROWS[row]
    method, _, form = row.partition("~")[0].partition(":")
    hole = find_implicit_hole(row, D, B, gamma, T)
    seconds, products = true_implicit_seconds(row, D, B, gamma, T, backend), count_products(row, D, gamma, T)
    error = 3.1e-4 if hole and hole[0] == "wrong" else true_error(row, gamma, T)
    iterations = count_iterations(row, gamma, T) if exact and row != "dense" else 0
    measured = hole is None or hole[0] == "wrong"
    record: dict[str, Any] = {
        "method": method,
        "form": form or ("jit" if backend == "jax" else "eager"),
        "exact": exact,
        "role": role,
        "computes": computes,
        "source": "jaxopt 0.8.5" if row.startswith("jaxopt") else "Wu Fung et al. 2022",
        "settings": settings,
        "outcome": hole[0] if hole else "ok",
        "reason": hole[1] if hole else "",
        "predicted_s": seconds * 1.1,
        "predicted_bytes": peak_implicit(row, D, B),
        "error": error if measured else None,
        "tolerance": 1e-10 if row == "dense" else TOLERANCE,
        "measure": "residual" if computes == "fixed_point" else "reference" if D <= 64 else "probes",
        "cost": {
            "flops": (1 + sum(products.values())) * 2.0 * B * D**2,
            "bytes": (1 + sum(products.values())) * 8.0 * (D**2 + 4 * B * D),
            "peak_bytes": peak_implicit(row, D, B),
            **products,
        },
        "products": {**products, "counted": backend == "torch"} if measured else {},
        "quality": {
            "residual": error,
            "cosine": 1 - 0.5 * min(error, 1.0) ** 2,
            "descent": 1 - 0.8 * min(error, 1.0),
            "iterations_mean": 0.9 * iterations,
            "iterations_max": iterations,
        }
        if measured
        else {},
        "build_s": 0.012,
        "compile_s": (0.9 if form else 0.15) if form or backend == "jax" else None,
        "first_call_s": 3 * seconds + 0.004,
        "peak_bytes": None,
        "peak_instrument": "VmHWM rise",
        "number": 1,
        "rounds": [],
        "positions": [],
        "samples_s": [],
    }
    if hole:
        return record
    noise = np.exp(generator.normal(0, 0.006, drift.size)) * drift
    return record | {
        "peak_bytes": int(peak_implicit(row, D, B) * 1.05),
        "rounds": list(range(drift.size)),
        "positions": [int(p) for p in generator.permutation(drift.size) % len(IMPLICIT_ROWS)],
        "samples_s": [float(f"{s:.6g}") for s in seconds * noise],
    }


def make_implicit_session(
    size: int,
    batch: int = 64,
    gamma: float = 0.9,
    T: str = "random",
    backend: str = "torch",
    process: int = 0,
    rounds: int = 12,
    rows: tuple[str, ...] = tuple(IMPLICIT_ROWS),
) -> dict[str, Any]:
    """One session record of the implicit family."""
    sizes = {"D": size, "B": batch, "gamma": gamma, "T": T, "tol": TOLERANCE}
    key = [size, batch, round(100 * gamma), sorted(CONTRACTION).index(T), ("torch", "jax").index(backend), process]
    generator = np.random.default_rng(key)
    drift = np.exp(0.02 * np.sin(np.arange(rounds) / 5) + generator.normal(0, 0.01, rounds))
    record = make_session(512 if size >= 512 else 64, backend, "cpu", process, rounds=rounds, rows=())
    other = ("torchdeq_fixed_point", "jfb:compiled") if backend == "jax" else ("jaxopt_bicgstab", "lineax_gmres")
    record["cell"] |= {"family": "implicit", "dtype": "float64", "sizes": sizes}
    record["failures"] = []
    record["rows"] = {row: make_implicit_row(row, sizes, backend, drift, generator) for row in rows if row not in other}
    return record


def list_implicit() -> dict[str, list[dict[str, Any]]]:
    """Sizes of the cells of each sweep, by the end of its asv class's name."""
    return {
        "": [{"size": D, "batch": B} for D, B in itertools.product(DIMENSIONS, BATCHES)],
        "Spectrum": [{"size": SPECTRUM, "gamma": gamma, "T": T} for gamma, T in itertools.product(GAMMAS, MAPS)],
        "Conv": [{"size": D, "T": "conv"} for D in CONV],
    }


def write_implicit(folder: Path, rounds: int = 12, jax: tuple[str, ...] = ("", "Spectrum", "Conv")) -> Path:
    """Add the implicit family to a results folder: three sweeps on torch and these of them on JAX, sessions and an asv
    file.
    """
    environment = "virtualenv-py3.11-torch2.13.0-BENCH_DEVICEcpu-BENCH_PROFILEstandard-implicit"
    results: dict[str, list[dict[str, Any]]] = {}
    for backend in ("torch", "jax"):
        for sweep, cells in list_implicit().items():
            if backend == "jax" and sweep not in jax:
                continue
            sessions = [make_implicit_session(**cell, backend=backend, rounds=rounds) for cell in cells]
            results[f"implicit.{backend.capitalize()}{sweep}"] = sessions
            for session in sessions:
                write_session(folder, session, environment)
    _write_asv(folder, make_asv(results, environment, "cpu"), environment)
    return folder


def make_asv(
    classes: dict[str, list[dict[str, Any]]],
    environment: str,
    device: str,
    commit: str = COMMIT,
    date: int = 1763712000000,
) -> dict[str, Any]:
    """asv's result file of each class's sessions (api version 2), values compressed as asv compresses them."""
    columns = [
        "result",
        "params",
        "version",
        "started_at",
        "duration",
        "stats_ci_99_a",
        "stats_ci_99_b",
        "stats_q_25",
        "stats_q_75",
        "stats_number",
        "stats_repeat",
        "samples",
        "profile",
    ]
    results = {}
    for class_, chosen in classes.items():
        rows = sorted({row for s in chosen for row in s["rows"]})
        letters = list(chosen[0]["cell"]["sizes"])
        axes = [sorted({s["cell"]["sizes"][letter] for s in chosen}) for letter in letters]
        params = [[repr(value) for value in axis] for axis in (rows, *axes, [chosen[0]["cell"]["dtype"]])]
        found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for s, row in itertools.product(chosen, rows):
            if row in s["rows"]:
                found.setdefault((row, *s["cell"]["sizes"].values()), []).append(s["rows"][row])
        points = [found.get(point) for point in itertools.product(rows, *axes)]
        pooled = [[x for r in point for x in r["samples_s"]] if point else None for point in points]
        stats: dict[str, list[Any]] = {name: [] for name in columns}
        for samples in pooled:
            for name, value in _summarise(samples).items():
                stats[name].append(value)
        prefix = f"{class_}.track_"
        common = {"params": params, "version": "1", "started_at": date, "duration": 12.5}
        results[prefix + "seconds"] = _column(columns, {**stats, **common, "samples": [s or None for s in pooled]})
        for metric, pick in {
            "outcome": lambda r: float(OUTCOMES[r["outcome"]]),
            "error": lambda r: math.nan if r["error"] is None else r["error"],
            "peak_bytes": lambda r: math.nan if r["peak_bytes"] is None else float(r["peak_bytes"]),
        }.items():
            values = [pick(point[0]) if point else math.nan for point in points]
            results[prefix + metric] = _column(columns, {"result": values, **common})
    return {
        "commit_hash": commit,
        "env_name": environment,
        "date": date,
        "params": {
            "machine": MACHINE,
            "arch": "x86_64",
            "cpu": "Synthetic CPU",
            "num_cpu": "2",
            "os": "Linux",
            "ram": "25165824",
        },
        "python": "3.11",
        "requirements": {"torch": "2.13.0"},
        "env_vars": {"BENCH_DEVICE": device, "BENCH_PROFILE": "standard"},
        "result_columns": columns,
        "results": results,
        "durations": {},
        "version": 2,
    }


def _summarise(samples: list[float] | None) -> dict[str, Any]:
    if not samples:
        return {
            "result": math.nan,
            "stats_ci_99_a": None,
            "stats_ci_99_b": None,
            "stats_q_25": None,
            "stats_q_75": None,
            "stats_number": None,
            "stats_repeat": None,
        }
    low, q25, median, q75, high = (float(q) for q in np.quantile(samples, [0.1, 0.25, 0.5, 0.75, 0.9]))
    return {
        "result": median,
        "stats_ci_99_a": low,
        "stats_ci_99_b": high,
        "stats_q_25": q25,
        "stats_q_75": q75,
        "stats_number": 1,
        "stats_repeat": len(samples),
    }


def _column(columns: list[str], values: dict[str, Any]) -> list[Any]:
    """asv drops trailing empty columns, and a column that holds nothing is null."""
    row = [values.get(name) for name in columns]
    row = [
        None if isinstance(v, list) and n != "params" and all(x is None for x in v) else v
        for n, v in zip(columns, row, strict=True)
    ]
    while row and row[-1] is None:
        row.pop()
    return row


def write_session(folder: Path, session: dict[str, Any], environment: str) -> Path:
    """Write a record where the harness would."""
    cell = session["cell"]
    name = f"{cell['family']}-{cell['backend']}-{cell['device']}-{cell['dtype']}-" + "-".join(
        f"{k}{v}" for k, v in cell["sizes"].items()
    )
    place = folder / MACHINE / "sessions" / f"{(session['commit'] or 'none')[:8]}-{environment}"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{name}.p{session['process']}.session"
    path.write_text(json.dumps(session), encoding="utf-8")
    return path


def write_index(folder: Path) -> None:
    """`benchmarks.json` and `machine.json`."""
    letters = {
        "logdet": ("D", "B", "L"),
        "implicit": ("D", "B", "gamma", "T", "tol"),
        "line_integral": ("d", "B", "H", "J"),
        "score": ("d", "H", "L", "B"),
    }
    classes = [("logdet", ""), ("implicit", ""), ("implicit", "Spectrum"), ("implicit", "Conv")]
    classes += [("line_integral", "Kronecker"), ("score", "")]
    metrics = ("seconds", "outcome", "error", "peak_bytes")
    index: dict[str, Any] = {"version": 2}
    for (family, sweep), backend, metric in itertools.product(classes, ("Torch", "Jax"), metrics):
        name, names = f"{family}.{backend}{sweep}.track_{metric}", ["method", *letters[family], "dtype"]
        index[name] = {
            "name": name,
            "param_names": names,
            "params": [],
            "unit": metric,
            "version": "1",
            "type": "track",
        }
    (folder / MACHINE).mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(index), encoding="utf-8")
    machine = {
        "machine": MACHINE,
        "arch": "x86_64",
        "cpu": "Synthetic CPU",
        "num_cpu": "2",
        "os": "Linux",
        "ram": "25165824",
        "version": 1,
    }
    (folder / MACHINE / "machine.json").write_text(json.dumps(machine), encoding="utf-8")


def write_results(
    folder: Path,
    sizes: tuple[int, ...] = SIZES,
    processes: int = 3,
    cuda: bool = True,
    old: bool = False,
    rounds: int = 24,
) -> Path:
    """A whole results folder; returns it."""
    write_index(folder)
    for device, backends in (("cpu", ("torch", "jax")), ("cuda", ("torch",))):
        if device == "cuda" and not cuda:
            continue
        environment = f"virtualenv-py3.11-torch2.13.0-BENCH_DEVICE{device}-BENCH_PROFILEstandard"
        sessions = [
            make_session(size, backend, device, process, processes, rounds)
            for backend, size, process in itertools.product(backends, sizes, range(processes))
        ]
        for session in sessions:
            write_session(folder, session, environment)
        classes = {
            f"logdet.{backend.capitalize()}": [s for s in sessions if s["cell"]["backend"] == backend]
            for backend in backends
        }
        _write_asv(folder, make_asv(classes, environment, device), environment)
        if old and device == "cpu":
            before = [make_session(s, "torch", device, 0, 1, rounds, OLD_COMMIT, slower=1.2) for s in sizes]
            old_asv = make_asv({"logdet.Torch": before}, environment, device, OLD_COMMIT, 1763020800000)
            _write_asv(folder, old_asv, environment)
    return folder


def _write_asv(folder: Path, data: dict[str, Any], environment: str) -> None:
    path = folder / MACHINE / f"{data['commit_hash'][:8]}-{environment}.json"
    path.write_text(json.dumps(data), encoding="utf-8")


if __name__ == "__main__":
    import sys

    print(write_implicit(write_results(Path(sys.argv[1]), old=True)))
