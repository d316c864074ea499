"""What the measurement depended on: versions, processor, threads, GPU, commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.harness import cgroup, gpu

# What products are taken in, where that is not the dtype of the arrays to its last digit.
_PRODUCTS = {"tf32": "tf32", "bfloat16": "bfloat16, summed in float32"}
PACKAGES = ("torch", "jax", "jaxlib", "numpy", "scipy")


def describe(device: str, threads: int, dtype: str = "float32") -> dict[str, Any]:
    """Facts that hold for the whole session. Call it in the session's process, after the backend was imported."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "python": platform.python_version(),
        "packages": packages(),
        "os": f"{platform.system()} {platform.release()}",
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_bytes": machine,
        # What a row's arrays may take at most: of the host, of which a control group may allow a part, or of the card.
        "device_memory_bytes": gpu.memory_bytes()
        if device == "cuda"
        else min(machine, cgroup.memory_bytes() or machine),
        "blas": _blas(),
        "matmul_precision": _PRODUCTS.get(dtype, "highest"),
        "xla_flags": os.environ.get("XLA_FLAGS"),
        **(gpu.facts() if device == "cuda" else gpu.NOTHING),
    }


def packages() -> dict[str, str]:
    """Versions of what is timed, where it is installed."""
    return {name: version for name in PACKAGES if (version := _version(name))}


def commit(root: Path) -> tuple[str | None, bool]:
    """Commit under test, and whether the tree it was read from has other content.

    asv names the commit it installed; elsewhere it is the checkout's head, and changed or new files under
    ``bench_core`` or ``benchmarks`` make it dirty. Of a copy without its history ``ASV_COMMIT`` names the commit, and
    what ``content.py`` keeps is held to it when it is published.
    """
    installed = os.environ.get("ASV_COMMIT")
    if installed and not _git(root, "rev-parse", "--verify", "--quiet", f"{installed}^{{commit}}"):
        return installed, False
    watched = ["benchmarks"] if installed else ["bench_core", "benchmarks"]
    head = installed or _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", *watched)
    return head or None, bool(head) and changes != ""


def same_code(root: Path, commit: str | None) -> bool:
    """Whether the checkout's ``bench_core`` is this commit's, and neither it nor ``benchmarks`` has been changed."""
    if not commit or _git(root, "status", "--porcelain", "--", "bench_core", "benchmarks") != "":
        return False
    trees = [_git(root, "rev-parse", "--verify", "--quiet", f"{each}:bench_core") for each in (commit, "HEAD")]
    return bool(trees[0]) and trees[0] == trees[1]


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None where it fails: of a tree whose changes are not known nobody may say that it has none."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, errors="replace", timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu(root: Path = Path("/")) -> str:
    """The processor's name, with its family and model where the system tells them: virtual machines call processors
    of several generations by one name ("AMD EPYC"), and they are not as fast.
    """
    told = {}
    try:
        for line in (root / "proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    name = told.get("model name") or platform.processor() or platform.machine()
    known = {"cpu family", "model"} <= told.keys()
    return f"{name} (family {told['cpu family']} model {told['model']})" if known else name


def differs(record: dict[str, Any], device: str) -> list[tuple[str, str | None, str | None]]:
    """(what, theirs, ours) where another processor, or on CUDA another card, computes here than in the session.

    Older records name a processor without its family and model: of these the name decides. A session whose process
    ended before it had its backend and device names neither.
    """
    theirs = record["environment"].get("gpu" if device == "cuda" else "cpu")
    if device == "cuda":
        ours = gpu.facts()["gpu"]
        return [("GPU", theirs, ours)] if theirs != ours else []
    ours = cpu()
    return [] if ours == theirs or ours.startswith(f"{theirs} (family ") else [("processor", theirs, ours)]


def _blas() -> str | None:
    """Every BLAS and OpenMP runtime in the process, with its version and threads."""
    try:
        import threadpoolctl
    except ImportError:
        return None
    found = {
        f"{info['internal_api']} {info.get('version') or ''} ({info['num_threads']} threads)".replace("  ", " ")
        for info in threadpoolctl.threadpool_info()
    }
    return "; ".join(sorted(found)) or None
