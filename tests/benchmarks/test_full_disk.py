"""Runs that are starved of disk: real processes, a profile of a few rows."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.benchmarks.interrupted import ASV, PLAIN, goes_on, gone, of, of_kind, until


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


@pytest.mark.slow
def test_a_disk_that_becomes_full_ends_the_run_and_keeps_what_is_there(small):
    child = small.start(*ASV)
    until(lambda: of_kind(small, "running"), "running")
    for process in of(small):
        try:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2**20, 2**20))
        except ProcessLookupError:
            continue
    assert child.wait() != 0
    gone(small)
    # One session, measured once: nothing is repeated for the other rows and metrics.
    assert len(of_kind(small, "running")) == 1
    assert not list(small.folder.glob("results-local/here/*-checkout-*.json"))
    kept = {path.name: path.read_text() for path in small.records()}
    goes_on(small, ASV, kept)
