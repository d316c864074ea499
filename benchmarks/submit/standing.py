"""Where each session of a submitted run stands, by what its ledger says and what is queued."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.harness import ledger
from benchmarks.harness.ledger import Past
from benchmarks.harness.outcome import one_line
from benchmarks.harness.store import sha256
from benchmarks.submit.submission import Session, Submission

# done: its record lies there. beside: so it does, but it was timed beside another one. lost: its job ended without one.
# open: no job was sent for it, or the job did not begin to measure.
STATES = ("done", "running", "waiting", "lost", "beside", "open")
QUEUED = ("running", "waiting")


@dataclass(frozen=True)
class Standing:
    """One session's.

    jobs    that were sent for it, the last last
    node    where the last of them that began did, with its identifier there
    reason  what happened, where it is lost, beside another, or open though a job was sent
    record  where it is done or beside another
    span    when it was timed: the node and its last start, and seconds since then
    """

    session: Session
    state: str
    jobs: tuple[str, ...] = ()
    node: str | None = None
    reason: str = ""
    record: Path | None = None
    span: tuple[str, float, float] | None = field(default=None, repr=False)

    @property
    def job(self) -> str | None:
        return self.jobs[-1] if self.jobs else None

    def where(self) -> str:
        """Its job and node, in words."""
        said = [f"job {self.job}"] if self.job else []
        return ", ".join([*said, f"node {self.node}"] if self.node else said)


def read(
    submission: Submission,
    queued: Mapping[str, str] = MappingProxyType({}),
    ended: Callable[[Iterable[str]], Mapping[str, str]] = lambda jobs: {},
    unnoted: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> list[Standing]:
    """Every session's, in their order.

    queued  what the scheduler still has: job -> ``waiting`` or ``running``
    ended   how jobs ended that it has no more, where it knows
    unnoted jobs that it has though the run's ledger does not
    """
    sent = submission.sent()
    for key, job in unnoted.items():
        sent.setdefault(key, []).append(job)

    def look() -> list[Standing]:
        ledgers = submission.session_ledgers()
        return [_of(submission, session, sent, ledgers, queued) for session in submission.sessions]

    found = look()
    if any(each.state == "lost" for each in found):  # or not seen yet
        refresh(submission)
        found = look()
    ends = ended([each.job for each in found if each.state == "lost" and each.job])
    return mark_beside([_explain(submission, each, ends) for each in found])


def read_one(submission: Submission, session: Session) -> Standing:
    """A session's whose job has just ended; a reason only where the job itself has left one."""
    return _of(submission, session, submission.sent(), submission.session_ledgers(), {})


def refresh(submission: Submission) -> None:
    """Have this machine read again which files there are in the run's folders.

    On a network file system it remembers that for up to a minute, and a record that another node has just written is
    none yet. Who changes a folder reads it anew: a file is made in each, from the top, and removed.
    """
    parts = submission.store_of(submission.sessions[0]).ledgers.folder.relative_to(submission.spool).parts
    folders = [submission.spool.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    for folder in (*folders, submission.jobs):
        # One that is not there, or not ours to write, is left as it is.
        with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(dir=folder, prefix=".look-"):
            pass


def _of(
    submission: Submission,
    session: Session,
    sent: Mapping[tuple[str, int], list[str]],
    ledgers: Mapping[str, Path],
    queued: Mapping[str, str],
) -> Standing:
    store, jobs = submission.store_of(session), sent.get((session.cell.name, session.process), [])
    path = ledgers.get(store.run.id)
    past = Past.read(ledger.Ledger(path)) if path else None
    events = past.events if past else []
    began = [event for event in events if event["event"] == "job"]
    standing = Standing(session, "open", tuple(jobs), began[-1]["node"] if began else None)
    record = store.path(session.cell, session.process)
    content = past.done.get((session.cell.name, session.process)) if past else None
    if content and record.exists() and sha256(record) == content:
        return replace(standing, state="done", record=record, span=_span(events))
    if jobs and jobs[-1] in queued:
        return replace(standing, state=queued[jobs[-1]])
    if submission.settings.executor == "local" and began and ledger.alive(began[-1]):  # no scheduler knows it
        return replace(standing, state="running")
    if not jobs:
        return standing
    # What an earlier job left says nothing of one that was sent since and wrote nothing.
    last = events[-1] if len(began) >= len(jobs) else {"event": None}
    if last["event"] == "refused":
        return replace(standing, reason=last["reason"])
    return replace(standing, state="lost", reason=last["reason"] if last["event"] == "raised" else "")


def _span(events: list[dict[str, Any]]) -> tuple[str, float, float]:
    """When the session of the record was timed: it begins under the machine's lock, and ends before it is given up."""
    done = next(event for event in reversed(events) if event["event"] == "done" and not event["resumed"])
    before = events[: events.index(done)]
    start = next(event for event in reversed(before) if event["event"] == "running")
    node = next(event for event in reversed(before) if event["event"] == "job")["node"]
    return (f"{node} {start['boot']}", start["up"], start["up"] + done["elapsed_s"])


def _explain(submission: Submission, standing: Standing, ends: Mapping[str, str]) -> Standing:
    """What is known of a job that ended without a record: the scheduler's word, and the last line of its log."""
    if standing.state != "lost" or standing.reason:
        return standing
    said = [ends.get(standing.job or "", "")]
    log = submission.jobs / f"{standing.job}_0_log.err"
    if log.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        said += lines[-1:]
    return replace(standing, reason=one_line("; ".join(filter(None, said)) or "its job ended without a word"))


def mark_beside(standings: list[Standing]) -> list[Standing]:
    """The same, with those that were timed at the same time on one machine told from the rest.

    Their lock was not one: a node may give every job a ``/tmp`` of its own.
    """
    found = list(standings)
    timed = sorted((each.span, place) for place, each in enumerate(standings) if each.state == "done" and each.span)
    last: tuple[str, float, int] | None = None  # the machine, the latest end so far, and whose it is
    for (machine, start, end), place in timed:
        if last and last[0] == machine and start < last[1]:
            for one, other in ((place, last[2]), (last[2], place)):
                reason = f"timed beside {standings[other].session.name} on {standings[one].node}"
                found[one] = replace(standings[one], state="beside", reason=reason)
        if not last or last[0] != machine or end > last[1]:
            last = (machine, end, place)
    return found
