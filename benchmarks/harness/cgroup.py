"""What this process's control group may use: processors and memory. Versions 1 and 2; nothing elsewhere than Linux."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_UNLIMITED = 1 << 60  # version 1 writes the largest multiple of a page where there is no limit


def cpus(root: Path = Path("/")) -> float | None:
    """Processors that the group's time quota amounts to, the tightest of its ancestors; None without a quota."""
    found = []
    for folder in _folders(root, "cpu"):
        quota, _, period = read(folder / "cpu.max").partition(" ")
        quota, period = quota or read(folder / "cpu.cfs_quota_us"), period or read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):  # not "max", not -1
            found.append(int(quota) / int(period))
    return min(found, default=None)


def memory_bytes(root: Path = Path("/")) -> int | None:
    """Bytes of memory that the group may hold, the tightest of its ancestors; None without a limit."""
    found = [
        int(limit)
        for folder in _folders(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        if (limit := read(folder / name)).isdigit() and int(limit) < _UNLIMITED
    ]
    return min(found, default=None)


def memory_free_bytes(root: Path = Path("/")) -> int | None:
    """Bytes that the group may still take, the tightest of its ancestors; None without a limit.

    Pages of files that nothing uses are given back when they are asked for: they count as free.
    """
    found = []
    for folder in _folders(root, "memory"):
        stat = dict(line.split()[:2] for line in read(folder / "memory.stat").splitlines())
        for limit_name, usage_name, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = read(folder / limit_name), read(folder / usage_name)
            if limit.isdigit() and usage.isdigit() and int(limit) < _UNLIMITED:
                found.append(max(0, int(limit) - int(usage) + int(stat.get(cache, 0))))
    return min(found, default=None)


def throttled_s(root: Path = Path("/")) -> float | None:
    """Seconds for which the quota has held the group's threads back so far; None where nothing is counted."""
    for folder in _folders(root, "cpu"):
        counts = dict(line.split() for line in read(folder / "cpu.stat").splitlines())
        for name, unit in (("throttled_usec", 1e-6), ("throttled_time", 1e-9)):
            if name in counts:
                return int(counts[name]) * unit
    return None


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The group's folders that may hold the controller's files, its own first."""
    mount = root / "sys/fs/cgroup"
    for line in read(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        base = mount / controller if names else mount
        own = base / path.lstrip("/")
        # A container may see its host's path, and its own group at the mount.
        yield from (folder for folder in (own, *own.parents) if folder == base or base in folder.parents)


def read(path: Path) -> str:
    """What a file of the kernel says; empty where there is none to read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
