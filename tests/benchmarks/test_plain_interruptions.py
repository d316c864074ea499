"""Plain runs that are killed or terminated, or whose clock is set: real processes, a profile of a few rows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.interrupted import (
    ASV,
    DEADLINE_S,
    PLAIN,
    events,
    goes_on,
    gone,
    in_second_session,
    kill_all,
    of_kind,
    until,
    worker,
)

SLOW = pytest.mark.slow


@pytest.mark.long
@pytest.mark.parametrize(
    "end", ["group", *(pytest.param(end, marks=SLOW) for end in ("parent", "terminate", "hang up"))]
)
def test_a_plain_run_goes_on_after_any_end(small_plain, end):
    # Tests that run under nohup would hand on that the signal is ignored, and the run would go on, as it should there.
    child = small_plain.start(*PLAIN, through=("env", "--default-signal=HUP"))
    kept = in_second_session(small_plain)
    if end == "group":
        kill_all(small_plain, child)
    else:
        numbers = {"parent": signal.SIGKILL, "terminate": signal.SIGTERM, "hang up": signal.SIGHUP}
        child.send_signal(numbers[end])
        assert child.wait() == (-signal.SIGKILL if end == "parent" else 143)
    gone(small_plain)
    done = goes_on(small_plain, PLAIN, kept)
    assert re.search(r"^2 sessions, 1 of them .* \(\d+%\), \d+ s of them checking \(\d+%\)$", done.stdout, re.MULTILINE)
    assert [event["resumed"] for event in of_kind(small_plain, "done")][:2] == [False, True]
    # Told as a whole: the next run measures anew, and moves aside what there was.
    assert small_plain.python(*PLAIN).returncode == 0
    old = [path.read_text() for path in small_plain.folder.glob("results-local/here/sessions/*/superseded/*.session")]
    assert len(old) == 2
    assert set(kept.values()) <= set(old)
    assert not set(old) & {path.read_text() for path in small_plain.records()}


HOLDER = """
import time
from benchmarks.harness.lock import machine_lock
with machine_lock("a cell of somebody's"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("fixture", "command"), [("small_plain", PLAIN), pytest.param("small", ASV, marks=SLOW)], ids=["plain", "asv"]
)
def test_a_run_that_waits_for_the_machine_says_for_whom(request, tmp_path, fixture, command):
    checkout = request.getfixturevalue(fixture)
    where = {"cwd": checkout.folder, "env": checkout.environment}
    said, processes = tmp_path / "said", []
    try:
        with open(said, "wb") as stream:
            holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, **where)
            processes.append(holder)
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            run = subprocess.Popen([sys.executable, *command], stdout=stream, stderr=subprocess.STDOUT, **where)
            processes.append(run)
            until(lambda: "waiting for the machine (" in said.read_text(errors="replace"), "told that it waits")
        assert re.search(rf"process {holder.pid} of .* for a cell of somebody's", said.read_text())
        assert checkout.records() == []
    finally:
        for process in processes:
            process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()
    gone(checkout)


def test_a_killed_worker_costs_its_row_only(small_plain):
    child = small_plain.start(*PLAIN)
    until(lambda: of_kind(small_plain, "running"), "running")
    worker(small_plain).send_signal(signal.SIGKILL)
    assert child.wait() == 0
    assert len(small_plain.records()) == 2
    assert [event["event"] for event in events(small_plain)][-1] == "told"


@SLOW  # five runs; jobs that are taken down twice are two: ``tests/benchmarks/submit/test_local.py``
def test_a_cell_that_took_the_run_down_twice_is_told_as_an_error(small_plain):
    flying = ""
    for _ in range(2):
        child = small_plain.start(*PLAIN)
        before = len(of_kind(small_plain, "running"))
        until(lambda before=before: len(of_kind(small_plain, "running")) > before, "running")
        kill_all(small_plain, child)
        flying = of_kind(small_plain, "running")[-1]["cell"]
    assert small_plain.python(*PLAIN).returncode == 0
    records = {path.name: json.loads(path.read_text()) for path in small_plain.records()}
    first = next(record for name, record in records.items() if name.startswith(f"{flying}.p"))
    second = next(record for record in records.values() if record is not first)
    assert {(row["outcome"], row["reason"]) for row in first["rows"].values()} == {("error", "took the run down twice")}
    assert any(row["outcome"] == "ok" for row in second["rows"].values())
    # Told, it is tried again by the next run.
    assert small_plain.python(*PLAIN).returncode == 0
    for path in small_plain.records():
        assert any(row["outcome"] == "ok" for row in json.loads(path.read_text())["rows"].values())


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static long step(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_STEP_FILE"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, at);
    if (clock == CLOCK_REALTIME) at->tv_sec += step();
    return done;
}
time_t time(time_t *at) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now); if (at) *at = now.tv_sec; return now.tv_sec;
}
"""


@pytest.fixture
def set_clock(small_plain):
    """``set_clock(days)``: the wall clock of every process of the repository, also of those that run, is so far off."""
    source = Path(small_plain.environment["TMPDIR"]) / "shim.c"
    source.write_text(SHIM)
    shim, step = source.with_suffix(".so"), source.with_suffix(".step")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], check=True)
    small_plain.environment |= {"LD_PRELOAD": str(shim), "CLOCK_STEP_FILE": str(step)}
    return lambda days: step.write_text(str(86400 * days))


@SLOW  # of the ledger's clock alone: ``tests/benchmarks/harness/test_store.py``
@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_is_set_between_runs_loses_nothing(small_plain, set_clock, days):
    child = small_plain.start(*PLAIN)
    kept = in_second_session(small_plain)
    kill_all(small_plain, child)
    # The files' own times are of before, too.
    for path in small_plain.records():
        os.utime(path, (time.time() - 86400 * days,) * 2)
    set_clock(days)
    goes_on(small_plain, PLAIN, kept)


@SLOW
@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_is_set_during_a_session_loses_nothing(small_plain, set_clock, days):
    child = small_plain.start(*PLAIN)
    worker(small_plain)  # the session has begun, and read its clock
    set_clock(days)
    kept = in_second_session(small_plain)
    kill_all(small_plain, child)
    (record,) = map(json.loads, kept.values())
    assert {row["outcome"] for row in record["rows"].values()} == {"ok", "skipped"}  # forms that the profile leaves out
    assert 0 < record["elapsed_s"] < DEADLINE_S
    goes_on(small_plain, PLAIN, kept)
    years = {json.loads(path.read_text())["started_at"][:4] for path in small_plain.records()}
    assert len(years) == 2  # the clock was another one
    assert [event["resumed"] for event in of_kind(small_plain, "done")] == [False, True, False]
