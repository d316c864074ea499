"""A side of a comparison: the ``bench_core`` of a commit or of the working tree, an interpreter, and settings."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bench_core
from bench_core.method import DTYPES
from benchmarks.harness.cell import FIRST
from benchmarks.harness.policy import affinity

WORKING_TREE = "the working tree"
# Set for both sides alike, by the session: one that a side had of its own would say nothing.
_SESSIONS = ("BENCH_", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# A side that was not compared for so long is removed; the folder of what was compiled of it lies beside it.
KEPT_S, COMPILED = 30 * 86400.0, "compiled-"
_CONTENT = re.compile("[0-9a-f]{16}")
# What an interpreter has, as a line of JSON.
_VERSIONS = """
import importlib.metadata, json, sys
known = {"python": sys.version}
for name in ("torch", "jax", "jaxlib", "numpy"):
    try:
        known[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(known))
"""


@dataclass(frozen=True)
class Settings:
    """threads    number of threads, None for the session's
    dtype      precision, None for the cell's
    form       the form of every row (``first``: each method's first), None for the rows as they are named
    variables  environment variables beside the user's
    """

    threads: int | None = None
    dtype: str | None = None
    form: str | None = None
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Side:
    """name      what the user called it
    folder    holds a copy of its ``bench_core``, which nothing changes while it is compared
    content   digest of every file in it: equal content is equal code
    python    its interpreter
    settings  what else is its own
    versions  of the interpreter and the libraries
    commit    whose code it is, None of the working tree
    """

    name: str
    folder: Path
    content: str
    python: str = sys.executable
    settings: Settings = Settings()
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None

    def key(self) -> list[object]:
        """What makes two sides the same."""
        return [self.content, self.python, asdict(self.settings), dict(self.versions)]

    def digests(self) -> dict[str, str]:
        """A digest of the code of each family, and of the code that all families share (by an empty name)."""
        core = self.folder / "bench_core"
        families = {path.name for path in core.iterdir() if (path / "__init__.py").exists() and path.name != "backends"}
        return {name: digest(core / name) for name in sorted(families)} | {"": digest(core, families)}


def make(commit: str | None, root: Path, cache: Path, python: str | None = None, settings: Sequence[str] = ()) -> Side:
    """The side of a commit (anything git resolves), or of the working tree, dirty or not, where it is None.

    Raises
    ------
    ValueError
        in one line, for a commit without ``bench_core``, an interpreter that is none, or a setting that is unknown
    """
    read, interpreter = read_settings(settings), _find(python)
    name, full = commit or WORKING_TREE, None
    with tempfile.TemporaryDirectory(dir=_made(cache)) as scratch:
        fresh = Path(scratch) / "side"
        fresh.mkdir()
        if commit is None:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / "bench_core", fresh / "bench_core", ignore=ignored)
        else:
            full = _extract(commit, root, fresh)
            name = commit if full.startswith(commit) else f"{commit} ({full[:8]})"
        content = digest(fresh)
        folder = cache / content
        if not folder.exists():
            try:
                fresh.rename(folder)
            except OSError:  # another comparison was faster
                if not folder.exists():
                    raise
    os.utime(folder)  # it is in use
    _prune(cache)
    own = [*([f"python={python}"] if python else ()), *settings]
    name = f"{name} with {', '.join(own)}" if own else name
    return Side(name, folder, content, interpreter, read, _read_versions(interpreter), full)


def _prune(cache: Path) -> None:
    """Remove the sides that no comparison has used for ``KEPT_S``, and what was compiled of them: git has the code."""
    for folder in cache.iterdir():
        with contextlib.suppress(OSError):  # another comparison was faster
            if _CONTENT.fullmatch(folder.name) and time.time() - folder.stat().st_mtime > KEPT_S:
                shutil.rmtree(folder.with_name(f"{COMPILED}{folder.name}"), ignore_errors=True)
                with tempfile.TemporaryDirectory(dir=cache) as scratch:
                    folder.rename(Path(scratch) / "side")  # at once: half a side is no side


def _find(python: str | None) -> str:
    """The interpreter's absolute path: sides start elsewhere. A link is kept, for it may be an environment's."""
    found = shutil.which(python or sys.executable)
    if found is None:
        raise ValueError(f"python {python!r} is not an interpreter; allowed: a path to one")
    return os.path.abspath(found)


def _read_versions(python: str) -> dict[str, str]:
    done = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, errors="replace")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ValueError(f"python {python!r} is not an interpreter; allowed: a path to one") from None


def digest(folder: Path, without: Collection[str] = ()) -> str:
    """A digest of every file's place and content; ``without`` folders of these names in it."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and parts[0] not in without:
            found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def read_settings(settings: Sequence[str]) -> Settings:
    """``threads=N``, ``dtype=NAME``, ``form=NAME`` and environment variables ``NAME=VALUE``.

    Raises
    ------
    ValueError
        in one line, for anything else
    """
    known: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for text in settings:
        name, separator, value = text.partition("=")
        if name == "threads" and value.isdigit() and 1 <= int(value) <= len(affinity()):
            known[name] = int(value)
        elif (name == "dtype" and value in DTYPES) or (name == "form" and value in _list_forms()):
            known[name] = value
        elif separator and name.startswith(_SESSIONS):
            raise ValueError(f"setting {text!r} is both sides'; allowed: threads=N, or {name} in the environment")
        elif separator and name.isupper():
            variables[name] = value
        else:
            raise ValueError(
                f"setting {text!r} is unknown; allowed: threads=1 to {len(affinity())}, dtype={', '.join(DTYPES)}, "
                f"form={', '.join(_list_forms())}, or a variable NAME=VALUE"
            )
    return Settings(**known, variables=tuple(variables.items()))


def _list_forms() -> list[str]:
    """The forms of all methods."""
    backends = ((family, backend) for family in bench_core.FAMILIES for backend in bench_core.BACKENDS)
    found = {form for place in backends for method in bench_core.methods(*place) for form in method.forms}
    return [FIRST, *sorted(found)]


def _extract(commit: str, root: Path, folder: Path) -> str:
    """Put the commit's ``bench_core`` into the folder; its full name."""
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if found.returncode:
        raise ValueError(f"commit {commit!r} is unknown; allowed: anything that git rev-parse resolves in {root}")
    full = found.stdout.decode().strip()
    archive = _git(root, "archive", "--format=tar", full, "bench_core")
    if archive.returncode:
        raise ValueError(f"commit {commit!r} has no bench_core; allowed: commits that have")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return full


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, env=os.environ | {"LC_ALL": "C"})


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
