"""What a job does: one session, on the device that it was given, kept in the run's spool."""

from __future__ import annotations

import contextlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import gpu, ledger, lifeline, run
from benchmarks.harness.outcome import one_line
from benchmarks.harness.store import UnwritableError
from benchmarks.submit.submission import VARIABLES, Submission


@dataclass(frozen=True)
class Job:
    """A session as submitit sends it to a node: where its run is told of (the same paths on every node), which of the
    run's sessions, and the GPU as ``CUDA_VISIBLE_DEVICES`` names it (None where the scheduler says which).
    """

    results: str
    machine: str
    ledger: str
    index: int
    card: str | None = None

    @classmethod
    def of(cls, submission: Submission, index: int, card: str | None = None) -> Job:
        return cls(str(submission.results), submission.machine, str(submission.path), index, card)

    def __call__(self) -> None:
        """Measure; whatever happens, the session's ledger says so, and an exception is raised again."""
        submission = Submission(Path(self.results), self.machine, Path(self.ledger))
        session = submission.sessions[self.index]
        job = self._prepare(submission)
        store = submission.store_of(session)
        store.begin(submission.profile, lambda: {session.cell.name: 1})
        store.note(
            "job",
            session.cell,
            session.process,
            job=job,
            node=_node(),
            pid=os.getpid(),
            began=ledger.began(os.getpid()),
        )
        kind = "refused"  # the session is not at fault, and stays open
        try:
            submission.check_checkout()
            kind = "raised"
            # What the cell's other processes have learnt is other jobs'.
            record = run.measure_process(
                *(session.cell, submission.profile, store, session.process, []), keeps=lambda record: not _fault(record)
            )
            if reason := _fault(record):
                raise UnwritableError(f"{_node()} cannot measure it: {reason}")
        except Exception as error:
            kind = "refused" if isinstance(error, UnwritableError) else kind
            with contextlib.suppress(UnwritableError):
                reason = one_line(f"{type(error).__name__}: {error}")
                store.note(kind, session.cell, session.process, reason=reason)
            raise

    def _prepare(self, submission: Submission) -> str:
        """The environment of the one who submitted the run, and an end in order with whoever started the job; its
        number.
        """
        import submitit

        for name in VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(submission.settings.variables)
        if submission.device == "cuda":
            gpu.set_xla_flags()
        job = submitit.JobEnvironment().job_id
        # What the lock tells those who wait for this machine.
        os.environ["BENCH_COMMAND"] = f"run {submission.run.id}, job {job}"
        if self.card is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = self.card
        lifeline.end_in_order()
        lifeline.die_with(os.getppid())
        return job


def _fault(record: dict[str, Any]) -> str:
    """Why this node's GPU did not settle the session, which another one may have: it does not work, or not as its name
    promises (or an empty text).
    """
    return (run.unavailable(record) or run.to_repeat(record)) if record["cell"]["device"] == "cuda" else ""


def _node() -> str:
    """The node's name, as Slurm or else the system says it."""
    return os.environ.get("SLURMD_NODENAME") or platform.node()
