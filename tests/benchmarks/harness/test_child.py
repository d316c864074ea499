"""The session's process from outside: what its environment says of a card, and a death that costs nothing."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.harness import child, policy, stages
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


# Its first rounds have two samples; what comes of their repetition differs.
REPEATED = """
import json, os, signal, sys
out = open(sys.argv[2], "a", buffering=1)
def write(event, **fields):
    out.write(json.dumps({"event": event, **fields}) + "\\n")
def take(index, seconds):
    write("begin", row="relative", what=f"round {index}", limit_s=60, stopped=None)
    write("round", index=index, order=["relative"], samples={"canary": 1.0, "relative": seconds})
write("ceiling", gemm_flops_per_s=1e12, canary="product")
write("row", row="relative", outcome="ok", reason="", error=1e-7, check_s=0.1, role="method")
take(0, 2.0)
take(1, 2.0)
write("stop", reason="rounds", rounds=2)
write("stage", name="rounds", elapsed_s=4.0)
write("rounds over")
assert sys.stdin.readline() == "again\\n"
write("ceiling", gemm_flops_per_s=2e12)
take(0, 1.0)
if BECOMES == "dead":
    os.kill(os.getpid(), signal.SIGKILL)
if BECOMES == "whole":
    take(1, 1.0)
write("stop", reason="rounds" if BECOMES == "whole" else "budget", rounds=1 + (BECOMES == "whole"))
if BECOMES == "stopped":
    os.kill(os.getpid(), signal.SIGKILL)
write("stage", name="rounds", elapsed_s=2.0)
write("rounds over")
assert sys.stdin.readline() == "\\n"
write("end")
"""


@pytest.mark.parametrize(
    ("becomes", "stands", "aside"),
    [
        ("whole", [1.0, 1.0], [2.0, 2.0]),
        ("late", [2.0, 2.0], [1.0]),
        ("dead", [2.0, 2.0], [1.0]),
        ("stopped", [2.0, 2.0], [1.0]),
    ],
)
def test_what_stands_of_a_repetition(monkeypatch, tmp_path, becomes, stands, aside):
    worker = tmp_path / "worker.py"
    worker.write_text(REPEATED.replace("BECOMES", repr(becomes)))
    monkeypatch.setattr(child, "_WORKER", worker)
    cell, spec = Cell.of("logdet", "torch", SIZES), {"rows": ["relative"], "process": 0}
    deadline = time.monotonic() + 60

    def is_again(result):
        return not result.set_aside

    result = child.attempt(cell, spec, OWN, deadline, None, Result(), lambda event: None, is_again)
    row, (other,) = result.rows["relative"], result.set_aside
    assert (row["outcome"], row["samples_s"], row["rounds"]) == ("ok", stands, list(range(len(stands))))
    assert other["rows"]["relative"]["samples_s"] == aside
    first = stands == [2.0, 2.0]
    assert result.ceiling["gemm_flops_per_s"] == (1e12 if first else 2e12)
    assert (result.stop["rounds"], len(result.canary)) == (2, 2)
    assert (result.rounds_s, result.stages["rounds"]) == ((4.0, 4.0) if first else (2.0, 2.0))
    assert bool(result.failures) == (becomes in ("dead", "stopped"))


# On a card: the first process times one row of three and dies in the other's turn, every further one where it begins.
ON_A_CARD = """
import json, sys
out = open(sys.argv[2], "a", buffering=1)
def write(event, **fields):
    out.write(json.dumps({"event": event, **fields}) + "\\n")
if "inverse" not in json.load(open(sys.argv[1]))["rows"]:
    sys.exit("RuntimeError: CUDA error: unknown error")
write("ceiling", gemm_flops_per_s=1e12)
for row in ("relative", "inverse"):
    write("row", row=row, outcome="ok", reason="", error=1e-7, check_s=0.1, role="method")
write("round", index=0, order=["relative"], samples={"canary": 1.0, "relative": 2.0})
write("begin", row="inverse", what="round 0", limit_s=60, stopped=None)
sys.exit("RuntimeError: CUDA error: SAYS\\nCompile with `TORCH_USE_CUDA_DSA` to enable assertions. " + 200 * ".")
"""


@pytest.mark.parametrize(("says", "processes"), [("no CUDA-capable device is detected", 1), ("unknown error", 2)])
def test_what_was_timed_before_the_card_went_away_stands(monkeypatch, tmp_path, says, processes):
    worker = tmp_path / "worker.py"
    worker.write_text(ON_A_CARD.replace("SAYS", says))
    monkeypatch.setattr(child, "_WORKER", worker)
    cell, result, begun = Cell.of("logdet", "torch", SIZES, "cuda"), Result(), 0
    wanted = ["relative", "inverse", "gemm_floor"]
    while pending := [row for row in wanted if row not in result.rows]:
        spec = {"rows": pending, "process": 0}
        result = child.attempt(cell, spec, OWN, time.monotonic() + 60, None, result, lambda event: None)
        begun += 1
    assert begun == processes
    found = {name: (row["outcome"], row["samples_s"]) for name, row in result.rows.items()}
    assert found == {"relative": ("ok", [2.0]), "inverse": ("error", []), "gemm_floor": ("skipped", [])}
    assert result.rows["gemm_floor"]["reason"].startswith("the device went away: the process ended in ")
    assert result.lost_device
    # Of the process that had the card, not of the one that had none.
    assert (result.canary, result.ceiling) == ([1.0], {"gemm_flops_per_s": 1e12})


def test_rounds_of_two_processes_do_not_stand_side_by_side():
    def process(rows, canary):
        made = Result()
        made.rows = {row: {"outcome": "ok", "rounds": canary} for row in rows}
        made.canary = canary
        return made

    first, second = process(("killed", "a", "b"), [1.0, 1.0]), process(("a",), [9.0])
    second.interrupt(first)  # before the first was interrupted itself
    assert second.interrupted[1] == [9.0]
    first.interrupt(Result())
    second.interrupt(first)
    second.rows = {"killed": {"outcome": "oom", "rounds": []}}
    cell = Cell.of("logdet", "torch", SIZES, "cuda")
    second.lose_device(cell, ["a", "b"], "gone")
    assert {name: row["rounds"] for name, row in second.rows.items()} == {"killed": [], "a": [1.0] * 2, "b": [1.0] * 2}
    assert second.canary == [1.0, 1.0]


def test_a_check_after_timing_that_finds_no_device_takes_no_time_away(monkeypatch):
    """Were it told as an error of the row, its samples would go, and so would those of every row after it."""

    def gone(*given, long):
        raise RuntimeError("CUDA error: unknown error")

    monkeypatch.setattr(stages.check, "judge_again", gone)
    monkeypatch.setattr(stages.older, "unseen", lambda problem: None)
    told = []
    journal = SimpleNamespace(begin=lambda *given: None, write=lambda *given, **fields: told.append(given))
    oracles = SimpleNamespace(serve=lambda problem: None)
    session = SimpleNamespace(
        spec={"judged": []}, cell={"dtype": "float32"}, problem=None, oracles=oracles, journal=journal
    )
    row = SimpleNamespace(seconds=1e-3, name="relative", kernel=None, method=None)
    with pytest.raises(RuntimeError, match="unknown error"):
        stages.Stages._check_again(session, [row])
    assert not told


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
