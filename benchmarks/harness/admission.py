"""Whether a row is tried, and how long its calls are waited for.

A row is refused on a true bound only: where no implementation of it could be within the budget. All else is tried once
under the watchdog. What a call will take is predicted too; a prediction is recorded, says which rows are tried first,
and refuses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.harness import older

# Formulas count what a method executes as it is written, of which a compiler leaves out up to a half; the best rate is
# that of one product, and another shape may be somewhat faster.
HEADROOM = 2.0
# A call that takes so many times the budget is not given another chance at a larger size of the same sweep.
HOPELESS = 3.0
CALL_PATIENCE, IMPORTS_S, COMPILATION_S = 4.0, 10.0, 120.0
# A call is explained by its work up to this many times its time at the best rate; a longer one hangs.
EXPLAINED = 100.0
MEMORY_SHARE = 0.85  # of what is free: a row that is predicted to take more may end its process


@dataclass(frozen=True)
class Prediction:
    """Seconds of one call and bytes at its peak."""

    seconds: float
    bytes: float


@dataclass(frozen=True)
class Bound:
    """Seconds that a call takes at least, and bytes that it holds at least."""

    seconds: float
    bytes: float

    def refusal(self, limit_s: float, free_bytes: float) -> str | None:
        """Why a call is not tried, in one line, or None."""
        if self.bytes > free_bytes:
            return (
                f"memory: its results and largest array are {self.bytes / 2**30:.1f} GiB,"
                f" {free_bytes / 2**30:.1f} GiB are free"
            )
        if self.seconds > limit_s:
            return (
                f"time: its least FLOPs at {HEADROOM:g} times the measured product rate take {self.seconds:.3g} s a"
                f" call, budget {limit_s:.3g} s"
            )
        return None


def bound(method: Any, problem: Any, dtype: str, flops_per_s: float) -> Bound:
    """From the FLOPs of one iteration, and the arrays that must exist."""
    least = older.least_cost(method, problem, dtype)
    return Bound(least.flops / (HEADROOM * flops_per_s), older.least_bytes(least))


def predict(cost: Any, flops_per_s: float, smaller: dict[str, float] | None) -> Prediction:
    """From the same row at a smaller size of this run (its seconds grow with its FLOPs) or from the measured rate.

    ``smaller`` is ``{"flops", "seconds", "size"}`` or None.
    """
    at_best = cost.flops / flops_per_s
    # Below about a millisecond calls cost more than their FLOPs, and their seconds do not scale with them; on a GPU,
    # where launches are all of a small call, above it too.
    if smaller is None or smaller["seconds"] < 1e-3 or smaller["seconds"] > EXPLAINED * smaller["flops"] / flops_per_s:
        return Prediction(at_best, cost.peak_bytes)
    return Prediction(max(at_best, smaller["seconds"] * cost.flops / smaller["flops"]), cost.peak_bytes)


def is_doubtful(prediction: Prediction, limit_s: float, free_bytes: float) -> bool:
    """Whether trying the row may well end the process: such rows come first, when little is lost with it."""
    return prediction.seconds > limit_s or prediction.bytes > MEMORY_SHARE * free_bytes


def patience(limit_s: float, compiles: bool) -> float:
    """Seconds after which a call is stopped: some times its budget, imports and (where it compiles) compilation."""
    return IMPORTS_S + CALL_PATIENCE * limit_s + (COMPILATION_S if compiles else 0)


def when_stopped(prediction: Prediction, limit_s: float, patience_s: float) -> tuple[str, str] | None:
    """What a call is that was stopped: over the budget, where its work explains that; else (None) a timeout.

    A call whose work would be done in a hundredth of the time that it was given is not slow, it hangs.
    """
    if EXPLAINED * prediction.seconds < patience_s:
        return None
    return "over_budget", f"time: measured > {patience_s:.3g} s a call, budget {limit_s:.3g} s"
