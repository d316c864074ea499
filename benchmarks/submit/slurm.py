"""Jobs through Slurm: arrays of sessions, each on a node of its own, and what Slurm says of them.

submitit writes the batch file and keeps each job's log; sbatch, squeue and sacct must be on the path.
"""

from __future__ import annotations

import math
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.harness.outcome import one_line
from benchmarks.harness.profile import Profile
from benchmarks.harness.session import ROOT
from benchmarks.submit.job import Job
from benchmarks.submit.submission import Session, Submission

ARRAY = 1000  # jobs of one array: Slurm's own limit, unless the cluster's administrator set another
SLACK_S = 600.0  # of a job beyond its session: imports from a file system that many nodes read, and the writing
_RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "SUSPENDED", "STOPPED")


def minutes(profile: Profile) -> int:
    """The time limit of a job."""
    return math.ceil((profile.session_limit_s + SLACK_S) / 60)


def submit(submission: Submission, sessions: Sequence[Session]) -> list[str]:
    """Send a job for each session, in arrays; the arrays' numbers.

    Raises
    ------
    ValueError
        in one line, where Slurm refuses; the run's ledger has what was sent by then
    """
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    arrays = []
    try:
        executor = submitit.SlurmExecutor(folder=submission.jobs)
        executor.update_parameters(**_parameters(submission, executor._valid_parameters()))
        parts = -(-len(sessions) // ARRAY)
        if submission.settings.workers:  # of all arrays together; each has one at least
            executor.update_parameters(array_parallelism=max(1, submission.settings.workers // max(1, parts)))
        for first in range(0, len(sessions), ARRAY):
            part = sessions[first : first + ARRAY]
            submission.note_sending(part)
            jobs = executor.submit_array([Job.of(submission, session.index) for session in part])
            for session, job in zip(part, jobs):
                submission.note_submitted(session, job.job_id)
            arrays.append(_array(jobs[0].job_id))
    except (FailedJobError, FailedSubmissionError, RuntimeError, OSError) as error:
        raise ValueError(f"Slurm takes no job: {one_line(error)}") from error
    return arrays


def queued(submission: Submission) -> dict[str, str]:
    """What of the run's jobs Slurm has still: job -> ``waiting`` or ``running``.

    Raises
    ------
    ValueError
        in one line, where it does not answer: nobody knows then whether a job that left no record still will
    """
    listing = _ask("squeue", "--noheader", "--array", "--format=%i|%T", f"--name={job_name(submission)}")
    states = dict(line.strip().split("|", 1) for line in listing.splitlines() if "|" in line)
    return {job: "running" if state in _RUNNING else "waiting" for job, state in states.items()}


def unnoted(submission: Submission) -> dict[tuple[str, int], str]:
    """Jobs that were sent though the command that sent them was killed before it had noted them, by cell and process.

    One array at most: the next one is sent when all of the last are noted. What it was to hold the ledger has; whether
    it was sent, and its number, is Slurm's to say.

    Raises
    ------
    ValueError
        in one line, where Slurm is to be asked and does not answer
    """
    sessions, noted = submission.last_sending()
    if len(noted) == len(sessions):
        return {}
    arrays = {_array(job) for job in noted.values()}
    if not arrays:
        known = {_array(job) for jobs in submission.sent().values() for job in jobs}
        arrays = {_array(job) for job in (*queued(submission), *_ended_by_name(submission))} - known
    if not arrays:
        return {}
    array = max(arrays, key=int)
    jobs = [array] if len(sessions) == 1 else [f"{array}_{place}" for place in range(len(sessions))]
    return {session: job for session, job in zip(sessions, jobs) if session not in noted}


def ended(jobs: Iterable[str]) -> dict[str, str]:
    """Slurm's word for how jobs ended; none where it keeps no accounts."""
    arrays = ",".join(sorted({_array(job) for job in jobs}))
    return _ask_accounts(f"--jobs={arrays}") if arrays else {}


def _ended_by_name(submission: Submission) -> dict[str, str]:
    """Slurm's word for all of the run's jobs that it has accounts of; a run that is older is not gone on with."""
    return _ask_accounts(f"--name={job_name(submission)}", "--starttime=now-2days")


def _ask_accounts(*which: str) -> dict[str, str]:
    try:
        listing = _ask("sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State", *which)
    except ValueError:
        return {}
    return dict(line.split("|", 1) for line in listing.splitlines() if "|" in line)


def _array(job: str) -> str:
    """The number of a job's array, or its own where it was sent alone."""
    return job.partition("_")[0]


def job_name(submission: Submission) -> str:
    """What the run's jobs are called in the queue."""
    return f"jacobench-{submission.run.id}"


def _parameters(submission: Submission, known: set[str]) -> dict[str, Any]:
    """submitit's parameters of an array: a session needs the whole node, whose other work would be timed with it."""
    asked: dict[str, Any] = {name.replace("-", "_"): value for name, value in submission.settings.slurm.items()}
    limit = asked.pop("time", str(minutes(submission.profile)))
    if not limit.isdigit() or not int(limit):
        raise ValueError(f"--slurm time={limit} is no limit; allowed: whole minutes")
    needed: dict[str, Any] = {"time": int(limit)}
    whole = asked.pop("exclusive", "yes")
    if whole != "no":  # else a part of a node, with the memory that belongs to it
        needed |= {"exclusive": True if whole == "yes" else whole, "mem": "0"}
    if submission.device == "cuda" and not {"gres", "gpus", "gpus_per_node", "gpus_per_task"} & set(asked):
        needed["gpus_per_node"] = 1
    chosen = needed | asked
    return {
        **{name: value for name, value in chosen.items() if name in known},
        "additional_parameters": {name: value for name, value in chosen.items() if name not in known},
        "job_name": job_name(submission),
        "array_parallelism": submission.settings.workers or ARRAY,
        "setup": [
            *submission.settings.setup,
            f"cd {shlex.quote(str(ROOT))}",
            f"export PYTHONPATH={shlex.quote(str(ROOT))}",
        ],
        # A step of srun's may be bound to one processor; the batch script has all that the job has.
        "use_srun": False,
    }


def _ask(*command: str) -> str:
    try:
        return subprocess.check_output(command, text=True, errors="replace", stderr=subprocess.STDOUT, timeout=120)
    except subprocess.CalledProcessError as error:
        raise ValueError(f"{command[0]} does not answer: {one_line(error.output)}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"{command[0]} does not answer: {one_line(error)}") from error
