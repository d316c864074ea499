"""A mocked Slurm with a queue, a run of three cells through it, and what its nodes do."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from submitit.core import submission as submitit_job
from submitit.core.test_core import MockedSubprocess
from submitit.slurm.slurm import SlurmJob

from benchmarks.__main__ import main
from benchmarks.harness import environment, lifeline, run
from benchmarks.harness.cell import Cell
from benchmarks.submit.submission import find

CELLS = [Cell.of("logdet", "torch", {"D": D, "B": 4}) for D in (4, 5, 6)]
ROWS = ("gemm_floor", "transposed")


class Cluster(MockedSubprocess):
    """submitit's mock, which knows no queue, with one: what was sent is in it until a test takes it out.

    refusal   what sbatch says, where it takes nothing
    """

    def __init__(self) -> None:
        super().__init__(known_cmds=["srun", "sbatch"])
        self.queue: dict[str, str] = {}
        self.ends: dict[str, str] = {}
        self.refusal = ""

    def __call__(self, command, **kwargs):
        if command[0] == "sbatch" and self.refusal:
            from submitit.core.utils import FailedJobError

            raise FailedJobError(self.refusal)
        if command[0] == "squeue":
            return "\n".join(f"{job}|{state}" for job, state in self.queue.items())
        if command[0] == "sacct":
            return "\n".join(f"{job}|{state}" for job, state in self.ends.items())
        return super().__call__(command, **kwargs)

    def set_job_state(self, job_id: str, state: str, array: int = 0) -> None:
        super().set_job_state(job_id, state, array)
        jobs = [f"{job_id}_{index}" for index in range(array)] or [job_id]
        self.queue |= dict.fromkeys(jobs, "PENDING")

    def end(self, job: str, state: str = "COMPLETED") -> None:
        del self.queue[job]
        self.ends[job] = state


@contextmanager
def set_up(monkeypatch, tmp_path) -> Iterator[Cluster]:
    """A mocked Slurm, and a run of three cells at a commit; jobs run here, and so must not change this process."""
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setenv("BENCH_THREADS", "1")
    monkeypatch.setattr(environment, "commit", lambda root: ("a" * 40, False))
    monkeypatch.setattr(run, "every_cell", lambda profile, device: [replace(cell, device=device) for cell in CELLS])
    monkeypatch.setattr(run, "rows", lambda *_: ROWS)
    monkeypatch.setattr(lifeline, "end_in_order", lambda: None)
    monkeypatch.setattr(lifeline, "die_with", lambda parent: None)
    numbers = (signal.SIGTERM, signal.SIGCONT, signal.SIGUSR2)
    handlers, variables, made = [signal.getsignal(number) for number in numbers], os.environ.copy(), Cluster()
    with made.context():
        yield made
    SlurmJob.watcher.clear()
    os.environ.clear()
    os.environ.update(variables)
    for number, handler in zip(numbers, handlers):
        signal.signal(number, handler)


def submit(*arguments: str) -> int:
    return main(["submit", "--profile", "smoke", "--executor", "slurm", "--machine", "hpc", *arguments])


def find_run(tmp_path):
    return find(tmp_path / "results")


def run_job(cluster: Cluster, tmp_path, job: str) -> None:
    """What the node does, in this process."""
    with cluster.job_context(job):
        submitit_job.process_job(find_run(tmp_path).jobs)
    cluster.end(job)
