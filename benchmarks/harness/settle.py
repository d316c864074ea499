"""More sessions where the report cannot say yet which method to use.

The report is asked as anyone would ask it (``python -m reports open --json``); it answers with a list, widest regret
first, of ``{"family", "backend", "device", "dtype", "sizes": {}, "rows": [], "regret", "profile", "machine"}`` (a
regret of null is not known; what is bounded by a spread that another machine lent comes last). Cells of the families'
main sweeps go before those of the sweeps beside them. Each session is one more process of its cell beside those that
are there, under what those ran under.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.harness import RULER, environment, policy, session
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.lock import BusyError, machine_lock
from benchmarks.harness.outcome import one_line
from benchmarks.harness.profile import FULL, PROFILES, STANDARD, Profile
from benchmarks.harness.progress import Progress
from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import Store, processes_in, room

_KEYS = ("family", "backend", "device", "dtype", "sizes", "rows", "regret", "profile", "machine")
_START_S = 5.0  # of a session whose predecessors do not say how long they took


@dataclass(frozen=True)
class Question:
    """A cell whose rows are not told apart, and the folder that one more process of it belongs to.

    paths   records of its processes, by process, of all folders
    """

    cell: Cell
    profile: Profile
    rows: tuple[str, ...]
    regret: float | None
    folder: Path
    paths: dict[int, Path]

    @classmethod
    def of(cls, entry: dict[str, Any], results: Path, published: Path) -> Question:
        """A question of the report's list; ``ValueError`` in one line where it cannot be measured here."""
        cell = Cell.of(*(entry[name] for name in ("family", "backend", "sizes", "device", "dtype")))
        profile = PROFILES[entry["profile"]]
        if profile is STANDARD and not profile.sweeps_with(cell.family, dict(cell.sizes)):
            profile = FULL  # standard had all of its cells when the published ones were measured
        known = rows(cell.family, cell.backend, device=cell.device)
        wanted = tuple(row for row in known if row in entry["rows"])
        if unknown := sorted(set(entry["rows"]) - set(known)):
            raise ValueError(f"{cell.name}: {', '.join(unknown)} cannot be measured here")
        folders = sorted({path.name for place in (published, results) for path in (place / "sessions").glob("*/")})
        found = []
        for name in folders:
            paths = {
                number: path
                for place in (published, results)
                for number, path in processes_in(place / "sessions" / name, cell.name).items()
            }
            records = [record for path in paths.values() if (record := read_json(path))["profile"] == entry["profile"]]
            if records and records[0]["ruler"] == RULER:
                newest = max(record["started_at"] for record in records)
                found.append((not name.endswith("-direct"), newest, name, paths, records[0]))
        if not found:
            raise ValueError(f"{cell.name}: no record of it under this ruler and profile {entry['profile']}")
        *_, name, paths, record = max(found, key=lambda each: each[:3])
        _check_same(cell, record)
        return cls(cell, profile, wanted, entry["regret"], results / "sessions" / name, paths)

    def and_of(self, other: Question | None) -> Question:
        """This question and another one of its cell, which one session answers."""
        if other is None:
            return self
        both = {*self.rows, *other.rows}
        known = rows(self.cell.family, self.cell.backend, device=self.cell.device)
        return replace(
            other, rows=tuple(row for row in known if row in both)
        )  # the report's first has the widest regret

    @property
    def leads(self) -> bool:
        """Whether its cell is in the family's main sweep, which the first page and most claims are about."""
        main = self.profile.sweeps(self.cell.family).get("")
        return main is not None and main.holds(dict(self.cell.sizes))

    def says(self) -> str:
        """The regret, in words."""
        return "not known" if self.regret is None else f"up to {self.regret:.0%}"

    def expected_s(self) -> float:
        """Seconds of a session, by the last that is there: its start, and these rows' part of the rest."""
        record = read_json(self.paths[max(self.paths)])
        tried = [row for row in record["rows"].values() if row["samples_s"]]
        share = min(1.0, (1 + len(self.rows)) / max(1, len(tried)))
        stages = record["stages_s"]  # without rounds that others replaced
        start = sum(stages.get(stage, 0.0) for stage in ("start", "problem", "ceiling")) or _START_S
        return start + share * max(0.0, sum(stages.values()) - start)

    def measure(self, until: float) -> tuple[int, bool]:
        """One more process of the cell, kept beside the others: its number, and whether it timed any of the rows.
        ``BusyError`` where the machine is not free until then (``time.monotonic``).
        """
        # The checkout's own commit may be a later one with the same bench_core, and the profile have another name now:
        # of a cell's processes readers keep those of the most thorough profile alone.
        first = read_json(self.paths[min(self.paths)])
        same = {"commit": first["commit"], "dirty": False, "profile": first["profile"]}
        with machine_lock(self.cell.name, Progress().tell, until):
            with room(self.folder):
                number = 1 + max([*self.paths, *processes_in(self.folder, self.cell.name)])
                record = session.run(self.cell, self.profile, dict.fromkeys(self.rows, ""), process=number)
            same["harness"] = record.get("commit")
            write_json(self.folder / f"{self.cell.name}.p{number}.session", record | same)
        return number, any(record["rows"][row]["samples_s"] for row in self.rows)


def settle(seconds: float, machine: str | None = None) -> int:
    """Measure where regret is widest until the time is spent, waiting for the machine included, or nothing is open;
    exit status 1 where something is open and nothing of it can be measured here.

    Raises ``ValueError`` in one line where the report does not answer.
    """
    began = time.monotonic()
    place = Store(machine=machine)
    name, results = place.machine, place.results / place.machine
    published = ROOT / "results" / name
    # Cells whose session timed none of its rows: another would not either.
    measured, told, untimed = 0, set(), set()
    while True:
        entries = _ask(results.parent)
        open_here = [entry for entry in entries if entry["machine"] == name]
        if not open_here:
            print(f"settle: nothing is open on {name}{_elsewhere(entries)}; {_spent(measured, began)}")
            return 0
        found: dict[str, Question] = {}
        for entry in open_here:
            try:
                question = Question.of(entry, results, published)
                if question.cell.name not in untimed:
                    found[question.cell.name] = question.and_of(found.get(question.cell.name))
            except ValueError as error:
                if str(error) not in told:
                    print(f"settle: {error}", file=sys.stderr)
                told.add(str(error))
        if not found:
            print(f"settle: {len(open_here)} open on {name}, none can be measured; {_spent(measured, began)}")
            return 1
        before, left = measured, began + seconds - time.monotonic()
        fitting = [question for question in found.values() if question.expected_s() <= left]
        for question in [question for question in fitting if question.leads] or fitting:
            start, latest = time.monotonic(), began + seconds - question.expected_s()
            if start > latest:
                continue
            try:
                number, timed = question.measure(latest)
            except BusyError as error:
                print(f"settle: {error}; {_spent(measured, began)}")
                return 0
            measured += 1
            print(
                f"[{measured:>3}] {question.cell.name} process {number}: {', '.join(question.rows)},"
                f" {time.monotonic() - start:.1f} s; regret was {question.says()}"
                f"   {(time.monotonic() - began) / 60:.1f} of {seconds / 60:g} minutes",
                flush=True,
            )
            if not timed:
                untimed.add(question.cell.name)
                print(
                    f"settle: {question.cell.name}: none of these rows was timed, no further session", file=sys.stderr
                )
        if measured == before:
            least = min(question.expected_s() for question in found.values())
            print(
                f"settle: {len(found)} cells still open on {name}, the shortest session would take {least:.0f} s;"
                f" {_spent(measured, began)}"
            )
            return 0


def _spent(measured: int, began: float) -> str:
    return f"{measured} sessions in {(time.monotonic() - began) / 60:.1f} minutes"


def _elsewhere(entries: list[dict[str, Any]]) -> str:
    others = sorted({entry["machine"] for entry in entries})
    return f" (but on {', '.join(others)}; --machine says which of them this one is)" if others else ""


def _ask(results: Path) -> list[dict[str, Any]]:
    """What the report calls open, the widest regret first; of other results than usual where they lie elsewhere."""
    folders = [each for each in (results, ROOT / "results") if "BENCH_RESULTS" in os.environ and each.is_dir()]
    sources = [argument for each in folders for argument in ("--results", str(each))]
    done = subprocess.run(
        [sys.executable, "-m", "reports", *sources, "open", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"the report does not say what is open: {one_line(done.stderr[-200:]) or 'it says nothing'}")
    try:
        entries = json.loads(done.stdout)
        if missing := sorted({name for entry in entries for name in _KEYS if name not in entry}):
            raise ValueError(f"without {', '.join(missing)}")
        if unknown := sorted({entry["profile"] for entry in entries} - set(PROFILES)):
            raise ValueError(f"unknown profile {', '.join(unknown)}")
    except (ValueError, TypeError) as error:
        raise ValueError(f"the report's list of what is open is not understood: {one_line(error)}") from error
    return entries


def _check_same(cell: Cell, record: dict[str, Any]) -> None:
    """That a session now would differ from the recorded one in nothing but its time."""
    if record["dirty"] or not environment.same_code(ROOT, record["commit"]):
        raise ValueError(
            f"{cell.name}: measured at commit {(record['commit'] or 'unknown')[:8]}, and bench_core is another here:"
            " check that commit out, or measure the cell anew"
        )
    for name, theirs, ours in environment.differs(record, cell.device):
        raise ValueError(f"{cell.name}: measured on the {name} {theirs}, this is {ours}: measure the cell anew")
    versions, here = record["environment"].get("packages", {}), environment.packages()
    if other := sorted(name for name, version in versions.items() if here.get(name) != version):
        raise ValueError(f"{cell.name}: measured with other versions of {', '.join(other)} than there are here")
    for name, theirs, ours in policy.chosen().differs(record):
        raise ValueError(
            f"{cell.name}: measured with {name} = {theirs}, this would be {ours}: set BENCH_{name.upper()}"
        )
