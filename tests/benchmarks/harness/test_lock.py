"""One session on the machine at a time, and whoever waits knows for whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.harness import lock

HOLDER = """
import sys, time
from benchmarks.harness.lock import machine_lock
with machine_lock("logdet-torch-cuda"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path, monkeypatch):
    """Another process, with another TMPDIR, that holds the lock."""
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", HOLDER], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_waiting_says_for_whom_every_so_often_and_death_frees_the_lock(holder, monkeypatch):
    monkeypatch.setattr(lock, "TELL_EVERY_S", 0.1)
    lines: list[str] = []
    threading.Timer(0.5, lambda: holder.send_signal(signal.SIGKILL)).start()
    began = time.monotonic()
    with lock.machine_lock("logdet-torch-cpu", lines.append):
        assert time.monotonic() - began >= 0.4
    assert len(lines) >= 3
    assert all(f"process {holder.pid} of " in line and "for logdet-torch-cuda" in line for line in lines)
    assert all("holds it since" in line and "python -c" in line for line in lines)


def test_waiting_ends_in_time_and_leaves_the_holder_its_name(holder, tmp_path):
    signed, began = (tmp_path / "lock").read_text(), time.monotonic()
    with (
        pytest.raises(lock.BusyError, match=f"not free in time: process {holder.pid} of .* for logdet-torch-cuda"),
        lock.machine_lock("a cell", lambda line: None, began + 0.2),
    ):
        pass
    assert 0.2 <= time.monotonic() - began < 5
    assert (tmp_path / "lock").read_text() == signed
    # What was waited for too long is not kept when it comes.
    holder.kill()
    holder.wait()
    with lock.machine_lock("a cell", lambda line: None, time.monotonic() + 5):
        pass


def test_a_free_lock_is_not_talked_about(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    lines: list[str] = []
    for _ in range(2):
        with lock.machine_lock("a cell", lines.append):
            pass
    assert lines == []
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666


def test_the_lock_is_the_machines_wherever_temporary_files_go(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_LOCK", raising=False)
    before = lock.path()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)  # Python asks for it once a process
    assert lock.path() == before


ENDLESS = '{"pid": 1, "user": "x", "what": "x", "command": "x", "up": 1e300}'


@pytest.mark.parametrize("written", ["[]", ENDLESS])
def test_what_others_wrote_into_the_lock_is_no_fault(holder, tmp_path, written):
    (tmp_path / "lock").write_text(written)
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        holder.kill()

    with lock.machine_lock("a cell", tell):
        pass
    assert lines[0].endswith("another session holds it")


def test_a_lock_that_cannot_be_opened_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")  # whose target would be another's to choose
    for place in ("none/lock", "link"):
        monkeypatch.setenv("BENCH_LOCK", str(tmp_path / place))
        with (
            pytest.raises(ValueError, match=rf"^the machine's lock .*{place} cannot be opened \(.*\); allowed: BENCH_"),
            lock.machine_lock("a cell"),
        ):
            pass
    assert not (tmp_path / "elsewhere").exists()
