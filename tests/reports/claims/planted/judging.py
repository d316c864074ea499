"""Claims judged on an analysis, and analyses of cells and studies that were planted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

from reports.analysis import Analysis
from reports.claims import list_claims
from reports.digest.claims import ClaimDigest, ClaimPart, judge_claim
from reports.load import load


def judge(analysis: Analysis | Path, id_: str) -> ClaimDigest:
    """One claim on an analysis or a results folder."""
    found = analysis if isinstance(analysis, Analysis) else Analysis(load(analysis))
    return judge_claim(next(claim for claim in list_claims() if claim.id == id_), found)


def parts(claim: ClaimDigest, word: str) -> list[ClaimPart]:
    """The parts whose words hold this one."""
    return [part for part in claim.parts if word in part.what]


def plant_cells(
    synthetic, folder: Path, edit: Callable[[dict, dict], None], cells: list[dict] | None = None
) -> Analysis:
    """The analysis of a few cells of the implicit family, two processes each, whose rows `edit(rows, cell)` changed."""
    synthetic.write_index(folder)
    cells = cells or [{"size": D, "gamma": gamma} for D in (64, 128) for gamma in (0.5, 0.99)]
    for cell, process in itertools.product(cells, range(2)):
        record = synthetic.make_implicit_session(**cell, process=process)
        edit(record["rows"], cell)
        synthetic.write_session(folder, record, "direct")
    return Analysis(load(folder))


def plant_sweep(
    synthetic, folder: Path, slower=lambda size: 1.0, rows=("relative", "gemm_floor"), edit=None, **session
) -> Analysis:
    """The analysis of sessions of logdet at all sizes in two processes, `slower(size)` times slower, each changed by
    `edit(record)`.
    """
    synthetic.write_index(folder)
    for size, process in itertools.product(session.pop("sizes", synthetic.SIZES), range(2)):
        record = synthetic.make_session(
            size, process=process, processes=2, rounds=12, slower=slower(size), rows=rows, **session
        )
        if edit is not None:
            edit(record)
        synthetic.write_session(folder, record, "direct")
    return Analysis(load(folder))


def plant_study(synthetic, folder: Path, *records: dict) -> Analysis:
    """The analysis with these study records beside the sessions."""
    for record in records:
        path = folder / synthetic.MACHINE / "studies" / "none" / f"{record['study']}-{record['data']}.study"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
    return Analysis(load(folder))
