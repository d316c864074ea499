"""The precision of a cell in a session: what it says of itself, and where the device lacks it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.harness import environment, older, session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

ONCE = replace(QUICK, row_budget_s=0.05, max_rounds=8, processes=1, repetitions=0)


@pytest.mark.long
@pytest.mark.parametrize(("backend", "dtype"), [("torch", "tf32"), ("jax", "bfloat16")])
def test_where_the_device_lacks_it_every_row_is_skipped(backend, dtype):
    cell = Cell.of("logdet", backend, {"D": 12, "B": 8}, "cpu", dtype)
    assert cell.name == f"logdet-{backend}-cpu-{dtype}-D12-B8-L2"
    record = session.run(cell, ONCE, {"relative": "", "slogdet": ""})
    for row in record["rows"].values():
        assert (row["outcome"], row["reason"]) == ("skipped", f"dtype {dtype!r} is for device cuda; here 'cpu'")
    assert record["ceiling"] is None


def test_the_environment_says_what_products_are_taken_in():
    found = {dtype: environment.describe("cpu", 1, dtype)["matmul_precision"] for dtype in ("float32", "float64")}
    assert found == {"float32": "highest", "float64": "highest"}
    assert environment.describe("cpu", 1, "tf32")["matmul_precision"] == "tf32"
    assert environment.describe("cpu", 1, "bfloat16")["matmul_precision"] == "bfloat16, summed in float32"


def test_older_backends_are_configured_without_a_precision():
    asked = []
    older.configure(SimpleNamespace(configure=lambda threads: asked.append(threads)), 2, "float32")
    older.configure(SimpleNamespace(configure=lambda threads, dtype="": asked.append((threads, dtype))), 2, "tf32")
    assert asked == [2, (2, "tf32")]
