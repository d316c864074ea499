"""A comparison of two commits, kept with a machine's results: the report's history asks it whether a step is one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from benchmarks.compare.comparison import Comparison, told
from benchmarks.compare.pair import SIDES
from benchmarks.compare.sides import Settings, Side
from benchmarks.harness.record import timestamp, write_json
from benchmarks.harness.store import results_folder

SCHEMA = 1


def check(base: Side, head: Side) -> None:
    """``ValueError`` in one line where the sides are not two commits, or differ in something else too."""
    for side in (base, head):
        if side.commit is None or side.settings != Settings() or side.python != base.python:
            raise ValueError(f"--keep and {side.name}; allowed: two commits that differ in nothing else")


def keep(done: Comparison, machine: str) -> list[Path]:
    """Write it, a record for each family; returns their paths.

    One of other cells or rows is another record: nothing that was kept is written over by less.
    """
    cells, verdicts = {cell.name: cell for cell in done.cells}, done.verdicts()
    rows: dict[str, list[dict[str, Any]]] = {}
    for (name, row), state in done.states.items():
        line = {"cell": cells[name].to_json(), "row": row, **told(state, verdicts[name, row])}
        rows.setdefault(cells[name].family, []).append(line)
    base, head = (done.sides[side].commit or "" for side in SIDES)
    written = []
    for family, lines in rows.items():
        asked = hashlib.sha256(repr(sorted((str(line["cell"]), line["row"]) for line in lines)).encode()).hexdigest()
        name = f"{family}-{base[:8]}-{asked[:8]}.comparison"
        path = results_folder() / machine / "studies" / head[:8] / name
        found = {"schema": SCHEMA, "base": base, "commit": head, "finished_at": timestamp(), "rows": lines}
        write_json(path, found)
        written.append(path)
    return written
