"""One row of a session record, or of asv, as a line of the frame."""

import math
from typing import Any

import numpy as np

from ..clocks import NAMES as CLOCKS
from ..clocks import NOTES

# What a cell is told by beside its sizes.
PLACE = ("family", "backend", "device", "dtype")


def read_row(name: str, row: dict[str, Any], process: int) -> dict[str, Any]:
    """What a record's row says; fields that it has not are empty or NaN."""
    method, _, form = name.partition("~")[0].partition(":")
    samples = np.asarray(row.get("samples_s") or [], dtype=float)
    rounds = np.asarray(row.get("rounds") or [], dtype=float)
    cost, ran = row.get("cost") or {}, row["outcome"] == "ok"
    return {
        "row": name,
        "method": row.get("method") or method,
        "form": row.get("form") or form,
        "role": row.get("role") or "method",
        "exact": bool(row.get("exact", True)),
        "computes": row.get("computes") or "",
        "source": row.get("source") or "",
        "outcome": row["outcome"],
        "reason": row.get("reason") or "",
        "measure": row.get("measure") or "",
        # 1 or 0, NaN of a record that does not say.
        "checked_again": float(row["checked_again"]) if isinstance(row.get("checked_again"), bool) else math.nan,
        **{key: read_number(cost.get(key)) for key in ("flops", "bytes", "vjps", "jvps", "evaluations")},
        "formula_peak_bytes": read_number(cost.get("peak_bytes")),
        **{key: read_number(row.get(key)) for key in ("predicted_s", "predicted_bytes", "error", "tolerance")},
        **{key: read_number(row.get(key)) for key in ("build_s", "first_call_s", "peak_bytes")},
        **_read_compilation(row, process),
        "settings": _read_object(row.get("settings")),
        "products": _read_object(row.get("products")),
        "quality": {name: read_number(value) for name, value in _read_object(row.get("quality")).items()},
        "peak_instrument": row.get("peak_instrument") or "",
        "samples_s": samples if ran else samples[:0],
        # Without a round for each sample nothing can be paired.
        "rounds": rounds if rounds.size == samples.size else rounds[:0],
        **{clock: np.asarray(row.get(clock) or [] if ran else [], dtype=float) for clock in CLOCKS},
        **{note: row.get(note) or "" for note in NOTES},
    }


def describe_cell(given: dict[str, Any]) -> dict[str, Any]:
    """The coordinates of a cell and its name, the same from asv's parameters and from a record."""
    sizes = tuple(sorted((letter, _tidy(value)) for letter, value in given["sizes"].items()))
    place = {name: given[name] for name in PLACE}
    spelled = "-".join(f"{letter}{value}" for letter, value in sizes)
    return {**place, "sizes": sizes, "cell": f"{'-'.join(map(str, place.values()))}-{spelled}"}


def read_number(value: Any) -> float:
    """A number, NaN where there is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _read_compilation(row: dict[str, Any], process: int) -> dict[str, float]:
    """Seconds with nothing cached and with a warm disk cache.

    Older records do not tell them apart: their first process found nothing cached, what later ones found is not known.
    """
    if "compile_cold_s" in row or "compile_cached_s" in row:
        return {name: read_number(row.get(name)) for name in ("compile_cold_s", "compile_cached_s")}
    cold = read_number(row.get("compile_s")) if process == 0 else math.nan
    return {"compile_cold_s": cold, "compile_cached_s": math.nan}


def _read_object(value: Any) -> dict[str, Any]:
    """An optional object: empty where a record has none."""
    return dict(value) if isinstance(value, dict) else {}


def _tidy(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
