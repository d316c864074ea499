"""Where session records lie, and which of them a run may take up again."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import itertools
import os
import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import RULER, environment, policy
from benchmarks.harness.cell import Cell
from benchmarks.harness.ledger import TOOK_DOWN, Ledgers, RunName
from benchmarks.harness.profile import Profile
from benchmarks.harness.record import SCHEMA, read_json, write_json
from benchmarks.harness.session import ROOT

LOCAL = "results-local"  # what is measured here; git ignores it, and `python -m benchmarks publish` copies from it
ROOM_BYTES = 2**21  # kept free on the disk while a session runs: no record is larger


class UnwritableError(ValueError):
    """What would be measured could not be kept."""


class Store:
    """The records of one commit in one environment on this machine.

    The ledger of a run says which records it left; a run that was cut off before they were told (to asv, or as a whole
    profile without it) is gone on with, and otherwise all is measured anew. A record that is replaced moves to
    ``superseded/``: nothing measured is deleted.

    commit   whose records they are, where that is not what the checkout is at
    """

    def __init__(
        self,
        results: Path | None = None,
        machine: str | None = None,
        environment_name: str = "",
        run: RunName | None = None,
        commit: str | None = None,
    ):
        self.results = (results or results_folder()).absolute()
        self.machine = machine or os.environ.get("BENCH_MACHINE") or platform.node()
        self.commit, self.dirty = (commit, False) if commit else environment.commit(ROOT)
        self.environment = environment_name or os.environ.get("ASV_ENV_NAME", "direct")
        self.stem = f"{(self.commit or 'unknown')[:8]}-{self.environment}"
        self.folder = self.results / self.machine / "sessions" / self.stem
        self.run = run or RunName.of_process()
        self.ledgers = Ledgers(self.folder, self.run)

    def path(self, cell: Cell, process: int) -> Path:
        return self.folder / f"{cell.name}.p{process}.session"

    def resumable(self, cell: Cell, profile: Profile, process: int) -> dict[str, Any] | None:
        """The record of this session if a run that was cut off has left one."""
        path = self.path(cell, process)
        if self.environment == "direct" or self.commit is None or self.dirty or not path.exists():
            return None
        if not self.ledgers.keeps(cell.name, process, sha256(path)):
            return None
        record = read_json(path)
        same = (record["schema"], record["ruler"], record["profile"], record["commit"], record["dirty"])
        if same != (SCHEMA, RULER, profile.name, self.commit, self.dirty):
            return None
        if all(row.get("reason") == TOOK_DOWN for row in record["rows"].values()):
            return record  # no process has run, under anything: begun again, it would take this run down, too
        # One cell's processes must not differ by what they run under, or on.
        return None if policy.chosen().differs(record) or environment.differs(record, cell.device) else record

    def begin(self, profile: Profile, planned: Callable[[], dict[str, int] | None]) -> None:
        """Begin this run's ledger, if there is none yet; a single cell without a run has none."""
        if self.environment != "direct":
            header = {"profile": profile.name, "ruler": RULER, "commit": self.commit, "dirty": self.dirty}
            with self._kept():
                self.ledgers.own(lambda: header | {"planned": planned()})

    def note(self, event: str, cell: Cell, process: int, **fields: Any) -> None:
        """Add an event of a session to this run's ledger."""
        if self.environment != "direct":
            with self._kept():
                self.ledgers.own().write(event, cell=cell.name, process=process, **fields)

    def note_done(self, cell: Cell, process: int, record: dict[str, Any], *, resumed: bool) -> None:
        """The session's record lies there, with this content."""
        outcomes = Counter(row["outcome"] for row in record["rows"].values())
        path = self.path(cell, process)
        told = {"file": path.name, "sha256": sha256(path), "outcomes": outcomes, "elapsed_s": record.get("elapsed_s")}
        self.note("done", cell, process, **told, resumed=resumed)

    def crashes(self, cell: Cell, process: int) -> int:
        """How often this session took a run down that was not ended in order."""
        return self.ledgers.crashes(cell.name, process) if self.environment != "direct" else 0

    def room(self) -> contextlib.AbstractContextManager[None]:
        """Before anything is measured: that what comes of it can be written. The space is held until then."""
        return room(self.folder)

    def save(self, cell: Cell, process: int, record: dict[str, Any]) -> Path:
        """Write a record; the one that it replaces moves aside, and at no moment is there neither."""
        path = self.path(cell, process)
        with self._kept():
            if path.exists():
                keep_aside(path)
            write_json(path, record)
        return path

    def save_open(self, cell: Cell, process: int, record: dict[str, Any]) -> Path:
        """Write a record that does not settle its session. A first process's is shown where none of the same code that
        timed as many rows is there; any other goes to ``superseded/``: readers pool the processes of a cell.
        """
        path = self.path(cell, process)
        if process == 0 and not _is_better(path, record):
            self.save(cell, process, record)
            self.set_aside(cell, lambda number: False)
            return path
        with self._kept():
            write_json(path := path.with_name(f".{path.name}.open"), record)
            aside = keep_aside(path, self.path(cell, process))
            path.unlink()
        return aside

    def set_aside(self, cell: Cell, belongs: Callable[[int], bool]) -> None:
        """Move the records of a cell's further processes aside, as its first one was measured anew: those that do not
        belong to this measurement but to the one that it replaces. A process a cell may be all that there is time for,
        and one of today beside two of another day are not three of one measurement.
        """
        for number, path in processes_in(self.folder, cell.name).items():
            if number and not belongs(number):
                with self._kept():
                    keep_aside(path)
                    path.unlink()

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnwritableError(_unwritable(self.folder, error)) from error

    def smaller(self, cell: Cell, profile: Profile) -> list[dict[str, Any]]:
        """Records of smaller sizes of the cell's sweep, the largest first."""
        found = []
        for path in sorted(self.folder.glob(f"{cell.family}-{cell.backend}-*.session")):
            with contextlib.suppress(ValueError):
                record = read_json(path)
                other = Cell.from_json(record["cell"])
                same = record["profile"] == profile.name and other.without_swept() == cell.without_swept()
                if same and other.swept < cell.swept:
                    found.append((other.swept, record))
        return [record for _, record in sorted(found, key=lambda pair: -pair[0])]


def results_folder() -> Path:
    """What is measured here lies there: ``BENCH_RESULTS``, else ``results-local/`` of the checkout."""
    return Path(os.environ.get("BENCH_RESULTS") or ROOT / LOCAL).absolute()


def processes_in(folder: Path, cell: str) -> dict[int, Path]:
    """The records of a cell, named as ``Cell.name``, in a folder, by process."""
    found = {path.stem.rpartition(".p")[2]: path for path in folder.glob(f"{glob.escape(cell)}.p*.session")}
    return {int(number): path for number, path in sorted(found.items()) if number.isdigit()}


@contextlib.contextmanager
def room(folder: Path) -> Iterator[None]:
    """Hold ``ROOM_BYTES`` in the folder, in a file that goes when the context ends, whatever ends it but a kill;
    ``UnwritableError`` where there can be none.
    """
    held = folder / f".room.{os.getpid()}"
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with open(held, "wb") as stream:
                stream.write(os.urandom(ROOM_BYTES))  # no file system can keep it smaller
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise UnwritableError(_unwritable(folder, error)) from error
        yield
    finally:
        with contextlib.suppress(OSError):
            held.unlink()


def probe_all(results: Path, machine: str) -> None:
    """That a run can keep its results, and its sessions their temporary files."""
    for folder in (results / machine / "sessions", Path(tempfile.gettempdir())):
        with room(folder):
            pass


def _is_better(path: Path, record: dict[str, Any]) -> bool:
    """Whether the record there is of the same code and has times of all rows that this one has times of."""
    if not path.exists():
        return False
    there = read_json(path)
    timed, others = ({row for row, r in each["rows"].items() if r["samples_s"]} for each in (record, there))
    return timed <= others and there.get("content") == record["content"]


def keep_aside(file: Path, path: Path | None = None) -> Path:
    """A second name below ``superseded/`` for what is about to be replaced, or would be at ``path``; none there is used
    twice.
    """
    path = path or file
    folder = path.parent / "superseded"
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        old = folder / f"{path.stem}.{number}{path.suffix}"
        try:
            os.link(file, old)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if old.exists():
                continue
            shutil.copy2(file, old)
        return old
    raise AssertionError


def _unwritable(folder: Path, error: OSError) -> str:
    return (
        f"nothing can be kept in {folder} ({error.strerror or error}): make room or let it be written, then run the"
        " same command again; it goes on from here"
    )


def sha256(path: Path) -> str:
    """What a ledger knows a file's content by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
