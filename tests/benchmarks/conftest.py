"""A repository of its own to run asv in: real commits, real result files, nothing of the developer's touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

import bench_core
from benchmarks.harness import child, run, session
from benchmarks.harness.profile import SMOKE
from tests.benchmarks import interrupted

ROOT = Path(__file__).resolve().parents[2]


class Repository:
    """A git repository with the checkout's code, its ceilings small, and the means to run things in it."""

    def __init__(self, folder: Path, scratch: str, code: Path, of: Repository | None = None):
        """A new one with this code, or a copy of another one with all that was measured there."""
        self.folder = folder / "repository"
        # asv keeps its knowledge of machines in the home folder; sessions of one temporary folder wait for each other.
        self.environment = os.environ | {"HOME": str(folder), "PYTHONPATH": str(self.folder), "TMPDIR": scratch}
        self.environment["BENCH_LOCK"] = f"{scratch}/lock"
        for name in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{name}_NAME": "tester", f"GIT_{name}_EMAIL": "tester@example.org"}
        if of is not None:
            shutil.copytree(of.folder, self.folder, symlinks=True)
            return
        shutil.copytree(code, self.folder)
        for name in ("asv.conf.json", "constraints.txt", "pyproject.toml", "README.md", ".gitignore"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, self.folder / name)
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

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace what must be there."""
        text = (self.folder / file).read_text()
        assert old in text, f"{file} has no {old!r}"
        (self.folder / file).write_text(text.replace(old, new))

    def python(self, *arguments: str, timeout: float = 900, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *arguments: str, through: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        """Start in a process group of its own, to be killed as a whole; ``through`` another command."""
        return subprocess.Popen(
            [*through, sys.executable, *arguments],
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
    assert {SMOKE.processes_of(cell) for cell in every} == {1}
    return len(every)


@pytest.fixture
def kernels_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """``kernels_of(bench_core)``: sessions that this process starts time the kernels in that folder."""
    return lambda folder: monkeypatch.setattr(session, "bench_core", SimpleNamespace(__file__=folder / "__init__.py"))


@pytest.fixture
def small_ceilings(monkeypatch: pytest.MonkeyPatch, kernels_of: Callable[[Path], None], code: Path) -> None:
    """Sessions that this process starts have small ceilings."""
    kernels_of(code / "bench_core")
    monkeypatch.setattr(child, "_WORKER", code / "benchmarks/harness/worker.py")


@pytest.fixture(scope="session")
def make_repository(code: Path) -> Callable[..., AbstractContextManager[Repository]]:
    """``make_repository(folder, of=None)``: the context of a repository in this folder."""

    @contextmanager
    def make(folder: Path, of: Repository | None = None) -> Iterator[Repository]:
        # A short name: that of a socket in it must not be longer than a hundred characters.
        with tempfile.TemporaryDirectory(prefix="jb") as scratch:
            yield Repository(folder, scratch, code, of)

    return make


@pytest.fixture
def repository(make_repository, tmp_path: Path) -> Iterator[Repository]:
    with make_repository(tmp_path) as made:
        yield made


class Trial:
    """A repository whose logdet has one cell in the profile smoke, of few rows, and commits to compare.

    PASSES, PLANTED, FACTOR  how many forward passes more are planted in ``relative``, the rows that they change, and a
                             factor that is smaller than that change and larger than noise where tests share a machine

    With a factor asv tells steps of that size; without, those that the suite's own configuration names, by as many
    rounds as its rank test needs to tell any.
    """

    ROWS = ("relative", "transposed", "inverse", "relative_step", "gemm_floor")
    PASSES = 20
    PLANTED = frozenset({"relative", "relative:allocating"})
    FACTOR = 3

    def __init__(self, repository: Repository, D: int = 64, factor: float | None = FACTOR):
        self.repository = repository
        family = "benchmarks/families/logdet.py"
        if factor is not None:
            repository.replace("asv.conf.json", 'yardstick\\\\b": 0.05', f'yardstick\\\\b": {factor - 1}')
        else:
            many = "    min_rounds=12,\n    max_rounds=12,\n"
            repository.replace("benchmarks/harness/profile.py", many.replace("12", "6", 1), many)
        repository.replace("asv.conf.json", '["quick"]', '["smoke"]')
        repository.replace(family, "_sweeps((8, 12), (16,))", f"_sweeps(({D},), (64,))")
        repository.replace(family, '    rows={"patient"', f'    rows={{"smoke": {self.ROWS}, "patient"')
        repository.environment["BENCH_THREADS"] = "1"
        self.commits = [repository.commit("one cell of few rows")]
        self._kernel = repository.folder / "bench_core/logdet/torch/relative.py"
        self._text = self._kernel.read_text()

    def plant(self, passes: int) -> None:
        """A commit of ``relative`` with so many forward passes more than it has; with none it is equal code again."""
        call = "backpropagate_turned(x, weights, biases, alpha)\n"
        more = f"    for _ in range({passes}):\n        {call}" if passes else ""
        last = f"    pre, deltas, turned = {call}"
        assert last in self._text
        self._kernel.write_text(self._text.replace(last, f"    # {len(self.commits)}\n{more}{last}"))
        self.commits.append(self.repository.commit(f"{passes} planted"))

    @staticmethod
    def told(text: str, lines: str = "") -> set[str]:
        """The rows of logdet in torch whose ``track_times_yardstick`` lines of asv's output name."""
        return set(re.findall(lines + r"logdet\.Torch\.track_times_yardstick\('(\S+)',", text, re.MULTILINE))


@pytest.fixture
def trial(repository: Repository) -> Trial:
    return Trial(repository)


FEW = """
_all = methods


def methods(family, backend):
    return _all(family, backend)[:2] if family == "logdet" else _all(family, backend)
"""


def _shrink(repository, more: str = ""):
    """The first two log-det methods only: a session takes seconds. At the end nothing of it is left running."""
    listing = repository.folder / "bench_core/__init__.py"
    listing.write_text(listing.read_text() + FEW + more)
    configuration = repository.folder / "asv.conf.json"
    configuration.write_text(configuration.read_text().replace('["quick"]', '["smoke"]'))
    repository.commit("a small suite")
    repository.environment |= {"BENCH_THREADS": "1", "OMP_NUM_THREADS": "1"}
    yield repository
    left = interrupted.of(repository)
    assert not left, f"left behind: {[process.cmdline() for process in left]}"


@pytest.fixture
def small(repository):
    """Of all doors the two log-det cells in torch; asv's other classes are there and are not asked for."""
    yield from _shrink(repository)


@pytest.fixture
def small_plain(repository):
    """A whole profile of two cells."""
    yield from _shrink(repository, '\nFAMILIES, BACKENDS = ("logdet",), ("torch",)\n')
