"""What asv is told of records that are there: no session is run."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import bench_core
from benchmarks import _door, logdet
from benchmarks.families import FAMILIES
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.profile import PATIENT, PROFILES

CELL = Cell.of("logdet", "torch", {"D": 100, "B": 100, "L": 2})
SIZES = (100, 100, 2, "float32")


def _row(seconds: dict[int, float], outcome: str = "ok") -> dict[str, Any]:
    """A row by the round of each sample."""
    return {"outcome": outcome, "rounds": list(seconds), "samples_s": list(seconds.values())}


@pytest.fixture
def told(tmp_path, monkeypatch):
    """``track_times_yardstick`` of a row in records of one cell, one record a process."""
    monkeypatch.chdir(tmp_path)

    def tell(row: str, *records: dict[str, Any]) -> Any:
        names = []
        for process, found in enumerate(records):
            names.append(f"{process}.session")
            (tmp_path / names[-1]).write_text(json.dumps({"rows": found}))
        (tmp_path / f"{CELL.name}.json").write_text(json.dumps(names))
        return logdet.Torch().track_times_yardstick(row, *SIZES)  # type: ignore[attr-defined]

    return tell


def test_a_row_is_told_over_the_yardstick_of_its_own_round_and_process(told):
    """Of the machine's state, which moves both, and of rounds that one of them missed, nothing is left."""
    first = {"relative": _row({0: 3.0, 1: 6.0, 2: 3.3, 4: 9.0}), "gemm_floor": _row({0: 2.0, 1: 4.0, 2: 2.0, 3: 7.0})}
    second = {"relative": _row({0: 30.0}), "gemm_floor": _row({0: 20.0})}
    found = told("relative", first, second)
    assert found["number"] == 1
    assert found["samples"] == pytest.approx([1.5, 1.5, 1.65, 1.5])


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("gemm_floor", {"gemm_floor": _row({0: 1.0})}),
        ("relative", {"relative": _row({0: 1.0})}),
        ("relative", {"relative": _row({0: 1.0}), "gemm_floor": _row({}, "oom")}),
        ("relative", {"relative": _row({0: 1.0}), "gemm_floor": _row({1: 1.0})}),
        ("relative", {"relative": _row({}, "wrong"), "gemm_floor": _row({0: 1.0})}),
        ("relative", {"gemm_floor": _row({0: 1.0})}),
    ],
    ids=["the yardstick", "no yardstick", "no time of it", "no common round", "no time", "no row"],
)
def test_where_there_is_no_ratio_there_is_nan(told, row, found):
    assert math.isnan(told(row, found))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_sweep_has_its_familys_yardstick(family):
    """But for the calls of minutes, which have a yardstick of their own: products would hold memory that they need."""
    yardstick = FAMILIES[family].yardstick
    for profile in (known for known in PROFILES.values() if known is not PATIENT):
        for name, sweep in profile.sweeps(family).items():
            for backend in bench_core.BACKENDS:
                for sizes in sweep.cells():
                    assert yardstick in rows(family, backend, profile, [sizes]), (profile.name, name, backend, sizes)


def test_a_precision_that_an_older_commit_lacks_is_no_failure_of_it(monkeypatch):
    monkeypatch.setattr(_door, "DTYPES", ("float32", "float64"))
    assert math.isnan(logdet.Torch().track_seconds("relative", 100, 100, 2, "tf32"))  # type: ignore[attr-defined]
