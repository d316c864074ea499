"""What code was measured, by its content: a copy without its history is held to the commit that it is said to be."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGES = ("bench_core", "benchmarks")


@cache
def of_tree(package: Path) -> str:
    """SHA-256 over the package's Python files and their names, as they are now."""
    return _digest((path.relative_to(package).as_posix(), path.read_bytes()) for path in package.rglob("*.py"))


@cache
def of_commit(root: Path, commit: str, package: str) -> str | None:
    """The same of a commit in the repository at ``root``; None where that does not have it."""
    done = subprocess.run(
        ["git", "archive", "--format=tar", commit, package], cwd=root, capture_output=True, timeout=30, check=False
    )
    if done.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = [(entry.name, file.read()) for entry in archive if (file := archive.extractfile(entry))]
    return _digest((name.removeprefix(f"{package}/"), code) for name, code in files if name.endswith(".py"))


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, code in sorted(files):
        digest.update(f"{name} {len(code)}\n".encode())
        digest.update(code)
    return digest.hexdigest()
