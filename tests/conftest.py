"""Fixtures and paths that all tests share."""

from __future__ import annotations

import compileall
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Tests in several processes: one thread each for small kernels, and no thread that spins while it waits for the others.
# Before torch is imported, which reads it then; sessions say their own number of threads, which is one here too where a
# test does not ask for more.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "BENCH_THREADS": "1"}
    # No pool of compilers, which takes longer to start than to compile.
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"

# Nothing of the user's is read or written, whatever sessions the tests start.
os.environ["BENCH_CACHE"] = ""


# No deadline: it would be a promise about the processor.
settings.register_profile("thorough", max_examples=100, deadline=None, database=None)
settings.register_profile("quick", max_examples=15, deadline=None, database=None)

# Files whose tests share a set-up that takes longer than they do: all tests of a room are given to one process.
PAGES = (
    *("test_page.py", "test_browser.py", "test_implicit.py", "test_forecasts.py", "test_patient.py", "test_studies.py"),
    *("test_terminal.py", "test_points_csv.py"),
    *(f"analysis/test_{name}.py" for name in ("candidates", "catalogue", "fits", "ratios", "rooflines", "spreads")),
    *(f"claims/test_{name}.py" for name in ("claims", "gresele", "rule", "wu_fung")),
    *(f"digest/test_{name}.py" for name in ("answers", "clocks", "fronts", "goals", "gpu", "health", "incidents")),
    *(f"digest/test_{name}.py" for name in ("ladders", "lent", "libraries", "orders", "points", "series", "speedups")),
    *("digest/test_studies.py", "load/test_select.py", "load/test_session.py", "pages/family/test_clocks.py"),
    *(f"pages/test_{name}.py" for name in ("claims", "devices", "explore", "families", "health", "history", "index")),
    *(f"pages/test_{name}.py" for name in ("lent", "pages", "studies", "unmeasured")),
)
# And those that read the committed results, which takes two seconds.
COMMITTED = (
    *("test_committed.py", "test_findings.py", "test_findings_families.py", "test_findings_processor.py"),
    *("test_refusals.py", "test_second.py"),
)
ROOMS = (
    {f"tests/reports/{name}": "pages" for name in PAGES}
    | {f"tests/reports/{name}": "committed" for name in COMMITTED}
    | {
        name: name
        for name in (
            "tests/bench_core/test_fake_cuda.py",
            "tests/reports/test_learned_gradients.py",
            "tests/reports/test_logdet_study.py",
            "tests/reports/claims/test_gresele_studies.py",
            "tests/reports/claims/test_lorraine.py",
            "tests/reports/claims/test_saremi.py",
            "tests/benchmarks/harness/test_session.py",
            "tests/benchmarks/harness/test_settle.py",
            "tests/benchmarks/studies/test_run.py",
            "tests/bench_core/logdet/test_sharded.py",
            "tests/benchmarks/sharding/test_sharding_record.py",
        )
    }
)
CARD = Path("/dev/nvidiactl").exists()
# Begun last, a long test would leave one process waiting for the other: files of tests that take half a minute come
# first, then those that start sessions.
FIRST = ("test_documents.py", "test_asv.py", "test_performance_gate.py")


def pytest_configure(config: pytest.Config) -> None:
    """Without the slow tests, properties are tried on fewer examples, too, and JAX compiles for less time."""
    quick = "not slow" in config.option.markexpr
    settings.load_profile("quick" if quick else "thorough")
    if quick and "PYTEST_XDIST_WORKER" not in os.environ:
        config.add_cleanup(_compile_for_less())


def _compile_for_less() -> Callable[[], None]:
    """XLA's CPU compiler without its optimisations, which take longer than these tests' programs run, and each program
    compiled once for all processes of the run; torch's without a search for the processor's vector instructions, which
    takes longer than the program. The environment is inherited by them. Returns what removes it again.

    The programs' operations stay as they are: only LLVM and fusion do less. The slow tests run what users run.
    """
    folder = tempfile.TemporaryDirectory(prefix="jacobench-jax-")
    before = os.environ.copy()
    flags = ["--xla_backend_optimization_level=0"]
    if version("jaxlib").startswith("0.10."):  # a flag that XLA does not know ends the process
        flags += ["--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1"]
    os.environ |= {
        "XLA_FLAGS": " ".join((before.get("XLA_FLAGS", ""), *flags)).strip(),
        "JAX_COMPILATION_CACHE_DIR": folder.name,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TORCHINDUCTOR_VEC_ISA_OK": "0",
    }

    def undo() -> None:
        folder.cleanup()
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)

    return undo


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest-randomly."""
    items.sort(key=lambda item: (item.path.name not in FIRST, "benchmarks" not in item.path.parts))
    # One after the other: there is one card, and a test fills its memory.
    ROOMS.update((item.nodeid.partition("::")[0], "card") for item in items if CARD and item.get_closest_marker("cuda"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What ``--dist loadgroup`` does here: by files. (xdist 3.8's own groups are names that it appends to an attribute
    which pytest 9.2's items no longer read, and so no groups.)
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByRoom(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return ROOMS.get(nodeid.partition("::")[0], nodeid)

    return ByRoom(config, log)


@pytest.fixture(scope="session", autouse=True)
def _compiled_here(tmp_path_factory) -> None:
    """torch's compiler keeps what it has compiled for all processes of a user, headers for another ATEN_CPU_CAPABILITY
    among it, with which nothing compiles any more: tests have a folder of their own, as sessions do.
    """
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(tmp_path_factory.mktemp("inductor"))


def pytest_collection_finish() -> None:
    """What was imported stays: collections of the garbage, which the harness takes before it times, pass it by. Others
    are fewer: a test leaves little garbage, and tracing a program makes thousands of objects that are none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's code with small ceilings, compiled: whoever copies it need not. Do not write into it."""
    from tests.ceilings import shrink

    folder = tmp_path_factory.mktemp("code")
    for name in ("bench_core", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shrink(folder)
    assert compileall.compile_dir(folder, quiet=1)
    return folder


@pytest.fixture
def checkout(code: Path, tmp_path: Path) -> Path:
    """A copy of it to plant faults in; run Python with it as the working folder."""
    return shutil.copytree(code, tmp_path / "checkout")


def _runner(folder: Path):
    """``run_python`` whose processes keep results and temporary files under a folder."""
    scratch = folder / "scratch"
    scratch.mkdir()

    def run(
        *arguments: str, cwd: Path = ROOT, timeout: float = 900, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        # A pytest that is started here is nobody's worker.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        places = {"BENCH_RESULTS": folder / "results", "TMPDIR": scratch, "BENCH_LOCK": scratch / "lock"}
        environment = own | {"PYTHONPATH": str(cwd)} | {name: str(place) for name, place in places.items()}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd,
            env=environment | variables,
            capture_output=True,
            text=True,
            encoding=variables.get("PYTHONIOENCODING"),
            timeout=timeout,
        )

    return run


@pytest.fixture
def run_python(tmp_path: Path):
    """Run ``python ARGUMENTS`` in a folder whose packages come first, results kept under the test's own folder, and
    with a temporary folder of its own: sessions that share one wait for each other.
    """
    return _runner(tmp_path)


@pytest.fixture(scope="session")
def runner():
    """The same for a folder that is named: for what several tests read."""
    return _runner
