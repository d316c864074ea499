"""The session's process from outside: what its environment says of a card, and a death that costs nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.harness import child, policy
from benchmarks.harness.cell import Cell
from benchmarks.harness.result import Result

OWN = policy.Policy("kept", "default", 1)
SIZES = {"D": 12, "B": 8, "L": 2}

# A worker that writes down one row with a sample and then dies where the test says.
WORKER = """
import json, os, signal, sys
out = open(sys.argv[2], "a", buffering=1)
def write(event, **fields):
    out.write(json.dumps({"event": event, **fields}) + "\\n")
write("begin", row="relative", what="build", limit_s=60, stopped=None)
if DIES == "unchecked":
    os.kill(os.getpid(), signal.SIGKILL)
write("checked", row="relative", error=1e-7, check_s=0.1, role="method")
if DIES == "checked":
    write("begin", row="relative", what="second call", limit_s=60, stopped=None)
    os.kill(os.getpid(), signal.SIGKILL)
write("row", row="relative", outcome="ok", reason="", error=1e-7, check_s=0.1, role="method")
write("round", index=0, order=["relative"], samples={"canary": 1.0, "relative": 2.0})
if DIES == "late":
    write("settled")
    write("begin", row="relative", what="device time", limit_s=60, stopped=None)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _attempt(monkeypatch, tmp_path, dies):
    worker = tmp_path / "worker.py"
    worker.write_text(WORKER.replace("DIES", repr(dies)))
    monkeypatch.setattr(child, "_WORKER", worker)
    cell = Cell.of("logdet", "torch", SIZES)
    spec = {"rows": ["relative"], "process": 0}
    return child.attempt(cell, spec, OWN, time.monotonic() + 60, None, Result(), lambda event: None)


def test_a_death_after_all_is_measured_and_judged_costs_no_row(monkeypatch, tmp_path):
    result = _attempt(monkeypatch, tmp_path, "late")
    assert (result.rows["relative"]["outcome"], result.rows["relative"]["samples_s"]) == ("ok", [2.0])
    (failure,) = result.failures
    assert failure.startswith("relative: oom in device time: ")


@pytest.mark.parametrize(("dies", "error"), [("early", 1e-7), ("checked", 1e-7), ("unchecked", None)])
def test_a_death_before_that_costs_the_row_and_not_what_its_check_found(monkeypatch, tmp_path, dies, error):
    result = _attempt(monkeypatch, tmp_path, dies)
    row = result.rows["relative"]
    assert (row["outcome"], row["samples_s"], row["rounds"]) == ("oom", [], [])
    assert row["reason"].startswith("the process was killed in ")
    assert row["error"] == error


def test_jax_may_take_of_a_card_what_torch_may(monkeypatch):
    monkeypatch.setenv("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.3")  # beside the newer name an error to JAX
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    found = child.environment(Cell.of("logdet", "jax", SIZES, "cuda"), OWN, Path("cache"))
    assert (found["XLA_CLIENT_MEM_FRACTION"], found["XLA_PYTHON_CLIENT_PREALLOCATE"]) == ("0.95", "true")
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in found
    assert found["JAX_PLATFORMS"] == "cuda,cpu"


def test_this_jax_understands_the_fraction(monkeypatch):
    plugin = pytest.importorskip("jaxlib.xla_client")
    found = child.environment(Cell.of("logdet", "jax", SIZES, "cuda"), OWN, Path("cache"))
    for name in ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_PREALLOCATE"):
        monkeypatch.setenv(name, found[name])
    monkeypatch.delenv("XLA_PYTHON_CLIENT_MEM_FRACTION", raising=False)
    options = plugin.generate_pjrt_gpu_plugin_options()
    assert (options["memory_fraction"], options["preallocate"]) == (0.95, True)
