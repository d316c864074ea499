"""Whether a result is one: before anything is timed, and again afterwards on data that the kernel has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import older

# An inexact row's error on other data may be several times its first; one that kept most of its answer is this far off,
# whatever of it changed.
FAR, GROSS = 10.0, 0.1


def judge(problem: Any, arrays: dict[str, Any], method: Any, dtype: str) -> tuple[float, dict[str, float], str]:
    """The result's error, what else there is to say of it, and why it is none (or an empty text)."""
    with np.errstate(all="ignore"):  # a result that is not finite is a fault, not a warning
        error = problem.error(arrays, method)
        quality = older.quality(problem, arrays, method)
        return error, quality, older.fault(problem, arrays, method, dtype, error, quality)


def judge_again(
    problem: Any, fresh: Any, kernel: Any, method: Any, dtype: str, *, long: bool = False
) -> tuple[float, str]:
    """The error and the fault of a kernel that has been timed, on the data of ``fresh`` in the buffers that it read.

    ``fresh`` is ``problem.unseen()``, or None where the commit under test has no such thing.

    A fault may come and go, steps in place may drift away from the finite numbers, and a kernel that remembers its
    input or its answer looks infinitely fast: its result must be right for the new data, and another one than before.
    An inexact method has no tolerance; it is held to the second only, in every part of its result, and to an error that
    is not grossly larger than on the first data.

    With ``long`` calls an exact kernel makes one, on the new data: what it answers from memory is wrong there.
    """
    stale, before = {}, None
    if not (long and method.exact):
        last = older.judged(kernel, kernel.run())
        if broken := older.not_finite(last):
            return float("inf"), broken
        if method.in_place:
            kernel.reset()
            last = older.judged(kernel, kernel.run())
        stale = {name: array.copy() for name, array in last.items()}
        with np.errstate(all="ignore"):
            before = None if method.exact else problem.error(stale, method)
    if method.in_place:
        kernel.reset()
    moved = False
    if fresh is not None:
        moved = any(not np.array_equal(fresh.masters[name], problem.masters[name]) for name in problem.data)
        kernel.refill(fresh)
        problem = fresh
    arrays = older.judged(kernel, kernel.run())
    with np.errstate(all="ignore"):
        error = problem.error(arrays, method)
        # What else there is to say was said of the first result; the fault asks for what it needs of it.
        fault = older.fault(problem, arrays, method, dtype, error, None)
    if not fault and moved and older.reads_data(method):
        same = [name for name in _unchanged(stale, arrays) if method.exact or name not in older.kept(problem)]
        # Of an exact method's result, which has been held to its tolerance, a part may not depend on the data.
        if same and (not method.exact or len(same) == len(_unchanged(arrays, arrays))):
            fault = f"the same {', '.join(same)} for other data: it remembers"
        elif before is not None and error > max(FAR * before, GROSS):
            fault = f"error {error:.2g} for other data, {before:.2g} for the first: it remembers"
    return error, fault


def _unchanged(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The floating-point arrays that are the same, but for those of zeros; counts of iterations may be equal."""
    found = []
    for name, array in before.items():
        if not isinstance(array, np.ndarray):  # on its device
            same = array.equals(after[name]) and array.any()
        else:
            same = np.issubdtype(array.dtype, np.floating) and np.array_equal(array, after[name]) and np.any(array)
        if same:
            found.append(name)
    return found
