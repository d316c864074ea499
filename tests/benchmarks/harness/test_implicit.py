"""Sessions of a family whose methods iterate: counted products, residuals, and what did not converge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.harness import session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

pytestmark = pytest.mark.usefixtures("small_ceilings")
FAST = replace(QUICK, row_budget_s=0.05, max_rounds=8, processes=1, repetitions=0)


def _run(backend: str, sizes: dict, *rows: str) -> dict:
    return session.run(Cell.of("implicit", backend, sizes, dtype="float64"), FAST, dict.fromkeys(rows, ""))["rows"]


@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.long)])
def test_a_record_has_products_and_quality(backend):
    rows = _run(backend, {"D": 16, "B": 4}, "jfb", "neumann_2", "gmres", "forward_picard")
    assert all(row["outcome"] == "ok" for row in rows.values())
    assert rows["neumann_2"]["settings"] == {"k": 2}
    assert rows["neumann_2"]["products"] == {
        "vjps": 2,
        "jvps": 0,
        "evaluations": 0,
        "counted": backend == "torch",
    }
    taken = rows["gmres"]["quality"]["iterations_max"]
    # One product more is the true residual after the only cycle.
    assert rows["gmres"]["products"]["vjps"] == rows["gmres"]["cost"]["vjps"] == taken + 1 > 1
    assert rows["gmres"]["quality"]["residual"] <= 1e-6 == rows["gmres"]["tolerance"]
    assert 0 < rows["jfb"]["quality"]["cosine"] < 1
    assert rows["forward_picard"]["products"]["evaluations"] > 0


@pytest.mark.long
def test_a_librarys_record_says_what_the_next_looser_setting_reaches():
    """In float64: what is near the tolerance on both sides is told by the library's row alone."""
    pytest.importorskip("torchdeq")
    rows = _run("torch", {"D": 16, "B": 4}, "gmres", "torchdeq_fixed_point")
    quality = rows["torchdeq_fixed_point"]["quality"]
    assert quality["residual"] <= 1e-6 < quality["looser_residual"] < 1e-4
    assert "looser_residual" not in rows["gmres"]["quality"]


def test_what_did_not_converge_is_wrong_with_its_residual():
    # The series falls by a ten thousandth a term: 3,000 are not enough.
    rows = _run("torch", {"D": 40, "B": 2, "gamma": 0.9999, "T": "rotation"}, "jfb", "neumann")
    assert rows["jfb"]["outcome"] == "ok"
    assert rows["neumann"]["outcome"] == "wrong"
    assert rows["neumann"]["reason"].startswith("not converged: residual ")
    assert "tolerance 1e-06" in rows["neumann"]["reason"]
    assert not rows["neumann"]["samples_s"]
