"""Slurm's commands as submitit itself mocks them: what is asked for, and what follows from what they answer."""

from __future__ import annotations

import os
import platform
from dataclasses import replace

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import environment, gpu, policy, run
from benchmarks.harness.ledger import Past
from benchmarks.harness.profile import PROFILES, SMOKE
from benchmarks.harness.record import read_json
from benchmarks.harness.store import UnwritableError
from benchmarks.harness.unfinished import open_cells
from benchmarks.submit import slurm
from benchmarks.submit.job import Job
from benchmarks.submit.local import make_executor
from benchmarks.submit.submission import Submission
from reports.load import load
from tests.benchmarks.submit.mocked import CELLS, ROWS, find_run, run_job, submit


def _batch_file(tmp_path, array: str) -> set[str]:
    return set((find_run(tmp_path).jobs / f"{array}_submission.sh").read_text().splitlines())


@pytest.mark.long
def test_a_run_goes_from_an_array_to_merged_records(cluster, tmp_path, capsys):
    assert submit("--workers", "1", "--slurm", "partition=long", "--slurm", "reservation=mine") == 0
    assert "3 sessions sent to Slurm as 12;" in capsys.readouterr().out
    assert {
        "#SBATCH --array=0-2%1",
        "#SBATCH --exclusive",
        "#SBATCH --mem=0",
        "#SBATCH --time=11",
        "#SBATCH --partition=long",
        "#SBATCH --reservation=mine",
        f"#SBATCH --job-name=jacobench-{find_run(tmp_path).run.id}",
    } <= (lines := _batch_file(tmp_path, "12"))
    assert not [line for line in lines if "gpus" in line or line.startswith("srun")]
    # The same command while they are queued sends nothing twice.
    assert submit() == 0
    assert "nothing to send, 0 sessions are done" in capsys.readouterr().out
    run_job(cluster, tmp_path, "12_0")
    cluster.queue["12_1"] = "RUNNING"
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "3 sessions: 1 done, 1 running, 1 waiting" in said
    assert main(["submit", "--merge"]) == 2
    assert "sessions: 1 running, 1 waiting" in capsys.readouterr().err
    # One is killed by the time limit: it is lost, and the others are not.
    cluster.end("12_1", "TIMEOUT")
    run_job(cluster, tmp_path, "12_2")
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "3 sessions: 2 done, 1 lost" in said
    assert f"lost  {CELLS[1].name} process 0 (job 12_1): TIMEOUT" in said
    # Sent again with more time, it is done.
    assert main(["submit", "--resume", "--slurm", "time=30"]) == 0
    lines = _batch_file(tmp_path, "13")
    assert {"#SBATCH --time=30", "#SBATCH --partition=long"} <= lines
    assert not [line for line in lines if "--array" in line]
    run_job(cluster, tmp_path, "13")
    assert main(["submit", "--status"]) == 0
    assert main(["submit", "--merge"]) == 0
    records = [read_json(path) for path in sorted(tmp_path.glob("results/hpc/sessions/*/*.session"))]
    assert [record["job"]["id"] for record in records] == ["12_0", "13", "12_2"]
    assert all(record["rows"][row]["outcome"] == "ok" for record in records for row in ROWS)
    (folder,) = tmp_path.glob("results/hpc/sessions/*/")
    assert not open_cells(folder)


@pytest.mark.long
def test_a_lost_session_is_merged_as_the_outcome_that_its_job_had(cluster, tmp_path, capsys):
    assert submit() == 0
    run_job(cluster, tmp_path, "12_0")
    for job, state in (("12_1", "TIMEOUT"), ("12_2", "OUT_OF_MEMORY")):
        cluster.end(job, state)
    assert main(["submit", "--merge"]) == 1
    records = [read_json(path) for path in sorted(tmp_path.glob("results/hpc/sessions/*/*.session"))]
    outcomes = [{(row["outcome"], row["reason"]) for row in record["rows"].values()} for record in records]
    assert outcomes[1:] == [{("timeout", "job 12_1: TIMEOUT")}, {("oom", "job 12_2: OUT_OF_MEMORY")}]
    assert main(["submit", "--resume"]) == 2
    assert "was merged as a whole" in capsys.readouterr().err
    # The report takes them as it takes any record.
    read = load(tmp_path / "results")
    assert not read.problems
    assert set(read.frame["outcome"]) >= {"ok", "timeout", "oom"}


def test_a_job_that_wrote_nothing_has_no_reason_of_an_earlier_one(cluster, tmp_path, monkeypatch, capsys):
    assert submit() == 0
    with monkeypatch.context() as patch:
        patch.setattr(run, "measure_process", _raise)
        with pytest.raises(RuntimeError, match="planted"):
            run_job(cluster, tmp_path, "12_0")
    cluster.end("12_0", "FAILED")
    assert main(["submit", "--resume"]) == 0
    cluster.end("13", "TIMEOUT")
    capsys.readouterr()
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "TIMEOUT" in said
    assert "planted" not in said


@pytest.mark.long
@pytest.mark.skipif(gpu.first_visible() is not None, reason="there is a GPU here")
def test_a_node_without_a_working_gpu_leaves_its_session_to_others(cluster, tmp_path, monkeypatch, capsys):
    """It fails in seconds, and would take much of an array with it."""
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    assert submit("--device", "cuda") == 0
    with pytest.raises(UnwritableError, match="cannot measure it: device 'cuda' is not available"):
        run_job(cluster, tmp_path, "12_0")
    assert os.environ["XLA_FLAGS"] == gpu.XLA_FLAGS
    cluster.end("12_0", "FAILED")
    capsys.readouterr()
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "3 sessions: 2 waiting, 1 open" in said
    assert "cannot measure it: device 'cuda' is not available" in said
    assert main(["submit", "--resume"]) == 0
    assert "1 sessions sent to Slurm as 13" in capsys.readouterr().out


def test_a_run_that_waits_in_the_queue_for_days_is_gone_on_with(cluster, tmp_path, monkeypatch, capsys):
    assert submit() == 0
    monkeypatch.setattr(Submission, "is_old", lambda self: True)
    assert submit() == 0
    assert "nothing to send, 0 sessions are done" in capsys.readouterr().out
    for job in list(cluster.queue):
        cluster.end(job, "CANCELLED")
    assert submit() == 0
    assert "3 sessions sent to Slurm as 13" in capsys.readouterr().out
    assert len(list(tmp_path.glob("results/hpc/submitted/*/"))) == 2


@pytest.mark.parametrize(("workers", "each"), [(1, 1), (3, 1), (5, 2)])
def test_workers_are_of_all_arrays_together(cluster, tmp_path, monkeypatch, workers, each):
    monkeypatch.setattr(slurm, "ARRAY", 2)
    assert submit("--workers", str(workers)) == 0
    assert f"#SBATCH --array=0-1%{each}" in _batch_file(tmp_path, "12")


def _raise(*given, **named):
    raise RuntimeError("planted")


@pytest.mark.long
def test_processes_of_a_cell_are_jobs_of_their_own(cluster, tmp_path, monkeypatch):
    monkeypatch.setitem(PROFILES, "smoke", replace(SMOKE, processes=2))
    monkeypatch.setattr(run, "every_cell", lambda profile, device: CELLS[:1])
    assert submit() == 0
    run_job(cluster, tmp_path, "12_1")
    assert main(["submit", "--merge", "--partial"]) == 1
    (folder,) = tmp_path.glob("results/hpc/sessions/*/")
    assert open_cells(folder) == {CELLS[0].name}
    # Of an earlier measurement there was one more.
    stale = folder / f"{CELLS[0].name}.p2.session"
    stale.write_text("{}")
    run_job(cluster, tmp_path, "12_0")
    assert main(["submit", "--merge"]) == 0
    assert not open_cells(folder)
    assert not stale.exists()
    records = [read_json(path) for path in sorted(folder.glob("*.session"))]
    assert [(record["process"], record["processes"]) for record in records] == [(0, 2), (1, 2)]
    assert [record["job"]["id"] for record in records] == ["12_0", "12_1"]


def test_a_first_process_that_is_done_days_after_the_others_leaves_them_done(cluster, tmp_path, monkeypatch):
    """They are of one run, whatever day each of its jobs had."""

    def measure(cell, profile, *given, **named):
        return {"cell": cell.to_json(), "profile": profile.name, "rows": {}, "elapsed_s": 0.0}

    monkeypatch.setitem(PROFILES, "smoke", replace(SMOKE, processes=2))
    monkeypatch.setattr(run, "every_cell", lambda profile, device: CELLS[:1])
    monkeypatch.setattr(run.session, "run", measure)
    assert submit() == 0
    run_job(cluster, tmp_path, "12_1")
    monkeypatch.setattr(Past, "is_old", lambda self: True)
    run_job(cluster, tmp_path, "12_0")
    assert main(["submit", "--status"]) == 0


@pytest.mark.slow
@pytest.mark.skipif(len(policy.affinity()) < 2, reason="needs two processors")
def test_nodes_of_two_kinds_are_two_machines(cluster, tmp_path, capsys):
    assert submit() == 0
    run_job(cluster, tmp_path, "12_0")
    run_job(cluster, tmp_path, "12_1")
    found = find_run(tmp_path)
    found.resend_with(replace(found.settings, variables={**found.settings.variables, "BENCH_THREADS": "2"}))
    run_job(cluster, tmp_path, "12_2")
    assert main(["submit", "--merge"]) == 0
    places = {path.parents[2].name: path.name for path in tmp_path.glob("results/*/sessions/*/*.session")}
    assert len(places) == 2
    (other,) = places.keys() - {"hpc"}
    assert other.startswith("hpc-")
    assert other.endswith("-2-threads")
    assert places[other].startswith(CELLS[2].name)
    # And so they stay.
    assert main(["submit", "--merge"]) == 0
    assert capsys.readouterr().out.count(" 0 records filed") == 2


@pytest.mark.long
def test_a_job_of_this_machine_has_its_card_and_its_time_though_submitit_gives_neither(cluster, tmp_path, monkeypatch):
    assert submit() == 0
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with cluster.job_context("12_0"):
        Job.of(find_run(tmp_path), 0, card="GPU-5a")()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-5a"
    assert make_executor(find_run(tmp_path)).parameters["timeout_min"] >= 24 * 60


def test_a_gpu_is_asked_for_and_a_part_of_a_node_where_the_user_says_so(cluster, tmp_path):
    assert submit("--device", "cuda") == 0
    assert {"#SBATCH --gpus-per-node=1", "#SBATCH --exclusive"} <= _batch_file(tmp_path, "12")
    assert main(["submit", "--status"]) == 1
    for job in list(cluster.queue):
        cluster.end(job, "FAILED")
    asked = ("--slurm", "exclusive=no", "--slurm", "gres=gpu:h100:1", "--slurm", "cpus-per-task=8")
    assert main(["submit", "--resume", *asked]) == 0
    lines = _batch_file(tmp_path, "13")
    assert {"#SBATCH --gres=gpu:h100:1", "#SBATCH --cpus-per-task=8"} <= lines
    assert not [line for line in lines if "exclusive" in line or "gpus" in line or "--mem" in line]


def test_jobs_that_met_may_be_given_a_lock_and_nothing_else(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_THREADS", "1")
    assert submit() == 0
    cluster.queue.clear()
    monkeypatch.setenv("BENCH_LOCK", "/shared/lock")
    monkeypatch.setenv("BENCH_THREADS", "2")
    assert main(["submit", "--resume"]) == 0
    variables = find_run(tmp_path).settings.variables
    assert (variables["BENCH_LOCK"], variables["BENCH_THREADS"]) == ("/shared/lock", "1")


def test_a_checkout_that_moved_on_is_refused_before_and_within_a_job(cluster, tmp_path, monkeypatch, capsys):
    assert submit() == 0
    monkeypatch.setattr(environment, "commit", lambda root: ("b" * 40, False))
    with pytest.raises(ValueError, match=r"is of commit aaaaaaaa and the checkout .* is at bbbbbbbb"):
        run_job(cluster, tmp_path, "12_0")
    cluster.end("12_0", "FAILED")
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "3 sessions: 2 waiting, 1 open" in said
    assert f"open  {CELLS[0].name} process 0 (job 12_0, node {platform.node()}): ValueError: run " in said
    assert main(["submit", "--resume"]) == 2
    assert "is at bbbbbbbb" in capsys.readouterr().err
    # Nothing that is not the sessions' fault becomes an outcome.
    cluster.queue.clear()
    assert main(["submit", "--merge"]) == 2
    assert "sessions: 1 open" in capsys.readouterr().err


def test_a_run_is_in_one_hand_at_a_time(cluster, tmp_path, capsys):
    assert submit() == 0
    with find_run(tmp_path).alone():
        assert main(["submit", "--merge"]) == 2
        assert main(["submit", "--resume"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" is in the hands of ")[2] for line in said] == 2 * [
        f"process {os.getpid()}; allowed: one at a time"
    ]
