"""Runs through asv that are killed, terminated or ended by hand: real processes, a profile of a few rows."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.benchmarks.interrupted import (
    ASV,
    BENCH,
    goes_on,
    gone,
    in_second_session,
    kill_all,
    of,
    of_kind,
    start_in_background,
)

# asv as a user starts it, on the tree that is checked out.
BARE = ("-m", "asv", "run", "--environment=checkout:same", "--machine", "here", "--bench", BENCH, "--set-commit-hash")


def _end_asv(repository, child, end: str) -> None:
    """End a run in its second session, by the process that is named, and wait until nothing of it lives."""
    if end == "child":
        os.kill(of_kind(repository, "running")[-1]["pid"], signal.SIGKILL)
    elif end == "asv":
        for asv in [p for p in of(repository) if {"asv", "run"} <= set(p.cmdline())]:
            asv.send_signal(signal.SIGKILL)
    else:
        child.send_signal(signal.SIGKILL if end == "parent" else signal.SIGTERM)
    child.wait()
    gone(repository)  # neither a worker nor asv's server


@pytest.mark.long
@pytest.mark.parametrize(
    "end",
    [
        "terminate in the background",
        *(pytest.param(end, marks=pytest.mark.slow) for end in ("terminate", "parent", "asv", "child")),
    ],
)
def test_a_run_through_asv_goes_on_after_any_end(small, end):
    child = start_in_background(small, ASV) if "background" in end else small.start(*ASV)
    kept = in_second_session(small)
    _end_asv(small, child, end)
    if end == "child":
        # asv itself goes on, and asks for the cell again for the next row.
        assert len(small.records()) == 2
        assert len(of_kind(small, "running")) == 3
        assert kept.items() <= {path.name: path.read_text() for path in small.records()}.items()
        return
    assert not of_kind(small, "told")
    done = goes_on(small, ASV, kept)
    # The second session may have ended before the end reached it.
    assert re.search("[12] of them taken up from a run that was cut off", done.stdout)
    assert small.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_asv_started_by_hand_goes_on_and_says_so(small):
    command = (*BARE, small.git("rev-parse", "HEAD"))
    child = small.start(*command)
    kept = in_second_session(small)
    child.send_signal(signal.SIGTERM)
    child.wait()
    gone(small)
    done = goes_on(small, command, kept)
    assert "going on with a run that was cut off: what it measured is kept" in done.stderr
    assert re.search("2 sessions, [12] of them taken up from a run that was cut off", done.stderr)
    # Told to asv, all is measured anew.
    again = small.python(*command)
    assert "taken up" not in again.stderr
    assert small.git("status", "--porcelain") == ""


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_part_measured_in_between_loses_nothing_of_the_run_that_was_cut_off(small):
    child = small.start(*ASV)
    kept = in_second_session(small)
    kill_all(small, child)
    gone(small)
    other = (*ASV[:-1], r"^logdet\.Torch\.track_error")
    done = small.python(*other)
    assert done.returncode == 0, done.stdout
    assert re.search("[12] of them taken up from a run that was cut off", done.stdout)
    goes_on(small, ASV, kept)
