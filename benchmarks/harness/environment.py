"""What the measurement depended on: versions, processor, threads, load, clocks, commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "jax", "jaxlib", "numpy", "scipy")


def describe(backend: str, device: str, threads: int) -> dict[str, Any]:
    """Facts that hold for the whole session. Call it in the session's process, after the backend was imported."""
    return {
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "os": f"{platform.system()} {platform.release()}",
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "blas": _blas(),
        "matmul_precision": "highest",
        **_gpu(backend, device),
    }


def state() -> dict[str, float | None]:
    """What may change while the session runs: load average of one minute, processor clock in MHz."""
    return {"load": os.getloadavg()[0], "mhz": _mhz()}


def throttled(before: dict[str, float | None], after: dict[str, float | None]) -> bool | None:
    """Whether the processor's clock fell by a tenth or more during the session; None where it cannot be read."""
    if not before["mhz"] or not after["mhz"]:
        return None
    return after["mhz"] < 0.9 * before["mhz"]


def commit(root: Path) -> tuple[str | None, bool]:
    """Commit under test, and whether the tree it was read from has other content.

    asv names the commit it installed; elsewhere it is the checkout's head, and changed or new files under
    ``bench_core`` or ``benchmarks`` make it dirty.
    """
    installed = os.environ.get("ASV_COMMIT")
    watched = ["benchmarks"] if installed else ["bench_core", "benchmarks"]
    head = installed or _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", *watched)
    return head or None, bool(changes)


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu() -> str:
    """The processor's model."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _mhz() -> float | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        clocks = [float(line.split(":")[1]) for line in lines if line.startswith("cpu MHz")]
    except (OSError, ValueError):
        return None
    return sum(clocks) / len(clocks) if clocks else None


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


def _gpu(backend: str, device: str) -> dict[str, str | None]:
    facts: dict[str, str | None] = {"gpu": None, "driver": None}
    if device != "cuda":
        return facts
    try:
        line = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout.splitlines()[0]
        facts["gpu"], facts["driver"] = (part.strip() for part in line.split(",")[:2])
    except (OSError, IndexError, ValueError, subprocess.TimeoutExpired):
        if backend == "torch":
            import torch

            facts["gpu"] = torch.cuda.get_device_name()
    return facts
