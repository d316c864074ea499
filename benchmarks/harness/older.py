"""What kernels, methods and problems of older commits lack: asv times them with today's ruler.

Each function asks for an ability of ``bench_core``'s contract and says what holds where the commit under test is from
before there was one.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np


def is_for(method: Any, sizes: Mapping[str, Any]) -> bool:
    """Whether the method answers at these sizes."""
    return not hasattr(method, "is_for") or method.is_for(sizes)


def forms_on(method: Any, device: str) -> tuple[str, ...]:
    """The forms of the method that the device has."""
    return method.forms_on(device) if hasattr(method, "forms_on") else method.forms


def iterative(method: Any) -> bool:
    return getattr(method, "iterative", False)


def settings(method: Any) -> dict[str, Any]:
    return getattr(method, "settings", {})


def tolerance(problem: Any, method: Any, dtype: str) -> float:
    """What the method's error or residual is held to."""
    if hasattr(problem, "tolerance"):
        return problem.tolerance(method, dtype)
    return settings(method).get("tol", problem.tol) if iterative(method) else method.tolerance(dtype)


def measure(problem: Any, method: Any) -> str | None:
    """What the problem's error is: ``reference``, ``probes`` or ``residual``; None where it does not say."""
    return problem.measure(method) if hasattr(problem, "measure") else None


def quality(problem: Any, arrays: dict[str, Any], method: Any) -> dict[str, float]:
    return problem.quality(arrays, method) if hasattr(problem, "quality") else {}


def found(kernel: Any) -> dict[str, float]:
    """What the kernel's build found that belongs to the quality of its result."""
    return dict(getattr(kernel, "found", {}))


def fault(problem: Any, arrays: dict[str, Any], method: Any, dtype: str, error: float, quality: dict | None) -> str:
    """Why the result is none, in one line; empty where it is one. A quality of None is not known."""
    if hasattr(problem, "measure"):  # it judges what is not finite itself
        return problem.fault(arrays, method, dtype, error, quality)
    if broken := not_finite(arrays):
        return broken
    if hasattr(problem, "fault"):
        known = {"error": error, "quality": quality}
        taken = inspect.signature(problem.fault).parameters
        return problem.fault(arrays, method, dtype, **{name: known[name] for name in known if name in taken})
    limit = tolerance(problem, method, dtype)
    fine = not method.exact or error <= limit
    return "" if fine else f"error {error:.3g} exceeds the tolerance {limit:.0e}"


def not_finite(arrays: dict[str, Any]) -> str:
    """Which arrays hold numbers that are not finite (or an empty text)."""
    broken = [name for name, array in arrays.items() if not _is_finite(array)]
    return f"not finite: {', '.join(broken)}" if broken else ""


def _is_finite(array: Any) -> bool:
    return array.is_finite() if hasattr(array, "is_finite") else bool(np.isfinite(array).all())


def judged(kernel: Any, out: Any) -> dict[str, Any]:
    """The arrays of a result as the oracle reads them."""
    return kernel.judged(out) if hasattr(kernel, "judged") else kernel.to_numpy(out)


def counts(kernel: Any) -> bool:
    """Whether the kernel counts its own products."""
    return kernel.counts if hasattr(kernel, "counts") else hasattr(kernel, "count")


def held_bytes(kernel: Any) -> int:
    """Memory of the results that the kernel keeps between its calls."""
    return getattr(kernel, "held_bytes", 0)


def overwrites(method: Any, form: str) -> bool:
    """Whether the form writes its results where kernels of the same problem have left theirs."""
    return hasattr(method, "overwrites") and method.overwrites(form)


def lent_bytes(kernel: Any) -> int:
    """Memory of its results that the next kernel need not take anew."""
    return getattr(kernel, "lent_bytes", 0)


def reads_data(method: Any) -> bool:
    """Whether the answer depends on the problem's data."""
    return getattr(method, "reads_data", True)


def kept(problem: Any) -> tuple[str, ...]:
    """Names of results that other data may leave as they are."""
    return getattr(problem, "kept", ())


def optional(problem: Any) -> tuple[str, ...]:
    """Sizes that the problem has only where they are given."""
    return getattr(problem, "optional", ())


def unseen(problem: Any) -> Any:
    """The problem with other data, or None."""
    return problem.unseen() if hasattr(problem, "unseen") else None


def keep(problem: Any, keeper: Any) -> None:
    """Let the problem's oracle take its arrays from ``keeper``, where it can."""
    if hasattr(problem, "recall"):
        problem.keeper = keeper


def hold(problem: Any, backend: Any, device: str, dtype: str) -> None:
    """Let the problem's oracle read what lies on the device beside kernels of this dtype, where it can; it could beside
    those of float32 numbers alone.
    """
    if not hasattr(problem, "hold"):
        return
    if "dtype" in inspect.signature(problem.hold).parameters:
        problem.hold(backend, device, dtype)
    elif dtype in ("float32", "tf32"):
        problem.hold(backend, device)


def cost(cost: Any) -> dict[str, float]:
    """The fields of a cost that there are."""
    names = ("flops", "bytes", "vjps", "jvps", "peak_bytes", "evaluations")
    return {name: getattr(cost, name) for name in names if hasattr(cost, name)}


def least_cost(method: Any, problem: Any, dtype: str) -> Any:
    """The cost of a call that takes as few iterations as there are."""
    return method.cost(problem, dtype, 1) if iterative(method) else method.cost(problem, dtype)


def least_bytes(cost: Any) -> float:
    """What every implementation holds; nothing is known of commits that do not say."""
    return getattr(cost, "least_bytes", 0.0)


def configure(backend: Any, threads: int, dtype: str) -> None:
    """The backend as a process that times this dtype wants it; there was one precision of products."""
    known = "dtype" in inspect.signature(backend.configure).parameters
    backend.configure(threads, dtype) if known else backend.configure(threads)


def require_precision(dtype: str, device: str) -> None:
    """Raise ``Unavailable`` where the device does not have the precision; it had all there were."""
    contract = importlib.import_module("bench_core.method")
    if hasattr(contract, "require_precision"):
        contract.require_precision(dtype, device)
