"""The machine's state while a session ran: what else used the processors, and whether the speed moved."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import card_state, cgroup, one_thread

MOVED = 1.2  # a change of speed by more than this factor is another state
_FEWEST = 15  # samples of the canary: of fewer, thirds that are told apart by chance are too many
_LEVEL = 0.01  # chance of telling thirds of one level apart
_COUNTED = ("mhz", "steal", "load_of_others", "pressure", "throttled_s")


@dataclass(frozen=True)
class Snapshot:
    """Counters at one moment, all in seconds since some start; None where the system does not keep them."""

    at: float
    own: float  # processor time of this process and of its children that have ended
    busy: float | None = None  # processor time of everything on the machine
    steal: float | None = None  # time in which the host ran another guest
    total: float | None = None
    waited: float | None = None  # in which some task waited for a processor (pressure stall information)
    throttled: float | None = None  # in which the control group's quota held threads back
    mhz: tuple[float, ...] | None = None  # of every processor


def snapshot(root: Path = Path("/")) -> Snapshot:
    """The counters now."""
    times = os.times()
    return Snapshot(
        at=time.perf_counter(),
        own=times.user + times.system + times.children_user + times.children_system,
        waited=_waited(root),
        throttled=cgroup.throttled_s(root),
        mhz=_clocks(root),
        **_processor_times(root),
    )


def between(before: Snapshot, after: Snapshot) -> dict[str, float | None]:
    """What the counters say of the time between two moments.

    ``steal`` is a fraction of all processors' time, ``load_of_others`` the mean number of processors that other
    processes kept busy, ``pressure`` the fraction of time in which some task waited for a processor, ``throttled_s``
    seconds. ``mhz`` is None where no processor's clock moved at all: a virtual machine shows a constant.
    """
    wall = after.at - before.at
    busy, own = _rise(before.busy, after.busy), after.own - before.own
    steal, total = _rise(before.steal, after.steal), _rise(before.total, after.total)
    waited = _rise(before.waited, after.waited)
    return {
        "mhz": None if before.mhz == after.mhz or not after.mhz else statistics.fmean(after.mhz),
        "steal": steal / total if steal is not None and total else None,
        "load_of_others": max(0.0, busy - own) / wall if busy is not None and wall > 0 else None,
        "pressure": min(1.0, waited / wall) if waited is not None and wall > 0 else None,
        "throttled_s": _rise(before.throttled, after.throttled),
    }


def moved(found: dict[str, Any]) -> str | None:
    """Whether the machine's speed moved by more than 1.2, in words; None where it did not, or where there is no end.

    ``found`` is what one thread took on each processor at both ends (``one_thread.measure``).
    """
    start, end = found["start_s"], found["end_s"]
    if not end or one_thread.factor(start, end) <= MOVED:
        return None
    where, before, after = max(
        zip(found["processors"], start, end, strict=True), key=lambda p: abs(math.log(p[2] / p[1]))
    )
    return f"one thread on processor {where} {before:.3g} s at the start, {after:.3g} s at the end"


def pool_moved(canary_s: Sequence[float], start_rate: float | None = None, end_rate: float | None = None) -> str | None:
    """Whether the speed of what the backend's threads do together moved by more than 1.2, in words; None where it did
    not. The machine may be why, or where the scheduler puts the threads: XLA's may share one of two processors.

    The medians of the first and the last third of the canary's samples are compared, and the product rates at both
    ends of the session. A shift of the canary counts only where the exact rank test of Mann and Whitney tells the
    thirds apart; below 15 samples the rates alone decide.

    Source: Mann and Whitney 1947, Annals of Mathematical Statistics 18.
    """
    if start_rate and end_rate and abs(math.log(end_rate / start_rate)) > math.log(MOVED):
        return f"products {start_rate:.3g} FLOP/s at the start, {end_rate:.3g} at the end"
    if len(canary_s) < _FEWEST:
        return None
    from scipy.stats import mannwhitneyu  # here: asv imports every module to find its benchmarks

    third = len(canary_s) // 3
    ends = canary_s[:third], canary_s[-third:]
    first, last = (statistics.median(part) for part in ends)
    if abs(math.log(last / first)) <= math.log(MOVED) or mannwhitneyu(*ends, method="exact").pvalue > _LEVEL:
        return None
    return f"canary {first:.3g} s in the first third, {last:.3g} s in the last"


def summary(
    counters: dict[str, float | None],
    ceiling: dict[str, Any] | None,
    canary_s: Sequence[float],
    repeated: int = 0,
    card: dict[str, Any] | None = None,
    one_thread: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The record's ``state``. ``ceiling`` may have ``gemm_at_end_flops_per_s``; ``repeated`` counts repetitions.

    ``counters`` are those of ``between``; none where the process died. ``card`` is the GPU's state, a slow one of which
    counts as moved, too. ``one_thread`` is what one thread took on each processor; where that was not measured, the
    backend's threads are all that tells of the machine.
    """
    rates = ceiling or {}
    start, end = rates.get("gemm_flops_per_s"), rates.get("gemm_at_end_flops_per_s")
    pool = pool_moved(canary_s, start, end)
    return {
        "one_thread": one_thread,
        "canary_s": statistics.median(canary_s) if canary_s else None,
        "gemm_flops_per_s": start,
        "copy_bytes_per_s": rates.get("copy_bytes_per_s"),
        **dict.fromkeys(_COUNTED),
        **counters,
        "card": card,
        "moved": (pool if one_thread is None else moved(one_thread)) or card_state.slow(card),
        "pool_moved": None if one_thread is None else pool,
        "repeated": repeated,
    }


def _rise(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _processor_times(root: Path) -> dict[str, float | None]:
    fields = cgroup.read(root / "proc/stat").partition("\n")[0].split()[1:9]
    if len(fields) < 8:
        return {}
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, idle, waiting, irq, soft, steal = (int(field) / tick for field in fields)
    busy = user + nice + system + irq + soft  # guests' time is within the user's
    return {"busy": busy, "steal": steal, "total": busy + idle + waiting + steal}


def _waited(root: Path) -> float | None:
    some, _, total = cgroup.read(root / "proc/pressure/cpu").partition("\n")[0].partition("total=")
    return int(total) * 1e-6 if some.startswith("some") and total.isdigit() else None


def _clocks(root: Path) -> tuple[float, ...] | None:
    """Processors' clocks in MHz; None in a virtual machine, which does not know its host's."""
    lines = cgroup.read(root / "proc/cpuinfo").splitlines()
    if any(line.startswith("flags") and "hypervisor" in line.split() for line in lines):
        return None
    return tuple(float(line.partition(":")[2]) for line in lines if line.startswith("cpu MHz")) or None
