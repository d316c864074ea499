"""Fixtures and paths that all tests share."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_finish() -> None:
    """What was imported stays: collections of the garbage, which the harness takes before it times, pass it by."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout's code, to plant faults in; run Python with it as the working folder."""
    import shutil

    for name in ("bench_core", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / "checkout" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "checkout"


@pytest.fixture
def run_python(tmp_path: Path):
    """Run ``python ARGUMENTS`` in a folder whose packages come first, results kept under the test's own folder."""

    def run(
        *arguments: str, cwd: Path = ROOT, timeout: float = 300, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(cwd), "BENCH_RESULTS": str(tmp_path / "results")} | variables
        return subprocess.run(
            [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout
        )

    return run
