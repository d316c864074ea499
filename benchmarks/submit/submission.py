"""A run that was submitted: what it has planned, how its jobs are sent, and where its parts lie.

    results-local/<machine>/sessions/<stem>/runs/<number>-<run>.ledger   the run's ledger: what is planned, which job
                                                                         was sent for which session, what was merged
    results-local/<machine>/submitted/<run>/                             its spool, until it is merged:
        <machine>/sessions/<stem>/<cell>.p<process>.session              records as the jobs left them
        <machine>/sessions/<stem>/runs/*-<run>.<session>.ledger          one ledger a session, written by its jobs alone
        jobs/                                                            what submitit keeps: logs and pickles
        lock                                                             held by the command that sends jobs or merges

No two processes write one file, so that a file system without locks, as between nodes, loses no line. The run's ledger
has four events of its own:

    {"event": "submit", "device":, "cells": [], "executor":, "workers":, "slurm": {}, "setup": [], "variables": {}}
    {"event": "sending", "sessions": [[cell, process], …]}      an array, a job for each of them, is about to be sent
    {"event": "submitted", "cell":, "process":, "job":}         a job was sent for the session
    {"event": "kind", "machine":, "kind": []}                   the name that results of such nodes are filed under
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench_core
from benchmarks.harness import environment, lock, plain_run, run
from benchmarks.harness.cell import Cell
from benchmarks.harness.ledger import Ledger, Past, RunName
from benchmarks.harness.profile import PROFILES, Profile
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import Store

# What of the user's environment a session depends on: its jobs have it as it was when the run was submitted;
# where they wait for each other may change when it is resumed.
VARIABLES = (
    *("BENCH_ALLOCATOR", "BENCH_WAITING", "BENCH_THREADS"),
    *("BENCH_CACHE", "BENCH_LOCK", "BENCH_ADDRESS_SPACE_BYTES", "XLA_FLAGS"),
)
SPOOLS = "submitted"


@dataclass(frozen=True)
class Session:
    """One process of a cell, which one job measures; ``index`` is its place in the run."""

    cell: Cell
    process: int
    index: int

    @property
    def name(self) -> str:
        return f"{self.cell.name} process {self.process}"


@dataclass(frozen=True)
class Settings:
    """How jobs are sent.

    executor   ``slurm`` or ``local``
    workers    jobs at once; None: the devices at hand on this machine, as many as Slurm allows there
    slurm      options of sbatch by name, over those that a session needs
    setup      lines of shell before each job of Slurm's
    variables  of ``VARIABLES``, as jobs have them
    """

    executor: str
    workers: int | None
    slurm: Mapping[str, str]
    setup: tuple[str, ...]
    variables: Mapping[str, str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        return cls(data["executor"], data["workers"], data["slurm"], tuple(data["setup"]), data["variables"])

    def to_json(self) -> dict[str, Any]:
        return {
            "executor": self.executor,
            "workers": self.workers,
            "slurm": dict(self.slurm),
            "setup": list(self.setup),
            "variables": dict(self.variables),
        }


class _Spool(Store):
    """Where the jobs of a run keep what they measure."""

    def set_aside(self, cell: Cell, belongs: Callable[[int], bool]) -> None:
        """Nothing: a cell's other processes are of the same run, whatever day and node their jobs had; `merge` sets
        aside what lies from before where it files them.
        """


class Submission:
    """A run that was submitted, read from its ledger."""

    def __init__(self, results: Path, machine: str, path: Path):
        self.results, self.machine, self.path = results, machine, path
        self._ledger = Ledger(path)
        begin, *_ = self._ledger.events()
        self.run = RunName(begin["run"], begin["plan"])
        self.profile: Profile = PROFILES[begin["profile"]]
        self.commit: str = begin["commit"]
        self.began: float = begin["wall"]
        last = self.events("submit")[-1]
        self.device: str = last["device"]
        self.settings = Settings.from_json(last)
        self.environment = plain_run.environment_name(self.profile, self.device)
        cells = [Cell.from_json(each) for each in last["cells"]]
        pairs = [(cell, process) for cell in cells for process in range(begin["planned"][cell.name])]
        self.sessions = [Session(cell, process, index) for index, (cell, process) in enumerate(pairs)]

    @classmethod
    def begin(cls, store: Store, profile: Profile, device: str, cells: list[Cell], settings: Settings) -> Submission:
        """Plan a run of these cells; nothing is sent yet."""
        planned = {cell.name: profile.processes_of(cell) for cell in cells}
        store.begin(profile, lambda: planned)
        own = store.ledgers.own()
        own.write("submit", device=device, cells=[cell.to_json() for cell in cells], **settings.to_json())
        (store.results / store.machine / SPOOLS / store.run.id).mkdir(parents=True)
        return cls(store.results, store.machine, own.path)

    def resend_with(self, settings: Settings) -> None:
        """Send further jobs otherwise than before."""
        if settings != self.settings:
            last = self.events("submit")[-1]
            self._ledger.write("submit", device=self.device, cells=last["cells"], **settings.to_json())
            self.settings = settings

    @property
    def spool(self) -> Path:
        return self.results / self.machine / SPOOLS / self.run.id

    @property
    def jobs(self) -> Path:
        """submitit's folder."""
        return self.spool / "jobs"

    def store(self, machine: str | None = None) -> Store:
        """Where the run's records are merged to, under the name of its machine or another one."""
        return Store(self.results, machine or self.machine, self.environment, self.run, self.commit)

    def store_of(self, session: Session) -> Store:
        """Where the session's jobs keep what they measure."""
        name = RunName(f"{self.run.id}.{session.index:04d}", self.run.plan)
        return _Spool(self.spool, self.machine, self.environment, name, self.commit)

    def session_ledgers(self) -> dict[str, Path]:
        """The ledgers that sessions have, by the name of their run: of a thousand sessions one listing."""
        folder = self.spool / self.machine / "sessions" / self.store().stem / "runs"
        return {path.stem.partition("-")[2]: path for path in folder.glob("*-*.ledger")}

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of this kind in the run's ledger, in order."""
        return [event for event in self._ledger.events() if event["event"] == kind]

    def note(self, event: str, **fields: Any) -> None:
        """Add an event to the run's ledger."""
        self._ledger.write(event, **fields)

    def note_sending(self, sessions: Sequence[Session]) -> None:
        """An array is about to be sent: whatever ends this command, the next one knows what to ask for."""
        self.note("sending", sessions=[[each.cell.name, each.process] for each in sessions])

    def last_sending(self) -> tuple[list[tuple[str, int]], dict[tuple[str, int], str]]:
        """The sessions, as cell and process, of the last array that was about to be sent; the jobs noted since then."""
        events = self._ledger.events()
        places = [place for place, event in enumerate(events) if event["event"] == "sending"]
        if not places:
            return [], {}
        sending, *after = events[places[-1] :]
        noted = {(each["cell"], each["process"]): each["job"] for each in after if each["event"] == "submitted"}
        return [(cell, process) for cell, process in sending["sessions"]], noted

    def note_submitted(self, session: Session, job: str) -> None:
        """A job was sent for a session."""
        self.note("submitted", cell=session.cell.name, process=session.process, job=job)

    def sent(self) -> dict[tuple[str, int], list[str]]:
        """The jobs that were sent for each session, by cell and process."""
        found: dict[tuple[str, int], list[str]] = {}
        for event in self.events("submitted"):
            found.setdefault((event["cell"], event["process"]), []).append(event["job"])
        return found

    def is_told(self) -> bool:
        """Whether it was merged as a whole."""
        return bool(self.events("told"))

    def is_old(self) -> bool:
        """Whether neither it nor a job of it has written anything for a day."""
        ledgers = [self._ledger, *map(Ledger, self.session_ledgers().values())]
        return all(Past.read(each).is_old() for each in ledgers)

    def check_checkout(self) -> None:
        """``ValueError`` in one line where a job would not read the code that the run is of."""
        commit, dirty = environment.commit(ROOT)
        if commit != self.commit or dirty:
            at = f"{(commit or 'no commit')[:8]}{', changed' if dirty else ''}"
            raise ValueError(f"run {self.run.id} is of commit {self.commit[:8]} and the checkout {ROOT} is at {at}")

    def alone(self) -> AbstractContextManager[None]:
        """Be the only command that sends jobs of the run or merges it; ``ValueError`` where another one does."""
        return lock.alone(self.spool / "lock", f"run {self.run.id}")


def plan(families: list[str], backends: list[str]) -> str:
    """What of the profile is measured, as the ledger of a run names it."""
    return " ".join(["submit", *sorted(set(families)), *sorted(set(backends))])


def planned_cells(profile: Profile, device: str, families: list[str], backends: list[str]) -> list[Cell]:
    """The profile's cells of these families and backends (none named: all), the shortest first: what it says of a
    method that fails spares the larger ones.
    """
    chosen = families or list(bench_core.FAMILIES), backends or list(bench_core.BACKENDS)
    found = [cell for cell in run.every_cell(profile, device) if cell.family in chosen[0] and cell.backend in chosen[1]]
    return sorted(found, key=lambda cell: run.expected_seconds(cell, profile))


def find_all(results: Path, machine: str | None = None) -> list[Submission]:
    """Runs that were submitted, the newest last."""
    found = []
    for spool in results.glob(f"*/{SPOOLS}/*/"):
        name = spool.parent.parent.name
        if machine in (None, name):
            found += [Submission(results, name, path) for path in _ledgers_of(spool)]
    return sorted(found, key=lambda each: each.began)


def find(results: Path, machine: str | None = None, name: str | None = None) -> Submission:
    """The run of this name, or whose name begins so, or the newest one; ``ValueError`` where there is none."""
    known = find_all(results, machine)
    chosen = [each for each in known if each.run.id.startswith(name or "")]
    if not chosen or (name and len(chosen) > 1):
        there = ", ".join(each.run.id for each in known) or "none"
        of = f" of machine {machine!r}" if machine else ""
        raise ValueError(f"no submitted run {name or '(any)'!r}{of} in {results}; there are: {there}")
    return chosen[-1]


def _ledgers_of(spool: Path) -> Iterator[Path]:
    return spool.parent.parent.glob(f"sessions/*/runs/*-{spool.name}.ledger")
