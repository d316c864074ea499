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


@pytest.mark.slow  # of ends of a run ``test_plain_interruptions.py`` has others
@pytest.mark.parametrize(("command", "suite"), [(PLAIN, "small_plain"), (ASV, "small")], ids=["plain", "asv"])
def test_a_disk_that_becomes_full_ends_the_run_and_keeps_what_is_there(command, suite, request):
    repository = request.getfixturevalue(suite)
    child = repository.start(*command)
    until(lambda: of_kind(repository, "running"), "running")
    for process in of(repository):
        try:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2**20, 2**20))
        except ProcessLookupError:
            continue
    assert child.wait() != 0
    gone(repository)
    # One session, measured once: nothing is repeated for the other rows and metrics.
    assert len(of_kind(repository, "running")) == len(of_kind(repository, "done")) == 1
    assert not of_kind(repository, "told")
    assert not list(repository.folder.glob("results-local/here/*-checkout-*.json"))
    kept = {path.name: path.read_text() for path in repository.records()}
    goes_on(repository, command, kept)
    assert [event["resumed"] for event in of_kind(repository, "done")] == [False, True, False]
