"""Whether anything can be measured on a device, by a session of seconds: here on the processor."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

import bench_core
from benchmarks.harness import lock, session, smoke


@pytest.fixture(autouse=True)
def own_lock(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))


@pytest.fixture
def sessions(monkeypatch):
    """Sessions end with these outcomes of their rows, and are noted with their limits."""
    limits, said = [], {}

    def run(cell, profile, rows):
        limits.append(profile.session_limit_s)
        outcome = said.get(cell.backend, ("ok", ""))
        return {"rows": {row: dict(zip(("outcome", "reason"), outcome)) for row in rows}}

    monkeypatch.setattr(session, "run", run)
    return limits, said


@pytest.mark.long
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_device_that_works_has_no_fault(backend, small_ceilings):
    assert smoke.fault(backend, "cpu", time.monotonic() + 300, 2.0) == ""


@pytest.mark.long
def test_a_device_that_is_not_there_is_told_in_one_line(capsys):
    from bench_core.backends import torch as backend

    try:
        backend.require_device("cuda")
    except bench_core.Unavailable:
        pass
    else:
        pytest.skip("there is a CUDA device here")
    absent = smoke.without("cuda", time.monotonic() + 300, 2.0)
    assert absent == {name: f"device 'cuda' is not available to {name} here" for name in bench_core.BACKENDS}
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("card: nothing works on device 'cuda', nothing is measured: torch: device 'cuda' is not")


def test_a_backend_of_which_every_row_fails_is_told_beside_one_that_works(sessions, capsys):
    sessions[1]["jax"] = ("error", "INTERNAL: no kernel image")
    assert smoke.without("cuda", time.monotonic() + 300, 2.0) == {"jax": "error: INTERNAL: no kernel image"}
    works, left_out = capsys.readouterr().out.splitlines()
    assert works.startswith("card: torch works: ")
    assert left_out == "card: jax is left out: error: INTERNAL: no kernel image"


def test_what_the_time_was_too_short_for_has_not_failed(sessions):
    sessions[1]["torch"] = ("over_budget", "time: the session's 3 s were over")
    assert smoke.fault("torch", "cuda", time.monotonic() + 3, 2.0) == ""
    assert 2 < sessions[0][0] <= 3


def test_it_waits_for_the_machine_no_longer_than_a_session_would(sessions, capsys):
    with lock.machine_lock("another session"):
        assert smoke.without("cuda", time.monotonic() + 2.5, 2.0) == {}
    assert not sessions[0]
    assert "card: the machine was not free in time: " in capsys.readouterr().out
    assert smoke.without("cuda", time.monotonic() + 1.5, 2.0) == {}
    assert not sessions[0]


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize(("status", "pages"), [(0, True), (1, True), (2, False)])
def test_make_cuda_builds_no_page_where_nothing_works(tmp_path, status, pages):
    """In an environment that counts as made; its Python notes what it is asked to run."""
    shutil.copy(Path(__file__).parents[3] / "Makefile", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", ".venv/installed", ".venv/cuda"):
        (tmp_path / name).touch()
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\necho "$2" >> ran\ntest "$2" != benchmarks || exit {status}\n')
    python.chmod(0o755)
    done = subprocess.run(["make", "--silent", "cuda"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode != 0) == (status != 0)
    assert (tmp_path / "ran").read_text().split() == ["benchmarks", *["reports"] * pages]
