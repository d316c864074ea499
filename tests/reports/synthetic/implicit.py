"""Sessions of implicit: times linear in the products, errors that fall with the terms of a Neumann series, memory that
grows with the depth of an unrolled iteration and no other.
"""

import itertools
import math
from typing import Any

import numpy as np

from .logdet import make_session
from .machine import FLOOR_S, RATE

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
    "lineax_bicgstab": ("peer", "parameter_gradient", True, {}),
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
            **({"looser_residual": 3 * TOLERANCE} if role == "peer" else {}),
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
    other = ("torchdeq_fixed_point", "jfb:compiled") if backend == "jax" else ("jaxopt_bicgstab", "lineax_bicgstab")
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
