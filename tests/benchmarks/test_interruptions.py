"""Runs that are killed, terminated, starved of disk or whose clock is set: real processes, a profile of a few rows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

PLAIN = ("-m", "benchmarks", "run", "--plain", "--profile", "smoke", "--machine", "here")
BENCH = r"^logdet\.Torch\.track_(seconds|outcome)"
ASV = ("-m", "benchmarks", "run", "--profile", "smoke", "--machine", "here", "--bench", BENCH)
# asv as a user starts it, on the tree that is checked out.
BARE = ("-m", "asv", "run", "--environment=checkout:same", "--machine", "here", "--bench", BENCH, "--set-commit-hash")
DEADLINE_S = 120
SLOW = pytest.mark.slow


FEW = """
_all = methods


def methods(family, backend):
    return _all(family, backend)[:2] if family == "logdet" else _all(family, backend)
"""


def _shrink(repository, more: str = ""):
    """The first two log-det methods only: a session takes seconds. At the end nothing of it is left running."""
    listing = repository.folder / "bench_core/__init__.py"
    listing.write_text(listing.read_text() + FEW + more)
    configuration = repository.folder / "asv.conf.json"
    configuration.write_text(configuration.read_text().replace('["quick"]', '["smoke"]'))
    repository.commit("a small suite")
    repository.environment |= {"BENCH_THREADS": "1", "OMP_NUM_THREADS": "1"}
    yield repository
    left = _of(repository)
    assert not left, f"left behind: {[process.cmdline() for process in left]}"


@pytest.fixture
def small(repository):
    """Of all doors the two log-det cells in torch; asv's other classes are there and are not asked for."""
    yield from _shrink(repository)


@pytest.fixture
def small_plain(repository):
    """A whole profile of two cells."""
    yield from _shrink(repository, '\nFAMILIES, BACKENDS = ("logdet",), ("torch",)\n')


def _of(repository) -> list[psutil.Process]:
    """All processes that use the checkout's own temporary folder."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("BENCH_LOCK") == repository.environment["BENCH_LOCK"]
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _until(condition, what: str):
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.02)
    return found


def _events(repository) -> list[dict]:
    """Whole lines of all ledgers, run after run."""
    paths = sorted(repository.folder.glob("results-local/*/sessions/*/runs/*.ledger"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines() if line.endswith("}")]


def _of_kind(repository, kind: str) -> list[dict]:
    return [event for event in _events(repository) if event["event"] == kind]


def _start(repository, command, **variables) -> subprocess.Popen:
    repository.environment |= variables
    return repository.start(*command)


def _in_second_session(repository) -> dict[str, str]:
    """Wait until one session is kept and the next is running; the records by name."""
    _until(lambda: len(_of_kind(repository, "running")) >= 2, "in the second session")
    return {path.name: path.read_text() for path in repository.records()}


def _worker(repository) -> psutil.Process:
    return _until(lambda: [p for p in _of(repository) if "worker.py" in " ".join(p.cmdline())], "a worker")[0]


def _gone(repository) -> None:
    _until(lambda: not _of(repository), "over")


def _goes_on(repository, command, kept: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same command ends well with all cells, and what was kept is the same still."""
    done = repository.python(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    now = {path.name: path.read_text() for path in repository.records()}
    assert len(now) == 2
    assert kept
    assert kept.items() <= now.items()
    return done


def _kill_all(repository, child) -> None:
    for process in _of(repository):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            process.send_signal(signal.SIGKILL)
    child.wait()


@pytest.mark.parametrize(
    "end", ["group", *(pytest.param(end, marks=SLOW) for end in ("parent", "terminate", "hang up"))]
)
def test_a_plain_run_goes_on_after_any_end(small_plain, end):
    child = _start(small_plain, PLAIN)
    kept = _in_second_session(small_plain)
    if end == "group":
        _kill_all(small_plain, child)
    else:
        numbers = {"parent": signal.SIGKILL, "terminate": signal.SIGTERM, "hang up": signal.SIGHUP}
        child.send_signal(numbers[end])
        assert child.wait() == (-signal.SIGKILL if end == "parent" else 143)
    _gone(small_plain)
    _goes_on(small_plain, PLAIN, kept)
    assert [event["resumed"] for event in _of_kind(small_plain, "done")][:2] == [False, True]
    # Told as a whole: the next run measures anew, and moves aside what there was.
    assert small_plain.python(*PLAIN).returncode == 0
    old = [path.read_text() for path in small_plain.folder.glob("results-local/here/sessions/*/superseded/*.session")]
    assert len(old) == 2
    assert set(kept.values()) <= set(old)
    assert not set(old) & {path.read_text() for path in small_plain.records()}


def test_a_killed_worker_costs_its_row_only(small_plain):
    child = _start(small_plain, PLAIN)
    _until(lambda: _of_kind(small_plain, "running"), "running")
    _worker(small_plain).send_signal(signal.SIGKILL)
    assert child.wait() == 0
    assert len(small_plain.records()) == 2
    assert [event["event"] for event in _events(small_plain)][-1] == "told"


def test_a_cell_that_took_the_run_down_twice_is_told_as_an_error(small_plain):
    flying = ""
    for _ in range(2):
        child = _start(small_plain, PLAIN)
        before = len(_of_kind(small_plain, "running"))
        _until(lambda before=before: len(_of_kind(small_plain, "running")) > before, "running")
        _kill_all(small_plain, child)
        flying = _of_kind(small_plain, "running")[-1]["cell"]
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
#include <stdlib.h>
#include <time.h>
#include <sys/time.h>
static long step(void) { const char *text = getenv("CLOCK_STEP_S"); return text ? atol(text) : 0; }
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


@pytest.mark.parametrize("days", [-400, pytest.param(400, marks=SLOW)])
def test_a_clock_that_is_set_loses_nothing(small_plain, days):
    source = Path(small_plain.environment["TMPDIR"]) / "shim.c"
    source.write_text(SHIM)
    shim = source.with_suffix(".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], check=True)
    child = _start(small_plain, PLAIN)
    kept = _in_second_session(small_plain)
    _kill_all(small_plain, child)
    # The files' own times are of before, too.
    for path in small_plain.records():
        os.utime(path, (time.time() - 86400 * days,) * 2)
    small_plain.environment |= {"LD_PRELOAD": str(shim), "CLOCK_STEP_S": str(86400 * days)}
    _goes_on(small_plain, PLAIN, kept)


def test_a_full_disk_is_one_line_before_anything_is_measured(small_plain):
    command = f"ulimit -f 1024; exec {sys.executable} {' '.join(PLAIN)}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=small_plain.folder, env=small_plain.environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing can be kept in" in done.stderr
    assert "(File too large)" in done.stderr
    assert not small_plain.records()


@pytest.mark.parametrize("command", [PLAIN, ASV], ids=["plain", "asv"])
def test_a_folder_that_cannot_be_written_is_one_line(small, command):
    (small.folder / "results-local").write_text("in the way")
    done = small.python(*command)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing can be kept in" in done.stderr


@SLOW
def test_a_disk_that_becomes_full_ends_the_run_and_keeps_what_is_there(small):
    child = _start(small, ASV)
    _until(lambda: _of_kind(small, "running"), "running")
    for process in _of(small):
        try:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2**20, 2**20))
        except ProcessLookupError:
            continue
    assert child.wait() != 0
    _gone(small)
    # One session, measured once: nothing is repeated for the other rows and metrics.
    assert len(_of_kind(small, "running")) == 1
    assert not list(small.folder.glob("results-local/here/*-checkout-*.json"))
    kept = {path.name: path.read_text() for path in small.records()}
    _goes_on(small, ASV, kept)


def _end_asv(repository, child, end: str) -> None:
    """End a run in its second session, by the process that is named, and wait until nothing of it lives."""
    if end == "child":
        os.kill(_of_kind(repository, "running")[-1]["pid"], signal.SIGKILL)
    elif end == "asv":
        for asv in [p for p in _of(repository) if {"asv", "run"} <= set(p.cmdline())]:
            asv.send_signal(signal.SIGKILL)
    else:
        child.send_signal(signal.SIGKILL if end == "parent" else signal.SIGTERM)
    child.wait()
    _gone(repository)  # neither a worker nor asv's server


@SLOW
@pytest.mark.parametrize("end", ["terminate", "parent", "asv", "child"])
def test_a_run_through_asv_goes_on_after_any_end(small, end):
    for _ in range(5):
        child = _start(small, ASV)
        kept = _in_second_session(small)
        _end_asv(small, child, end)
        if end == "child" or not _of_kind(small, "told"):
            break
        # Sessions are short here: beside other tests this run had ended before the end reached it.
        shutil.rmtree(small.folder / "results-local")
    if end == "child":
        # asv itself goes on, and asks for the cell again for the next row.
        assert len(small.records()) == 2
        assert len(_of_kind(small, "running")) == 3
        assert kept.items() <= {path.name: path.read_text() for path in small.records()}.items()
        return
    done = _goes_on(small, ASV, kept)
    # The second session may have ended before the end reached it.
    assert re.search("[12] of them taken up from a run that was cut off", done.stdout)
    assert small.git("status", "--porcelain") == ""


@SLOW
def test_asv_started_by_hand_goes_on_and_says_so(small):
    command = (*BARE, small.git("rev-parse", "HEAD"))
    child = _start(small, command)
    kept = _in_second_session(small)
    child.send_signal(signal.SIGTERM)
    child.wait()
    _gone(small)
    done = _goes_on(small, command, kept)
    assert "going on with a run that was cut off: what it measured is kept" in done.stderr
    assert re.search("2 sessions, [12] of them taken up from a run that was cut off", done.stderr)
    # Told to asv, all is measured anew.
    again = small.python(*command)
    assert "taken up" not in again.stderr
    assert small.git("status", "--porcelain") == ""


@SLOW
def test_asv_started_by_hand_keeps_all_its_files_where_it_is_told_to(small, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    command = (*BARE, small.git("rev-parse", "HEAD"))
    assert small.python(*command, BENCH_RESULTS=str(elsewhere)).returncode == 0
    assert not (small.folder / "results-local").exists()
    found = {path.name for path in elsewhere.rglob("*.json")}
    assert {"benchmarks.json", "machine.json"} < found
    assert len(found) == 3  # and asv's result file
    shown = small.python("-m", "asv", "show", BENCH_RESULTS=str(elsewhere))
    assert small.git("rev-parse", "HEAD")[:8] in shown.stdout


@SLOW
def test_a_part_measured_in_between_loses_nothing_of_the_run_that_was_cut_off(small):
    child = _start(small, ASV)
    kept = _in_second_session(small)
    _kill_all(small, child)
    _gone(small)
    other = (*ASV[:-1], r"^logdet\.Torch\.track_error")
    done = small.python(*other)
    assert done.returncode == 0, done.stdout
    assert re.search("[12] of them taken up from a run that was cut off", done.stdout)
    _goes_on(small, ASV, kept)
