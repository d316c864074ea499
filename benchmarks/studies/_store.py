"""Where a study's record and its checkpoints lie, and which checkpoints a run may take up."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import Store


class StudyStore:
    """One study's files on this machine at this commit.

        results/<machine>/studies/<commit[:8]>/<name>.study         the record, written whole when all is trained
        results/<machine>/studies/<commit[:8]>/<name>.checkpoint/   until then: header.json and, for each training,
                                                                    <unit>.json and <unit>.<epochs>.state

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

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One run of a study at a time; a second one is refused in one line."""
        key = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"jacobench-study-{key}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(f"{self.path.name} is being run by another process; allowed: one at a time") from None
            yield
        finally:
            os.close(descriptor)

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

    def rows(self, unit: str) -> list[dict[str, Any]]:
        """Rows of the epochs that a training has done."""
        path = self.folder / f"{unit}.json"
        return read_json(path)["rows"] if path.exists() else []

    def state(self, unit: str) -> Path | None:
        """Where the state after these rows lies."""
        path = self.folder / f"{unit}.json"
        return self.folder / read_json(path)["state"] if path.exists() else None

    def save(self, unit: str, rows: list[dict[str, Any]], write_state: Callable[[Path], None]) -> None:
        """Keep a training as it is after ``rows``.

        The state comes first, under a name of its own, then the record that names it: whenever the process is killed,
        the record that is there belongs to a state that is there.
        """
        state = self.folder / f"{unit}.{len(rows)}.state"
        temporary = state.with_name(f".{state.name}.{os.getpid()}.tmp")
        write_state(temporary)
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, state)
        write_json(self.folder / f"{unit}.json", {"rows": rows, "state": state.name})
        for old in self.folder.glob(f"{unit}.*.state"):
            if old != state:
                old.unlink()

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
