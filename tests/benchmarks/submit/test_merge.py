"""What becomes a record where a job has left none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.profile import QUICK
from benchmarks.submit.merge import _record_of_lost
from benchmarks.submit.standing import Standing
from benchmarks.submit.submission import Session


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_lost_session_has_the_rows_of_its_device(device):
    cell = Cell.of("logdet", "torch", {"D": 8, "B": 4}, device)
    run: Any = SimpleNamespace(profile=QUICK, commit="0" * 40, run=SimpleNamespace(id="0a1b"))
    record = _record_of_lost(run, Standing(Session(cell, 0, 0), "lost", ("7",), reason="NODE_FAIL"))
    assert tuple(record["rows"]) == rows("logdet", "torch", QUICK, [dict(cell.sizes)], device)
    assert ("relative:graph" in record["rows"]) == (device == "cuda")
    assert {row["outcome"] for row in record["rows"].values()} == {"error"}
