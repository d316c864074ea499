"""Where a study's record and its checkpoints lie, and which checkpoints a run may take up."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness.lock import alone
from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import Store

_ROWS = "rows.json"


class StudyStore:
    """One study's files on this machine at this commit.

        results/<machine>/studies/<commit[:8]>/<name>.study         the record, written whole when all is trained
        results/<machine>/studies/<commit[:8]>/<name>.checkpoint/   until then: header.json and, for each seed, a zip
                                                                    of rows.json and every training's state

    ``identity`` is what the numbers depend on: checkpoints of another identity are not gone on with. It holds a digest
    of the source too, so that a changed tree resumes only itself. What is replaced moves to ``superseded/``.
    """

    def __init__(self, name: str, identity: dict[str, Any], machine: str | None = None):
        place = Store(machine=machine)
        self.machine, self.commit, self.dirty = place.machine, place.commit, place.dirty
        folder = place.results / place.machine / "studies" / (place.commit or "unknown")[:8]
        self.path, self.folder = folder / f"{name}.study", folder / f"{name}.checkpoint"
        self._removed = folder / f"{name}.done.checkpoint"
        # As it comes back from a file: JSON knows no tuples.
        self.identity = json.loads(json.dumps(identity | {"source": digest_source(ROOT)}))

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """One run of a study at a time; a second one is refused in one line."""
        key = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"jacobench-study-{key}.lock"
        return alone(path, self.path.name)

    def begin(self, header: dict[str, Any]) -> dict[str, Any]:
        """The header of the checkpoints that are gone on with, or ``header`` where a new run begins."""
        shutil.rmtree(self._removed, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError):
            found = read_json(self.folder / "header.json")
            if found["identity"] == self.identity:
                return found
        _set_aside(self.folder)
        return self.keep(header | {"identity": self.identity})

    def keep(self, header: dict[str, Any]) -> dict[str, Any]:
        """Write the header."""
        write_json(self.folder / "header.json", header)
        return header

    def rows(self, seed: int) -> list[dict[str, Any]]:
        """Rows of the epochs that a seed's trainings have done, in the order in which they were trained."""
        path = self._place(seed)
        if not path.exists():
            return []
        with zipfile.ZipFile(path) as pack:
            return json.loads(pack.read(_ROWS))

    def load(self, seed: int, states: Mapping[str, Callable[[Path], None]]) -> None:
        """Take up a seed's trainings as they were after these rows: ``states`` has what reads the state of each."""
        path = self._place(seed)
        if not path.exists():
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch, zipfile.ZipFile(path) as pack:
            for name, read in states.items():
                read(Path(pack.extract(f"{name}.state", scratch)))

    def save(
        self, seed: int, rows: list[dict[str, Any]], states: Mapping[str, Callable[[Path], None]] | None = None
    ) -> None:
        """Keep a seed's trainings as they are after ``rows``; ``states`` has what writes the state of each, none where
        all epochs are done.

        Rows and states are one file, flushed once and renamed: whenever the process is killed, the rows that are there
        belong to the states that are there, and one flush of the disk, the dearest part, is paid for all.
        """
        path = self._place(seed)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with open(temporary, "wb") as stream:
            with tempfile.TemporaryDirectory(dir=self.folder) as scratch, zipfile.ZipFile(stream, "w") as pack:
                pack.writestr(_ROWS, json.dumps(rows, allow_nan=False))
                for name, write in (states or {}).items():
                    state = Path(scratch) / f"{name}.state"
                    write(state)
                    pack.write(state, state.name)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)

    def _place(self, seed: int) -> Path:
        return self.folder / f"seed{seed}.zip"

    def finish(self, record: dict[str, Any]) -> Path:
        """Write the record, then remove the checkpoints: in one step, so that no half of them is ever gone on with."""
        _set_aside(self.path)
        write_json(self.path, record)
        os.replace(self.folder, self._removed)
        shutil.rmtree(self._removed)
        return self.path


def digest_source(root: Path) -> str:
    """SHA-256 of the code that a study's numbers come from."""
    total = hashlib.sha256()
    for path in sorted((*root.glob("bench_core/**/*.py"), *root.glob("benchmarks/studies/**/*.py"))):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _set_aside(path: Path) -> None:
    if path.exists():
        old = path.parent / "superseded" / f"{path.stem}.{path.stat().st_mtime_ns}{path.suffix}"
        old.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, old)
