"""Tests that share a set-up run in one process, which makes it once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOMS

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import os
import pytest

@pytest.fixture(scope="session")
def report():
    return os.environ["PYTEST_XDIST_WORKER"]

@pytest.mark.parametrize("number", range(6))
def test_read(report, number):
    with open("told", "a") as stream:
        stream.write(f"{__file__} {report}\\n")
"""


@pytest.mark.long
def test_a_room_is_given_to_one_process(run_python, tmp_path):
    files = ["tests/reports/test_page.py", "tests/reports/test_browser.py", "tests/bench_core/test_methods.py"]
    assert [ROOMS.get(name) for name in files] == ["pages", "pages", None]
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TESTS)
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = run_python("-m", "pytest", "--numprocesses", "2", "--dist", "loadgroup", cwd=tmp_path)
    assert "18 passed" in done.stdout, done.stdout
    told = [line.split() for line in (tmp_path / "told").read_text().splitlines()]
    workers = {part: {worker for path, worker in told if part in path} for part in ("reports", "bench_core")}
    assert len(workers["reports"]) == 1
    assert workers["reports"] | workers["bench_core"] == {"gw0", "gw1"}


def test_the_rooms_are_there():
    assert all((ROOT / name).is_file() for name in ROOMS)
