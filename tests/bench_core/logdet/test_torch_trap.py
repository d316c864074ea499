"""torch's batched LU on the CPU with two threads: why no kernel here factorises more than one large matrix at a time.

Of the 2.13.0 CPU wheel it is wrong, an error, never done or right, whichever the processor makes of it. Nothing here
asks for one of these; all of it ends within seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 5  # for milliseconds of work
PATIENCE_S = 60  # for ours, which import what they need in their first call, on a busy machine

# The alarm ends the process wherever it is: inside the library too, where Python's own handlers never come to run.
BEGIN = """
import json, signal, sys, torch
import bench_core
torch.set_num_threads(int(sys.argv[2]))

def say(result):
    open(sys.argv[1], "w").write(json.dumps(result))

say("begun")
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.alarm(int(sys.argv[3]))
"""
BATCHED = """
torch.manual_seed(0)
A = torch.eye(300) + 0.3 * torch.randn(4, 300, 300) / 300**0.5
try:
    say(float((torch.linalg.inv(A) @ A - torch.eye(300)).abs().max()))
except RuntimeError:
    say("error")
"""
OURS = """
problems = {"logdet": {"D": 300, "B": 3, "L": 2}, "implicit": {"D": 300, "B": 3}}
problems = {family: bench_core.problem(family, **sizes, seed=1) for family, sizes in problems.items()}
results = []
for row in sys.argv[4:]:
    family, name = row.split(":")
    m = bench_core.method(family, name, "torch")
    kernel = m.build(problems[family], dtype="float64")
    results.append((m, kernel.to_numpy(kernel.run())))
signal.alarm(0)
say(max(problems[m.family].error(got, m) for m, got in results))
"""


def _run(folder: Path, code: str, threads: int, limit_s: int, *more: str) -> float | str:
    """What the process says: an error, ``error`` or ``timeout``. What its libraries print is as endless as they are."""
    answer = folder / "answer"
    child = subprocess.Popen(
        [sys.executable, "-c", BEGIN + code, str(answer), str(threads), str(limit_s), *more],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status = child.wait(timeout=60 + limit_s)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    said = json.loads(answer.read_text())
    if said == "begun":
        assert status < 0, "it ended without an answer and without a signal"
        return "timeout" if status == -signal.SIGALRM else "error"
    return said


def _word(said: float | str) -> str:
    return said if isinstance(said, str) else "right" if said < 1e-3 else "wrong"


@pytest.mark.slow  # of torch alone: nothing here rests on it
def test_batched_lu_is_right_with_one_thread_whatever_two_make_of_it(tmp_path):
    assert _word(_run(tmp_path, BATCHED, 1, LIMIT_S)) == "right"
    two = _word(_run(tmp_path, BATCHED, 2, LIMIT_S))
    print(f"two threads: {two}")
    assert two in ("right", "wrong", "error", "timeout")


# One process for all: importing what they need takes longer than they do. Where one fails, each by itself says which.
OWN = (
    *("logdet:inverse", "logdet:slogdet_autodiff", "logdet:jacobian_autodiff", "logdet:jacobian_autodiff_chunked"),
    *("logdet:ordinary_with_value", "logdet:inverse_tracked", "logdet:slogdet", "implicit:dense"),
)


@pytest.mark.long
@pytest.mark.parametrize("names", [OWN, *(pytest.param((name,), marks=pytest.mark.slow) for name in OWN)], ids=" ".join)
def test_our_factorisations_are_right_with_two_threads(names, tmp_path):
    error = _run(tmp_path, OURS, 2, PATIENCE_S, *names)
    assert isinstance(error, float), error
    assert error < 1e-10
