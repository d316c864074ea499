"""A repository of its own to run asv in: real commits, real result files, nothing of the developer's touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench_core
from benchmarks.harness import run
from benchmarks.harness.profile import SMOKE

ROOT = Path(__file__).resolve().parents[2]


class Repository:
    """A git repository with the checkout's code, and the means to run things in it."""

    def __init__(self, folder: Path, scratch: str):
        self.folder = folder / "repository"
        self.folder.mkdir()
        for name in ("bench_core", "benchmarks"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("asv.conf.json", "pyproject.toml", "README.md", ".gitignore"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, self.folder / name)
        # asv keeps its knowledge of machines in the home folder; sessions of one temporary folder wait for each other.
        self.environment = os.environ | {"HOME": str(folder), "PYTHONPATH": str(self.folder), "TMPDIR": scratch}
        self.environment["BENCH_LOCK"] = f"{scratch}/lock"
        for name in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{name}_NAME": "tester", f"GIT_{name}_EMAIL": "tester@example.org"}
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def python(self, *arguments: str, timeout: float = 900, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start in a process group of its own, to be killed as a whole."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def records(self) -> list[Path]:
        return sorted(self.folder.glob("results-local/*/sessions/*/*.session"))


@pytest.fixture(scope="session")
def smoke_sessions() -> int:
    """How many sessions the smoke profile has: one for each of its cells."""
    every = [
        cell
        for family in bench_core.FAMILIES
        for backend in bench_core.BACKENDS
        for cell in run.cells(family, backend, SMOKE, "cpu")
    ]
    assert {SMOKE.processes_of(cell.family, cell.swept) for cell in every} == {1}
    return len(every)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    # A short name: that of a socket in it must not be longer than a hundred characters.
    with tempfile.TemporaryDirectory(prefix="jb") as scratch:
        yield Repository(tmp_path, scratch)
