"""What is collected while files are read, and how one of them is."""

import gzip
import hashlib
import json
import lzma
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .run import Origin, Session, SourceFile

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ"


@dataclass
class Pile:
    """What was read so far: `lines` of session records and of `asv`, a line in `problems` for what was not, and one in
    `differences` where asv's median is not the records'.
    """

    folders: tuple[Path, ...]
    lines: list[dict[str, Any]] = field(default_factory=list)
    asv: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)
    dates: dict[str, float] = field(default_factory=dict)
    asv_parts: set[Origin] = field(default_factory=set)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, folder: Path, path: Path, kind: str) -> dict[str, Any] | None:
        """The parsed file; None with a line in `problems`, or where an earlier folder has a file of its name."""
        name = path.relative_to(folder).as_posix()
        before = self.folders[: self.folders.index(folder)]
        if path.parent != folder and any((each / name).exists() for each in before):
            return None
        try:
            raw = path.read_bytes()
            data = json.loads(_unpack(raw))
        except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError) as error:
            self.problems.append(f"{name}: a damaged packed file ({error})")
            return None
        except OSError as error:
            self.problems.append(f"{name}: cannot be read ({error.strerror})")
            return None
        except ValueError as error:
            self.problems.append(f"{name}: not valid JSON ({str(error).splitlines()[0]})")
            return None
        if not isinstance(data, dict):
            self.problems.append(f"{name}: holds a {type(data).__name__}, not an object")
            return None
        self.files.append(SourceFile(name, kind, hashlib.sha256(raw).hexdigest()))
        return data


def _unpack(raw: bytes) -> bytes:
    """Published records are packed, with xz or (before 28 November 2026) gzip."""
    if raw.startswith(_XZ):
        return lzma.decompress(raw)
    return gzip.decompress(raw) if raw.startswith(_GZIP) else raw
