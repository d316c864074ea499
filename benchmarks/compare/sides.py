"""A side of a comparison: the ``bench_core`` of a commit or of the working tree, an interpreter, and settings."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness.policy import affinity

WORKING_TREE = "the working tree"


@dataclass(frozen=True)
class Side:
    """name       what the user called it
    folder     holds a copy of its ``bench_core``, which nothing changes while it is compared
    content    digest of every file in it: equal content is equal code
    python     its interpreter
    threads    its number of threads, None for the session's
    variables  its environment variables beside the user's
    """

    name: str
    folder: Path
    content: str
    python: str = sys.executable
    threads: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> list[object]:
        """What makes two sides the same."""
        return [self.content, self.python, self.threads, sorted(self.variables.items())]


def make(commit: str | None, root: Path, cache: Path, python: str | None = None, settings: Sequence[str] = ()) -> Side:
    """The side of a commit (anything git resolves), or of the working tree, dirty or not, where it is None.

    Raises
    ------
    ValueError
        in one line, for a commit without ``bench_core``, an interpreter that is none, or a setting that is unknown
    """
    if python is not None and shutil.which(python) is None:
        raise ValueError(f"python {python!r} is not an interpreter; allowed: a path to one")
    threads, variables = read_settings(settings)
    name = commit or WORKING_TREE
    with tempfile.TemporaryDirectory(dir=_made(cache)) as scratch:
        fresh = Path(scratch) / "side"
        fresh.mkdir()
        if commit is None:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / "bench_core", fresh / "bench_core", ignore=ignored)
        else:
            name = _extract(commit, root, fresh)
        content = digest(fresh)
        folder = cache / content
        if not folder.exists():
            try:
                fresh.rename(folder)
            except OSError:  # another comparison was faster
                if not folder.exists():
                    raise
    return Side(name, folder, content, python or sys.executable, threads, variables)


def digest(folder: Path) -> str:
    """A digest of every file's place and content."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def read_settings(settings: Sequence[str]) -> tuple[int | None, dict[str, str]]:
    """``threads=N`` and environment variables ``NAME=VALUE``.

    Raises
    ------
    ValueError
        in one line, for anything else
    """
    threads, variables = None, {}
    for text in settings:
        name, separator, value = text.partition("=")
        if name == "threads" and value.isdigit() and 1 <= int(value) <= len(affinity()):
            threads = int(value)
        elif separator and name.isupper():
            variables[name] = value
        else:
            raise ValueError(
                f"setting {text!r} is unknown; allowed: threads=1 to {len(affinity())}, or a variable NAME=VALUE"
            )
    return threads, variables


def _extract(commit: str, root: Path, folder: Path) -> str:
    """Put the commit's ``bench_core`` into the folder; its short name."""
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if found.returncode:
        raise ValueError(f"commit {commit!r} is unknown; allowed: anything that git rev-parse resolves in {root}")
    full = found.stdout.decode().strip()
    archive = _git(root, "archive", "--format=tar", full, "bench_core")
    if archive.returncode:
        raise ValueError(f"commit {commit!r} has no bench_core; allowed: commits that have")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return commit if full.startswith(commit) else f"{commit} ({full[:8]})"


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, env=os.environ | {"LC_ALL": "C"})


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
