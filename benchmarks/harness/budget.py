"""What a call will take, predicted before it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# A row may be slower than its FLOPs at the best measured rate, never faster: LU runs at a fraction of a product's rate.
# Without a measurement of the row itself the prediction is therefore a lower bound.
MEMORY_SHARE = 0.85  # of the memory that is free when the session starts


@dataclass(frozen=True)
class Prediction:
    """Seconds of one call and bytes at its peak; ``basis`` says from what."""

    seconds: float
    bytes: float
    basis: str


def predict(cost: Any, flops_per_s: float, smaller: dict[str, float] | None) -> Prediction:
    """From the same row at a smaller size of this run (its seconds grow with its FLOPs) or from the measured rate.

    ``smaller`` is ``{"flops", "seconds", "size"}`` or None.
    """
    at_best = Prediction(cost.flops / flops_per_s, cost.peak_bytes, "its FLOPs at the measured product rate")
    # Below about a millisecond calls cost more than their FLOPs, and their seconds do not scale with them.
    if smaller is None or smaller["seconds"] < 1e-3:
        return at_best
    scaled = smaller["seconds"] * cost.flops / smaller["flops"]
    if scaled < at_best.seconds:
        return at_best
    return Prediction(scaled, cost.peak_bytes, f"its time at size {smaller['size']}")


def refusal(prediction: Prediction, call_limit_s: float, free_bytes: float) -> str | None:
    """Why a call is not tried, in one line, or None."""
    if prediction.bytes > MEMORY_SHARE * free_bytes:
        return (
            f"memory: predicted {prediction.bytes / 2**30:.1f} GiB, budget {MEMORY_SHARE * free_bytes / 2**30:.1f} GiB"
            f" ({MEMORY_SHARE:.0%} of what is free)"
        )
    if prediction.seconds > call_limit_s:
        return f"time: predicted {prediction.seconds:.3g} s a call from {prediction.basis}, budget {call_limit_s:.3g} s"
    return None
