"""Where session records lie, and which of them a run may take up again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.harness import RULER, environment
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import Profile
from benchmarks.harness.record import SCHEMA, read_json, write_json
from benchmarks.harness.session import ROOT

PLAIN = "plain-"  # begins the names of environments of whole profiles without asv
RESUME_WITHIN_S = 24 * 3600  # an unfinished run older than a day is not gone on with: the machine may be another by now


class Store:
    """The records of one commit in one environment on this machine.

    asv writes its result file when all benchmarks of a commit and environment are done, and not before. A record that
    is newer than that file belongs to a run that was cut off: the next run takes it up. A record that is older was
    told to asv: the next run measures anew, and the old record moves to ``superseded/``. Nothing measured is deleted.
    """

    def __init__(self, results: Path | None = None, machine: str | None = None, environment_name: str = ""):
        self.results = results or Path(os.environ.get("BENCH_RESULTS", ROOT / "results"))
        self.machine = machine or os.environ.get("BENCH_MACHINE") or platform.node()
        self.commit, self.dirty = environment.commit(ROOT)
        self.environment = environment_name or os.environ.get("ASV_ENV_NAME", "direct")
        self.stem = f"{(self.commit or 'unknown')[:8]}-{self.environment}"
        self.folder = self.results / self.machine / "sessions" / self.stem

    def path(self, cell: Cell, process: int) -> Path:
        return self.folder / f"{cell.name}.p{process}.session"

    def resumable(self, cell: Cell, profile: Profile, process: int) -> dict[str, Any] | None:
        """The record of this session if a run that was cut off has left one."""
        path = self.path(cell, process)
        if not path.exists() or self.environment == "direct":
            return None
        told = self.results / self.machine / f"{(self.commit or 'unknown')[:8]}-{_shortened(self.environment)}.json"
        if self.environment.startswith(PLAIN):
            told = self.folder / "told"
        if told.exists() and told.stat().st_mtime >= path.stat().st_mtime:
            return None
        try:
            record = read_json(path)
        except ValueError:
            return None  # it is measured anew, and what is there moves aside
        # Not the file's own time: a fresh clone makes every file new.
        began = datetime.strptime(record["started_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if (datetime.now(UTC) - began).total_seconds() > RESUME_WITHIN_S:
            return None
        same = (record["schema"], record["ruler"], record["profile"], record["commit"], record["dirty"])
        return record if same == (SCHEMA, RULER, profile.name, self.commit, self.dirty) and not self.dirty else None

    def tell(self) -> None:
        """A profile without asv is complete: what asv's result file says of a run through asv."""
        write_json(self.folder / "told", {"sessions": len(list(self.folder.glob("*.session")))})

    def save(self, cell: Cell, process: int, record: dict[str, Any]) -> Path:
        path = self.path(cell, process)
        if path.exists():
            old = path.parent / "superseded" / f"{path.stem}.{int(path.stat().st_mtime)}.session"
            old.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, old)
        write_json(path, record)
        return path

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


def _shortened(environment: str) -> str:
    """asv's name for an environment's file: its own, or a hash of one too long (asv.results.get_filename)."""
    if len(environment) < 128:
        return environment
    return "env-" + hashlib.md5(environment.encode()).hexdigest()
