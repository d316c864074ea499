"""What a run has planned, is doing and has done: one file a run, commit and environment, to which lines are added.

    results-local/<machine>/sessions/<commit[:8]>-<environment>/runs/<number>-<run>.ledger

    {"event": "begin", "run":, "plan":, "profile":, "ruler":, "commit":, "dirty":, "planned": {cell: processes},
     "boot":, "up":, "wall":}
    {"event": "running", "cell":, "process":, "pid":, "began":}                 a session begins
    {"event": "done", "cell":, "process":, "file":, "sha256":, "outcomes":, "elapsed_s":, "resumed":}
    {"event": "stopped"}                                                        the run was ended in order
    {"event": "told"}                                                           asv's result file holds it

Every line has a clock: ``boot`` (the machine's start, by name), ``up`` (seconds since then), ``wall``. The order of
events is that of the lines, and of runs that of their numbers: no clock decides it. A session that is ``running`` in
no process any more, and neither done nor stopped, took its run down.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESUME_WITHIN_S = 24 * 3600  # an unfinished run older than a day is not gone on with: the machine may be another by now
# A card is at hand for minutes, and again days later; it is what it was, and every session says at what clock.
RESUME_CARD_WITHIN_S = 30 * 24 * 3600
CRASHES = 2  # a session that took its run down as often is not begun again
TOOK_DOWN = "took the run down twice"  # the reason of all of its rows
_STEP_S = 60.0  # the wall clock of a run that gains or loses as much against the machine's was set


@dataclass(frozen=True)
class RunName:
    """Which run a process belongs to; ``BENCH_RUN`` hands it on to the processes that asv starts.

    plan    what of the profile is measured: empty for all of it, else asv's ``--bench``. Two runs of one plan are the
            same command: the later one goes on with the earlier.
    """

    id: str
    plan: str = ""

    @classmethod
    def of_process(cls, plan: str = "") -> RunName:
        """The run that this process was started for, or a new one."""
        known = os.environ.get("BENCH_RUN")
        return cls(*known.split(" ", 1)) if known else cls(os.urandom(6).hex(), plan)

    def hand_on(self) -> None:
        """Let the processes that this one starts belong to the run."""
        os.environ["BENCH_RUN"] = f"{self.id} {self.plan}"


def now() -> dict[str, Any]:
    """The clock of a line."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return {"boot": _boot(), "up": time.clock_gettime(clock), "wall": time.time()}


def began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: with its number the name of a process. None where it is none."""
    try:
        # In bytes: a process is called whatever it likes.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return None


class Ledger:
    """One run's file."""

    def __init__(self, path: Path):
        self.path = path
        number, _, self.run = path.stem.partition("-")
        self.number = int(number)

    def write(self, event: str, **fields: Any) -> None:
        """Add one line, on the disk when this returns."""
        line = json.dumps({"event": event, **fields, **now()}) + "\n"
        with open(self.path, "ab+") as stream:
            if stream.tell():  # a line that was cut off by a kill or a full disk ends here
                stream.seek(-1, os.SEEK_END)
                line = line if stream.read(1) == b"\n" else "\n" + line
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def events(self) -> list[dict[str, Any]]:
        """All whole lines, in order."""
        found = []
        for line in self.path.read_bytes().split(b"\n"):
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [event for event in found if isinstance(event, dict) and "event" in event]


@dataclass
class Past:
    """What a ledger says."""

    ledger: Ledger
    events: list[dict[str, Any]]
    plan: str = ""
    profile: str = ""
    told: bool = False
    planned: dict[str, int] | None = None
    begun: set[str] = field(default_factory=set)
    in_flight: tuple[str, int] | None = None
    done: dict[tuple[str, int], str] = field(default_factory=dict)

    @classmethod
    def read(cls, ledger: Ledger) -> Past:
        past = cls(ledger, ledger.events())
        for event in past.events:
            if event["event"] == "begin":
                past.plan = event["plan"]
                past.profile = event.get("profile", "")
                past.planned = event.get("planned")  # older ledgers of a part do not know it
            elif event["event"] == "running":
                past.begun.add(event["cell"])
                past.in_flight = event["cell"], event["process"]
            elif event["event"] == "done":
                past.done[event["cell"], event["process"]] = event["sha256"]
                past.in_flight = None
            elif event["event"] == "told":
                past.told = True
        return past

    def age_s(self) -> float:
        """Seconds since the last line, or the least that it can be where no clock tells."""
        if not self.events:
            return 0.0
        first, last, at = self.events[0], self.events[-1], now()
        if at["boot"] and at["boot"] == last["boot"]:
            return at["up"] - last["up"]
        # The machine was started anew since then. The wall clock counts where it did not contradict itself.
        passed = at["wall"] - last["wall"]
        same = first["boot"] == last["boot"]
        step = (last["wall"] - first["wall"]) - (last["up"] - first["up"]) if same else 0.0
        return passed if passed >= 0 and abs(step) < _STEP_S else at["up"]

    def is_old(self) -> bool:
        """Whether it is too old to be gone on with."""
        return self.age_s() > (RESUME_CARD_WITHIN_S if self.profile == "card" else RESUME_WITHIN_S)


class Ledgers:
    """The ledgers of one commit in one environment, seen by one of its runs."""

    def __init__(self, sessions: Path, run: RunName):
        self.folder = sessions / "runs"
        self.run = run

    def own(self, header: Callable[[], dict[str, Any]] = dict) -> Ledger:
        """This run's ledger; the first time it is begun, with the fields of ``header``."""
        for path in self.folder.glob(f"*-{self.run.id}.ledger"):
            return Ledger(path)
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((ledger.number for ledger in _ledgers(self.folder)), default=0)
        ledger = Ledger(self.folder / f"{number:04d}-{self.run.id}.ledger")
        ledger.write("begin", run=self.run.id, plan=self.run.plan, **header())
        return ledger

    def keeps(self, cell: str, process: int, sha256: str) -> bool:
        """Whether the record with this content was left by a run that was cut off, and is for this one to take up.

        That is so where the run that was the last to have it is unfinished, and where an unfinished run of this plan
        had it, though a run of another plan has told it since.
        """
        pasts = read_all(self.folder)
        having = [past for past in pasts if past.done.get((cell, process)) == sha256]
        unfinished = [past for past in having if self._unfinished(past, pasts)]
        return any(past is having[-1] or past.plan == self.run.plan for past in unfinished)

    def crashes(self, cell: str, process: int) -> int:
        """How often this session took a run down since it was last done."""
        pasts, total = read_all(self.folder), 0
        for past in pasts:
            if past.is_old():
                continue
            in_flight: dict[str, Any] | None = None
            for event in past.events:
                kind = event["event"]
                same = (event.get("cell"), event.get("process")) == (cell, process)
                if kind == "running":
                    total += in_flight is not None  # asv went on without the process that it had started
                    in_flight = event if same else None
                elif kind == "done" and same:
                    total, in_flight = 0, None
                elif kind == "stopped":
                    in_flight = None
            total += in_flight is not None and not alive(in_flight)
        return total

    def _unfinished(self, past: Past, pasts: list[Past]) -> bool:
        """Neither told, nor gone on with by a run that told it all, nor too old."""
        later = [other for other in pasts if other.ledger.number > past.ledger.number and other.plan == past.plan]
        if any(other.told for other in later) or past.is_old():
            return False
        return not past.told or self._elsewhere_unfinished(past)

    def _elsewhere_unfinished(self, past: Past) -> bool:
        """Whether the same run was cut off at another commit of its range: it starts anew at the first."""
        for path in self.folder.parent.parent.glob(f"*/runs/*-{past.ledger.run}.ledger"):
            if path.parent != self.folder:
                other = Past.read(Ledger(path))
                pasts = read_all(path.parent)
                later = (p for p in pasts if p.ledger.number > other.ledger.number and p.plan == other.plan)
                if not other.told and not any(p.told for p in later):
                    return True
        return False


def tell(machine: Path, run: RunName, event: str, stem: str = "*") -> None:
    """Add an event to the ledgers of a run on this machine, those of one commit and environment where one is named."""
    for path in machine.glob(f"sessions/{glob.escape(stem) if stem != '*' else stem}/runs/*-{run.id}.ledger"):
        Ledger(path).write(event)


def read_all(folder: Path) -> list[Past]:
    """What the ledgers of one commit and environment say, in the order of their runs."""
    return [Past.read(ledger) for ledger in _ledgers(folder)]


def _ledgers(folder: Path) -> list[Ledger]:
    return sorted((Ledger(path) for path in folder.glob("*-*.ledger")), key=lambda each: (each.number, each.run))


def alive(event: dict[str, Any]) -> bool:
    """Whether the process that an event names (``pid``, ``began``) lives, on this machine and since its last start."""
    return event["boot"] == _boot() and event["began"] is not None and began(event["pid"]) == event["began"]


def _boot() -> str | None:
    """The machine's start, by name; None where the kernel gives it none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
