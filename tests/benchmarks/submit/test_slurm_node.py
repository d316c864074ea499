"""A real Slurm of one node, started by ``tools/slurm-node``, where its daemons are installed."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools/slurm-node"
PATHS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
MISSING = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(name, path=PATHS)]
INSTALLED = pytest.mark.skipif(
    bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt-get install slurmctld slurmd slurm-client munge)"
)


@pytest.fixture
def configuration() -> Iterator[str]:
    """A node that is up; its ``SLURM_CONF``."""
    # A short name: that of a socket in it must not be longer than a hundred characters.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        started = subprocess.run([TOOL, "start", folder], capture_output=True, text=True, timeout=60)
        try:
            assert started.returncode == 0, started.stderr
            yield started.stdout.strip().removeprefix("export SLURM_CONF=")
        finally:
            subprocess.run([TOOL, "stop", folder], check=True, timeout=60)
    assert not [name for name in os.listdir("/proc") if name.isdigit() and folder in _command(name)]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _submit(few, configuration: str, *arguments: str):
    return few.submit(*arguments, SLURM_CONF=configuration)


def _queue(configuration: str) -> str:
    asked = ["squeue", "--noheader"]
    return subprocess.run(asked, env=os.environ | {"SLURM_CONF": configuration}, capture_output=True, text=True).stdout


@INSTALLED
@pytest.mark.slow
def test_a_run_through_a_real_slurm_of_which_one_job_is_killed(tiny, configuration):
    few = tiny(5)
    # Two jobs at a time on one node: the lock is what keeps their sessions apart.
    part = ("--slurm", "exclusive=no", "--slurm", "cpus-per-task=1", "--workers", "2")
    sent = _submit(few, configuration, "--profile", "smoke", "--executor", "slurm", "--machine", "here", *part)
    assert sent.returncode == 0, sent.stderr
    assert "5 sessions sent to Slurm as 1;" in sent.stdout
    killed = few.kill_in_mid_cell(at_least=2)
    assert _submit(few, configuration, "--merge").returncode == 2  # some are queued
    few.until(lambda: not _queue(configuration), "through the queue")
    status = _submit(few, configuration, "--status")
    assert status.returncode == 1
    assert "5 sessions: 4 done, 1 lost" in status.stdout
    assert f"lost  {killed} process 0 (job 1_" in status.stdout
    assert "node " in status.stdout
    # On a node of its own this time.
    assert _submit(few, configuration, "--resume", "--slurm", "exclusive=yes").returncode == 0
    few.until(lambda: not _queue(configuration), "through the queue")
    assert _submit(few, configuration, "--status").returncode == 0
    merged = _submit(few, configuration, "--merge")
    assert merged.returncode == 0, merged.stderr
    records = few.records()
    assert len(records) == 5
    assert all(record["rows"][few.ROW]["outcome"] == "ok" for record in records.values())
    assert not few.open_cells()
    spans = few.spans()
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert [event["cell"] for event in few.events("job")].count(killed) == 2
    reported = few.repository.python("-m", "reports", "--machine", "here", PYTHONPATH=str(ROOT))
    assert reported.returncode == 0, reported.stderr
    assert "5 sessions" in reported.stdout
    copied = few.repository.python("-m", "benchmarks", "publish")
    assert copied.returncode == 0, copied.stderr


@INSTALLED
@pytest.mark.slow
def test_a_job_that_is_cancelled_is_lost_and_the_others_are_not(tiny, configuration):
    few = tiny(3)
    sent = _submit(few, configuration, "--profile", "smoke", "--executor", "slurm", "--machine", "here")
    assert sent.returncode == 0, sent.stderr
    few.until(few.in_flight, "in a session")
    environment = os.environ | {"SLURM_CONF": configuration}
    subprocess.run(["scancel", "1_2"], env=environment, check=True)
    few.until(lambda: not _queue(configuration), "through the queue")
    assert "3 sessions: 2 done, 1 lost" in _submit(few, configuration, "--status").stdout
    merged = _submit(few, configuration, "--merge")
    assert merged.returncode == 1
    assert len(few.records()) == 3
    assert not few.open_cells()


@pytest.mark.skipif(not MISSING, reason="all is installed")
def test_what_is_missing_is_one_line(tmp_path):
    done = subprocess.run([TOOL, "start", tmp_path / "node"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("slurm-node: ")
    assert "apt-get install slurmctld slurmd slurm-client munge" in done.stderr
    assert not (tmp_path / "node").exists()


def test_without_a_command_it_says_what_it_is():
    done = subprocess.run([TOOL], capture_output=True, text=True)
    assert done.returncode == 2
    assert "tools/slurm-node start [FOLDER]" in done.stderr


@INSTALLED
@pytest.mark.slow
def test_a_node_is_started_once_and_leaves_its_logs_alone(tmp_path):
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        assert subprocess.run([TOOL, "start", folder], capture_output=True, timeout=60).returncode == 0
        try:
            again = subprocess.run([TOOL, "start", folder], capture_output=True, text=True, timeout=60)
            assert (again.returncode, again.stderr.count("\n")) == (1, 1)
            assert "there is one in" in again.stderr
        finally:
            subprocess.run([TOOL, "stop", folder], check=True, timeout=60)
        assert {path.suffix for path in Path(folder).iterdir()} <= {".log", ".start"}
