"""The documented gate, base against head in one job: silent on the same code, failing on a planted slowdown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def subset(checkout: Path) -> Path:
    """The checkout with its performance tests."""
    shutil.copytree(ROOT / "tests/performance", checkout / "tests/performance")
    shutil.copy(ROOT / "tests/conftest.py", checkout / "tests")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    return checkout


@pytest.mark.slow  # three starts of pytest
def test_the_gate_fails_on_a_real_slowdown_and_on_nothing_else(subset, run_python):
    rows = [
        f"tests/performance/test_logdet.py::test_gradient[torch-{name}-D1000]" for name in ("relative", "gemm_floor")
    ]
    command = ("-m", "pytest", *rows, "--benchmark-only")
    timing = subset / "tests/performance/conftest.py"
    few = timing.read_text().replace("rounds=15, warmup_rounds=3", "rounds=5, warmup_rounds=1")
    assert few != timing.read_text()
    timing.write_text(few)

    base = run_python(*command, "--benchmark-save=base", cwd=subset, BENCH_THREADS="1")
    assert base.returncode == 0, base.stdout
    # Wide, because this test shares its machine with others (hence one thread, too); the planted slowdown is wider, and
    # of a row that is called six times and not 600.
    gate = ("--benchmark-compare=*_base", "--benchmark-compare-fail=median:400%")
    same = run_python(*command, *gate, cwd=subset, BENCH_THREADS="1")
    assert same.returncode == 0, same.stdout

    kernel = subset / "bench_core/logdet/torch/relative.py"
    kernel.write_text(
        kernel.read_text().replace(
            "    pre, deltas, turned", "    import time\n\n    time.sleep(0.3)\n    pre, deltas, turned"
        )
    )
    slower = run_python(*command, *gate, cwd=subset, BENCH_THREADS="1")
    assert slower.returncode != 0
    assert "Performance has regressed" in slower.stdout + slower.stderr
    regressed = [line for line in (slower.stdout + slower.stderr).splitlines() if "Field 'median' has failed" in line]
    assert any("relative" in line for line in regressed), slower.stdout
    assert not any("gemm_floor" in line for line in regressed), regressed


@pytest.mark.slow
def test_the_gate_fails_where_the_base_is_missing(subset, run_python):
    row = "tests/performance/test_logdet.py::test_gradient[torch-gemm_floor-D100]"
    gate = ("--benchmark-compare=*_base", "--benchmark-compare-fail=median:25%")
    done = run_python("-m", "pytest", row, "--benchmark-only", *gate, cwd=subset, BENCH_THREADS="1")
    assert done.returncode != 0
    assert "--benchmark-compare-fail requires valid --benchmark-compare" in done.stdout + done.stderr


@pytest.mark.long
def test_the_json_names_what_was_skipped_and_what_it_depended_on(subset, run_python, tmp_path):
    test = subset / "tests/performance/test_logdet.py"
    test.write_text(test.read_text() + "\n\ndef test_left_out():\n    pytest.skip('a reason')\n")
    target = tmp_path / "benchmark.json"
    done = run_python(
        *("-m", "pytest", "tests/performance", f"--benchmark-json={target}", "--benchmark-enable"),
        *("-o", "addopts=--import-mode=importlib", "-k", "torch-gemm_floor-D100 or left_out"),
        cwd=subset,
    )
    assert done.returncode == 0, done.stdout
    data = json.loads(target.read_text())
    outcomes = {name.rpartition("::")[2]: outcome for name, outcome in data["outcomes"].items()}
    assert outcomes["test_left_out"] == "skipped"
    assert data["machine_info"]["jacobench"]["threads"] >= 1
    (measured,) = [b for b in data["benchmarks"] if b["name"].endswith("[torch-gemm_floor-D100]")]
    assert measured["extra_info"]["error"] < 1e-4
