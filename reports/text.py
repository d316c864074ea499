"""Numbers as words: an estimate with its unit, a size, a hole. One place, so that every section writes them alike."""

import math
import re
from typing import Any

from .statistics import Estimate

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
_RATES = ((1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1e6, "MFLOP/s"), (1.0, "FLOP/s"))
_COUNTS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))

OUTCOME_WORDS = {
    "ok": "ran",
    "skipped": "not tried",
    "over_budget": "over budget",
    "oom": "out of memory",
    "timeout": "timed out",
    "wrong": "wrong result",
    "error": "error",
    "retracted": "retracted",
}
# Marks times of one process, whose interval is as wide as the processes of other cells differ.
NEAR = "†"


def scale(value: float, units: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    """The largest unit that leaves at least one."""
    for factor, unit in units:
        if abs(value) >= factor * 0.9995:
            return factor, unit
    return units[-1]


def shorten(value: float, digits: int = 4) -> float | None:
    """A number for files: to so many digits, four being finer than intervals of times and their ratios, whole ones
    whole; None where there is none, since JSON and CSV have no NaN.
    """
    if not math.isfinite(value):
        return None
    whole = value.is_integer() and abs(value) < 1e15
    return int(value) if whole else float(f"{value:.{digits}g}")


def write_estimate(estimate: Estimate, unit: str = "", factor: float = 1.0) -> str:
    """`value [low, high] unit`; `[–]` where there is no interval."""
    if math.isnan(estimate.value):
        return "–"
    scaled = Estimate(
        estimate.value / factor, estimate.low / factor, estimate.high / factor, estimate.n, estimate.confidence
    )
    text = f"{scaled.value:.3g} [–]" if scaled.undetermined else str(scaled)
    return f"{text} {unit}".strip()


def write_seconds(value: Estimate | float | None) -> str:
    """Seconds in the unit that fits, marked where the interval is not from the cell's own processes."""
    return f"{_write(value, _SECONDS)} {NEAR}" if is_near(value) else _write(value, _SECONDS)


def is_near(value: Estimate | float | None) -> bool:
    """Whether an interval is from how far the processes of other cells differ, as there was one process."""
    return isinstance(value, Estimate) and value.basis == "neighbours" and not value.undetermined


def write_bytes(value: Estimate | float | None) -> str:
    """Bytes in the unit that fits (decimal)."""
    return _write(value, _BYTES)


def write_rate(value: Estimate | float | None) -> str:
    """FLOP/s in the unit that fits."""
    return _write(value, _RATES)


def write_count(value: float | None) -> str:
    """A large count, three digits."""
    return _write(value, _COUNTS).strip()


def write_ratio(value: Estimate | float | None) -> str:
    """A ratio with its times sign after the value: `4.10 [4.02, 4.18]`."""
    return _write(value, ((1.0, ""),)).strip()


def write_times(value: float) -> str:
    """A plain factor: `2.5 ×`."""
    return "–" if math.isnan(value) else f"{value:.2g} ×"


def write_share(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.3g} %"


def write_percent(share: Estimate | None) -> str:
    """A share in percent with its interval, to a tenth: `98.1 [97.9, 98.3] %`."""
    if share is None:
        return "–"
    if share.undetermined:
        return f"{100 * share.value:.1f} %"
    return f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}] %"


def write_error(value: float | None) -> str:
    """A relative error: `5.3e-4`."""
    return "–" if value is None or math.isnan(value) else _trim(f"{value:.1e}")


def write_size(value: Any) -> str:
    """A size: 1,024; a fraction as it is; of an estimate its bounds too."""
    if isinstance(value, str):
        return value
    if isinstance(value, Estimate):
        return re.sub(r"(?<![\d.])\d{4,}", lambda digits: f"{int(digits[0]):,}", write_estimate(value))
    return f"{int(value):,}" if float(value).is_integer() else _trim(f"{value:g}")


def write_list(words: Any) -> str:
    """`a, b and c`."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 session`, `2 sessions`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _trim(number: str) -> str:
    """A power of ten as people write it: `1e-6` for `1e-06`."""
    return re.sub(r"e(-?)\+?0?(?=\d)", r"e\1", number)


def _write(value: Estimate | float | None, units: tuple[tuple[float, str], ...]) -> str:
    if value is None:
        return "–"
    number = value.value if isinstance(value, Estimate) else value
    if math.isnan(number):
        return "–"
    factor, unit = scale(number, units)
    if isinstance(value, Estimate):
        return write_estimate(value, unit, factor)
    return f"{number / factor:.3g} {unit}" if number else f"0 {units[-1][1]}"
