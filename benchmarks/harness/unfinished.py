"""Which cells of a folder of session records are open: planned by a run or begun, and not done."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from benchmarks.harness.ledger import Past, read_all


def open_cells(sessions: Path) -> set[str]:
    """Names of the cells that runs of this commit and environment have left open.

    A run that was told has left none, and none a later run of the same plan has told. What a later run of another plan
    has done is done. Where it is not known what a run has planned, all that it began is open until it is told.
    """
    pasts, found = read_all(sessions / "runs"), set()
    for place, past in enumerate(pasts):
        later = pasts[place + 1 :]
        if past.told or any(other.told and other.plan == past.plan for other in later):
            continue
        done = {cell for other in later for cell in _done(other)}
        own = _done(past) if past.planned is not None else set()
        found |= past.begun.union(past.planned or ()) - own - done
    return found


def by_family(cells: set[str]) -> dict[str, int]:
    """How many of these cells each family has."""
    return dict(Counter(family(cell) for cell in sorted(cells)))


def family(name: str) -> str:
    """The family of a cell, or of its record, by its name."""
    return name.partition("-")[0]


def _done(past: Past) -> set[str]:
    """Cells of whose planned processes none is missing or in flight; of one that no plan knows, whose last session is
    done.
    """
    planned, (flying, number) = past.planned or {}, past.in_flight or ("", 0)
    numbers: dict[str, set[int]] = {}
    for cell, process in past.done:
        numbers.setdefault(cell, set()).add(process)
    return {
        cell
        for cell, processes in numbers.items()
        if processes >= set(range(planned.get(cell, 1))) and (cell != flying or number >= planned.get(cell, math.inf))
    }
