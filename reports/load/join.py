"""The join: asv's own lines where no session record exists, and where both do, whether they agree."""

import math
from typing import Any

import numpy as np

from ..group import group_by
from .pile import Pile
from .row import read_number, read_row
from .run import OUTCOMES, PATIENT
from .select import find_origin

_FACTS = ("method", "form", "role", "exact", "computes", "source", "settings")


def join(pile: Pile) -> list[dict[str, Any]]:
    """Session lines, and asv's where no record has the row; where both have it the record is used.

    asv's grid of parameters is a product, which names rows that the sweep does not hold at all of its cells: what was
    skipped without a word in the record of its cell was never to be measured there, and is no line.
    """
    by_key = group_by(pile.lines, lambda line: (*find_origin(line), line["cell"], line["row"]))
    recorded = {(find_origin(line), line["cell"]) for line in pile.lines}
    # What does not change with the cell: lets a row that only asv knows keep its role.
    facts = {(line["family"], line["row"]): {name: line[name] for name in _FACTS} for line in pile.lines}
    joined, nulls = list(pile.lines), 0
    for entry in pile.asv:
        partners = by_key.get((*find_origin(entry), entry["cell"], entry["row"]))
        if partners:
            _compare(entry, partners, pile.differences)
            continue
        seconds, code = (read_number(entry["metrics"].get(f"track_{name}")) for name in ("seconds", "outcome"))
        if entry["metrics"].get("track_seconds") is None and math.isnan(code):
            nulls += 1
            continue
        outcome = OUTCOMES[int(code)] if 0 <= code < len(OUTCOMES) else ("ok" if seconds > 0 else None)
        if outcome == "skipped" and (find_origin(entry), entry["cell"]) in recorded:
            continue
        if outcome is not None and all(isinstance(value, str) or value > 0 for _, value in entry["sizes"]):
            joined.append(_make_line(entry, outcome, facts.get((entry["family"], entry["row"]), {})))
    if nulls:
        pile.problems.append(f"asv holds {nulls} empty values (a benchmark that raised, or a parameter not run)")
    return joined


def _make_line(entry: dict[str, Any], outcome: str, facts: dict[str, Any]) -> dict[str, Any]:
    metrics = entry["metrics"]
    seconds = metrics.get("track_seconds")
    row = {
        "role": "twin" if "~twin" in entry["row"] else None,
        "outcome": outcome,
        "reason": "" if outcome == "ok" else "no session record: asv keeps no reason",
        "error": metrics.get("track_error"),
        "peak_bytes": metrics.get("track_peak_bytes"),
        "samples_s": metrics.get("samples") or ([seconds] if read_number(seconds) > 0 else []),
        **facts,
    }
    kept = {key: value for key, value in entry.items() if key != "metrics"}
    asv = {"process": -1, "recorded_by": "asv", "patient": entry["profile"] == PATIENT, "moved": False}
    return read_row(entry["row"], row, 0) | kept | asv


def _compare(entry: dict[str, Any], partners: list[dict[str, Any]], differences: list[str]) -> None:
    """asv's median and the records' samples are the same measurement: say so where they differ.

    The records may have more processes, added since by `settle`, which asv does not know: asv agrees where it does with
    those of the first of them.
    """
    value = read_number(entry["metrics"].get("track_seconds"))
    known = [line["samples_s"] for line in sorted(partners, key=lambda line: line["process"])]
    medians = [float(np.median(pooled)) for n in range(len(known)) if (pooled := np.concatenate(known[: n + 1])).size]
    if math.isnan(value) or not medians:
        return
    if all(abs(value - median) > 0.01 * median for median in medians):
        differences.append(
            f"{entry['cell']}, {entry['row']}: asv says {value:.4g} s, its session records {medians[-1]:.4g} s (the "
            "records are used)"
        )
