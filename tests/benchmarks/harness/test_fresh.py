"""A row that allocates pays for its results' pages in every call, counted by the system; nobody else pays for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness import policy, session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import SMOKE

ROOT = Path(__file__).resolve().parents[3]
_FAULTS = """
import json, resource, sys
import bench_core
from bench_core.method import load_backend
from benchmarks.harness import clock, fresh

backend = sys.argv[1]
load_backend(backend).configure(1)
cell = {"device": "cpu"}
found = {}
for D in (20, 300):
    problem = bench_core.problem("logdet", D=D, B=8)
    kernel = bench_core.method("logdet", "relative", backend).build(problem, "cpu", "float32", "allocating")
    found[f"applies {D}"] = [
        fresh.applies("relative:allocating", kernel, {"allocator": "kept", "cell": cell}),
        fresh.applies("relative:allocating", kernel, {"allocator": "default", "cell": cell}),
        fresh.applies("relative", kernel, {"allocator": "kept", "cell": cell}),
    ]

def faults(sample):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    sample(kernel, 9)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

out = kernel.run()
kernel.wait(out)
found["pages"] = sum(array.nbytes // resource.getpagesize() for array in fresh._arrays(out) if array.nbytes > 131072)
expected = {name: array.copy() for name, array in kernel.to_numpy(out).items()}
del out
for _ in range(5):
    clock.sample(kernel, 9)
found["plain"] = faults(clock.sample)
fresh.sample(kernel, 9)
found["fresh"] = faults(fresh.sample)
found["others"] = faults(clock.sample)
found["same"] = all((expected[name] == array).all() for name, array in kernel.to_numpy(kernel.run()).items())
print(json.dumps(found))
"""


@pytest.mark.long
@pytest.mark.skipif(not policy.is_glibc() or sys.platform != "linux", reason="what it counts is glibc's and Linux's")
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_every_call_pays_for_its_results_and_no_other_row_does(backend):
    kept = policy.Policy("kept", "default", 1).variables()
    done = subprocess.run(
        [sys.executable, "-c", _FAULTS, backend],
        env=os.environ | kept | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["applies 20"] == [False, False, False]
    assert found["applies 300"] == [True, False, False]
    assert found["pages"] >= 150
    # Nine calls that are timed, and the one after them that brings the pages back.
    assert found["fresh"] > 9 * found["pages"]
    # XLA takes some new pages now and then; over the nine calls it is far from each call's own.
    assert found["plain"] < 3 * found["pages"]
    assert found["others"] < 3 * found["pages"]
    assert found["same"]


@pytest.mark.long
@pytest.mark.skipif(
    not policy.is_glibc() or sys.platform != "linux", reason="what it gives back is glibc's and Linux's"
)
def test_in_a_session_the_row_that_allocates_says_that_it_pays(monkeypatch, small_ceilings):
    monkeypatch.setenv("BENCH_ALLOCATOR", "kept")
    record = session.run(
        Cell.of("logdet", "torch", {"D": 300, "B": 8}), SMOKE, {"relative": "", "relative:allocating": ""}
    )
    rows = record["rows"]
    assert {name: row.get("fresh_pages") for name, row in rows.items()} == {
        "relative": None,
        "relative:allocating": True,
        "relative~twin": None,
    }
    assert {row["outcome"] for row in rows.values()} == {"ok"}
    assert rows["relative:allocating"]["error"] <= rows["relative:allocating"]["tolerance"]
