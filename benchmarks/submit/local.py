"""Jobs on this machine: a queue over its devices, one job a device, through submitit's local executor.

That executor starts whatever it is given at once, ends a job after two minutes and hides the GPUs unless asked; the
queue, the limit and the card are ours. The machine's lock is the sessions' own: two jobs here prepare side by side and
measure in turn.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.harness.ledger import CRASHES
from benchmarks.harness.session import ROOT
from benchmarks.submit import standing
from benchmarks.submit.devices import visible_cards
from benchmarks.submit.job import Job
from benchmarks.submit.standing import Standing
from benchmarks.submit.submission import Session, Submission

LIMIT_MIN = 7 * 24 * 60.0  # sessions keep their own deadlines; how long one waits for the machine nobody knows
PATIENCE_S = 20.0  # for jobs that were told to end
_POLL_S = 0.05


def places(device: str, workers: int | None) -> list[str | None]:
    """What jobs run on, one at a time each: the cards at hand, or None for the processor.

    Raises
    ------
    ValueError
        in one line, where there is no card, or fewer than jobs asked for
    """
    if device == "cpu":
        return [None] * (workers or 1)
    cards = visible_cards()
    if not cards:
        raise ValueError("no CUDA device is visible here; Slurm may have some: --executor slurm")
    if (workers or 1) > len(cards):
        raise ValueError(f"--workers {workers} at {len(cards)} CUDA devices; allowed: one job a device")
    return list(cards[: workers or len(cards)])


def work(
    submission: Submission, sessions: Sequence[Session], told: Callable[[Standing, int], None] = lambda *_: None
) -> None:
    """Run a job for each session until none is left; one that was killed is begun again, as often as it may be.

    told   called with the standing of each session that is settled, and how many are left

    On an interrupt jobs end in order, and sessions in flight are open again.
    """
    free = places(submission.device, submission.settings.workers)
    waiting, tries = deque(sessions), dict.fromkeys(sessions, 0)
    executor = make_executor(submission)
    running: list[tuple[Session, str | None, Any]] = []
    try:
        while waiting or running:
            while waiting and free:
                session, card = waiting.popleft(), free.pop(0)
                job = executor.submit(Job.of(submission, session.index, card))
                submission.note_submitted(session, job.job_id)
                running.append((session, card, job))
            for each in [each for each in running if each[2].done()]:
                running.remove(each)
                session, card, _ = each
                free.append(card)
                tries[session] += 1
                now = standing.read_one(submission, session)
                # What took its job down twice becomes an outcome in the third; what has a reason would fail again.
                if now.state == "done" or now.reason or tries[session] > CRASHES:
                    told(now, len(waiting) + len(running))
                else:
                    waiting.append(session)
            time.sleep(_POLL_S)
    finally:
        _end([job for *_, job in running])


def make_executor(submission: Submission) -> Any:
    """submitit's, whose jobs find their code and have time."""
    import submitit

    os.environ["PYTHONPATH"] = str(ROOT)  # the jobs' own interpreters find their code there
    executor = submitit.LocalExecutor(folder=submission.jobs)
    executor.update_parameters(timeout_min=LIMIT_MIN)
    return executor


def _end(jobs: Sequence[Any]) -> None:
    """End jobs in order: what submitit started passes the signal on. (Its own way is an interrupt, which a process in
    the background may ignore.)
    """
    for number, patience_s in ((signal.SIGTERM, PATIENCE_S), (signal.SIGKILL, PATIENCE_S)):
        left = [job for job in jobs if not job.done()]
        for job in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(job.job_id), number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and not all(job.done() for job in left):
            time.sleep(_POLL_S)
