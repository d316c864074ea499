"""What a session's process runs under: its number of threads, its allocator, and how idle threads wait.

Two processes of equal code differ most by these: an allocator that gives freed memory back makes every call pay for
fresh pages or not, as the heap happens to lie; threads that spin while they wait take the processors from whatever
else runs. Sessions set both in the child's environment, before any library is loaded, and record them.

Memory is kept unless asked otherwise. Threads wait as the user's do: where a session is alone, sleeping ones made
torch's logdet gradients at D = 100 some 4.5 times slower on two virtual cores, and processes differ more (standard
deviation of log time 50 % against 2 to 10 %). ``passive`` is for a machine that others use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import cgroup

# Everything comes from one heap that never shrinks: no mapping of its own for a large array, no trimming.
_KEPT = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(1 << 26),
    "MALLOC_ARENA_MAX": "1",
}
# GOMP_SPINCOUNT and KMP_BLOCKTIME win over OMP_WAIT_POLICY where the user has set them.
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
ALLOCATORS: Mapping[str, Mapping[str, str]] = {"kept": _KEPT, "default": {}}
WAITING: Mapping[str, Mapping[str, str]] = {"default": {}, "passive": _PASSIVE}


@dataclass(frozen=True)
class Policy:
    """allocator  ``kept``: freed memory stays with the process; ``default``: the user's environment
    waiting    ``passive``: OpenMP threads that wait sleep; ``default``: the user's environment
    threads    one number for every library
    """

    allocator: str
    waiting: str
    threads: int

    def variables(self) -> dict[str, str]:
        """What the child's environment has beside the user's."""
        return {**ALLOCATORS[self.allocator], **WAITING[self.waiting]}

    def describe(self, backend: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """``environment.policy`` of the record: the choice, the variables in force, and what has no effect here."""
        return {
            "allocator": self.allocator,
            "waiting": self.waiting,
            "threads": self.threads,
            "variables": {name: environment[name] for name in (*_KEPT, *_PASSIVE) if name in environment},
            "without_effect": self._without_effect(backend),
        }

    def differs(self, record: dict[str, Any]) -> list[tuple[str, Any, Any]]:
        """(name, theirs, ours) of what a session of this policy would have otherwise than the recorded one."""
        under = record["environment"].get("policy", {})
        ours = {"allocator": self.allocator, "waiting": self.waiting, "threads": self.threads}
        return [(name, under.get(name), value) for name, value in ours.items() if under.get(name) != value]

    def _without_effect(self, backend: str) -> list[str]:
        said = []
        if self.allocator == "kept" and not is_glibc():
            said.append("allocator: this system's C library is not glibc")
        if self.waiting == "passive" and backend == "jax":
            said.append("waiting: XLA's own threads have no such setting")
        return said


def chosen() -> Policy:
    """The policy of ``BENCH_ALLOCATOR``, ``BENCH_WAITING`` and ``BENCH_THREADS``.

    Raises
    ------
    ValueError
        in one line, where one of them has a value that is not allowed
    """
    return Policy(_choice("BENCH_ALLOCATOR", ALLOCATORS), _choice("BENCH_WAITING", WAITING), threads())


def threads(root: Path = Path("/")) -> int:
    """``BENCH_THREADS``, else the physical cores among the processors that this process may use, within its quota."""
    usable = affinity()
    given = os.environ.get("BENCH_THREADS")
    if given is None:
        quota = cgroup.cpus(root)
        return max(1, min(cores(usable, root), int(quota) if quota else len(usable)))
    if not given.isdigit() or not 1 <= int(given) <= len(usable):
        raise ValueError(f"BENCH_THREADS = {given!r} is not a number of threads; allowed: 1 to {len(usable)}")
    return int(given)


def affinity() -> frozenset[int]:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def cores(processors: frozenset[int], root: Path = Path("/")) -> int:
    """Physical cores among these processors: two threads of one core count once."""
    apart = _one_a_core(processors, root)
    return min(len(processors), _physical_cores() or len(processors)) if apart is None else len(apart)


def apart(number: int, root: Path = Path("/")) -> list[int]:
    """At most so many of the processors that this process may use, each of a physical core of its own."""
    usable = affinity()
    return (_one_a_core(usable, root) or sorted(usable))[:number]


def is_glibc() -> bool:
    """Whether the allocator is glibc's, which alone reads the variables of ``kept``."""
    try:
        return "glibc" in (os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (AttributeError, OSError, ValueError):
        return False


def _one_a_core(processors: frozenset[int], root: Path) -> list[int] | None:
    """The first processor of each physical core; None where the system does not tell which share one."""
    first: dict[str, int] = {}
    for number in sorted(processors):
        siblings = root / f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"
        try:
            first.setdefault(siblings.read_text(encoding="utf-8").strip(), number)
        except OSError:
            return None
    return list(first.values())


def _physical_cores() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    return psutil.cpu_count(logical=False)


def _choice(variable: str, allowed: Mapping[str, Any]) -> str:
    given = os.environ.get(variable, next(iter(allowed)))
    if given not in allowed:
        raise ValueError(f"{variable} = {given!r} is not a policy; allowed: {', '.join(allowed)}")
    return given
