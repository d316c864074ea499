"""What ``make report`` calls, in clones of every shape: it works, and ``git status`` stays clean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = r"^logdet\.Torch\.track_(seconds|outcome)"
FEW = """
_all = methods


def methods(family, backend):
    return _all(family, backend)[:2] if family == "logdet" else _all(family, backend)
"""


def _topic(source: str, folder: Path) -> list[list[str]]:
    return [["git", "clone", "--quiet", "--single-branch", "--branch", "topic", source, str(folder)]]


def _shallow_and_detached(source: str, folder: Path) -> list[list[str]]:
    clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", "topic", f"file://{source}", str(folder)]
    head = ["git", "-C", str(folder)]
    return [clone, [*head, "checkout", "--quiet", "--detach"], [*head, "branch", "--quiet", "-D", "topic"]]


def _work_tree(source: str, folder: Path) -> list[list[str]]:
    return [["git", "-C", source, "worktree", "add", "--quiet", str(folder), "topic"]]


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [
        _shallow_and_detached,
        pytest.param(_topic, marks=pytest.mark.slow),
        pytest.param(_work_tree, marks=pytest.mark.slow),
    ],
)
def test_a_report_from_any_clone_leaves_the_status_clean(repository, make):
    listing = repository.folder / "bench_core/__init__.py"
    listing.write_text(listing.read_text() + FEW)
    # Published results are there, and stay as they are.
    published = repository.folder / "results/benchmarks.json"
    published.parent.mkdir()
    published.write_text('{"version": 2}\n')
    repository.commit("a small suite")
    repository.git("branch", "topic")
    folder = repository.folder.parent / "mit Leerzeichen und ä"
    for command in make(str(repository.folder), folder):
        subprocess.run(command, check=True, env=repository.environment, capture_output=True)

    def python(*arguments: str, path: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments, "--machine", "here"],
            cwd=folder,
            env=repository.environment | {"BENCH_THREADS": "1", "PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    python("benchmarks", "run", "--plain", "--profile", "smoke", "--bench", BENCH, path=folder)
    assert "2 sessions" in python("reports", path=ROOT)
    assert (folder / "reports/output/index.html").exists()
    status = ["git", "-C", str(folder), "status", "--porcelain"]
    assert subprocess.run(status, check=True, capture_output=True, text=True).stdout == ""
    # Published, they are what changed.
    copied = python("benchmarks", "publish", path=folder)
    assert copied.startswith("copied here/")
    changed = subprocess.run(status, check=True, capture_output=True, text=True).stdout.split("\n")
    assert changed == ["?? results/here/", ""]


@pytest.mark.slow
def test_make_report_itself_in_a_path_with_spaces(tmp_path):
    folder = tmp_path / "mit Leerzeichen und ä"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    (folder / ".venv").symlink_to(sys.prefix)
    # The environment is this one: it is not made anew, though the clone's requirements are younger.
    make = ["make", "-o", ".venv/installed", "report", "PROFILE=smoke", "MACHINE=here"]
    own = os.environ | {"BENCH_LOCK": str(tmp_path / "lock")}
    done = subprocess.run(make, cwd=folder, env=own, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "inside sessions of" in done.stdout
    assert (folder / "results-local/here/sessions").is_dir()
    assert "here" in (folder / "reports/output/index.html").read_text()
    status = ["git", "-C", str(folder), "status", "--porcelain", "--untracked-files=no"]
    assert subprocess.run(status, check=True, capture_output=True, text=True).stdout == ""
