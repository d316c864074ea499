"""What on this machine makes times less trustworthy now: one line each, after the checks of pyperf's ``system``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import cgroup, policy

_SWAP_BYTES = 64 << 20  # less lies in the swap of any machine that has been up for long


def warnings(root: Path = Path("/")) -> list[str]:
    """What is true now and matters here; empty where all is well or nothing can be read."""
    return [line for check in (_governor, _boost, _battery, _swap, _quota, _siblings, _memory) if (line := check(root))]


def _governor(root: Path) -> str:
    names = {
        name
        for cpu in policy.affinity()
        if (name := cgroup.read(root / f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"))
    }
    slow = sorted(names - {"performance"})
    return f"the frequency governor is {', '.join(slow)}, not performance: clocks follow the load" if slow else ""


def _boost(root: Path) -> str:
    folder = root / "sys/devices/system/cpu"
    on = cgroup.read(folder / "intel_pstate/no_turbo") == "0" or cgroup.read(folder / "cpufreq/boost") == "1"
    return "turbo boost is on: clocks follow the heat, and how many cores are busy" if on else ""


def _battery(root: Path) -> str:
    supplies = sorted((root / "sys/class/power_supply").glob("*"))
    mains = [cgroup.read(supply / "online") for supply in supplies if cgroup.read(supply / "type") == "Mains"]
    return "on battery: the processor may be held back" if mains and "1" not in mains else ""


def _swap(root: Path) -> str:
    fields = dict(line.split(":", 1) for line in cgroup.read(root / "proc/meminfo").splitlines() if ":" in line)
    total, free = (int(fields.get(name, "0 kB").split()[0]) * 1024 for name in ("SwapTotal", "SwapFree"))
    return f"swap in use: {(total - free) / 2**30:.2g} GiB" if total - free > _SWAP_BYTES else ""


def _quota(root: Path) -> str:
    quota, usable = cgroup.cpus(root), len(policy.affinity())
    return f"the control group's quota is {quota:.3g} of {usable} processors" if quota and quota < usable else ""


def _siblings(root: Path) -> str:
    usable = policy.affinity()
    cores = policy.cores(usable, root)
    if cores == len(usable):
        return ""
    return f"{len(usable)} processors are {cores} cores: what runs on one thread of a core slows the other"


def _memory(root: Path) -> str:
    limit = cgroup.memory_bytes(root)
    return f"the control group may hold {limit / 2**30:.3g} GiB of memory" if limit else ""
