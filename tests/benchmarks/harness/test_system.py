"""Every warning on a machine that deserves it, and none on one that does not."""

from __future__ import annotations

import pytest

from benchmarks.harness import policy, system

CPU = "sys/devices/system/cpu/cpu"
FINE = {
    f"{CPU}0/cpufreq/scaling_governor": "performance\n",
    f"{CPU}0/topology/thread_siblings_list": "0\n",
    f"{CPU}1/topology/thread_siblings_list": "1\n",
    "sys/devices/system/cpu/cpufreq/boost": "0\n",
    "sys/class/power_supply/AC/type": "Mains\n",
    "sys/class/power_supply/AC/online": "1\n",
    "proc/meminfo": "SwapTotal: 2097152 kB\nSwapFree: 2097152 kB\n",
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
    "sys/fs/cgroup/memory.max": "max\n",
}


def _warnings(root, monkeypatch, **changes):
    monkeypatch.setattr(policy, "affinity", lambda: frozenset({0, 1}))
    for name, text in (FINE | changes).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return system.warnings(root)


def test_a_machine_that_is_well_has_none(tmp_path, monkeypatch):
    assert _warnings(tmp_path, monkeypatch) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({f"{CPU}0/cpufreq/scaling_governor": "powersave\n"}, "governor is powersave"),
        ({"sys/devices/system/cpu/intel_pstate/no_turbo": "0\n"}, "turbo boost is on"),
        ({"sys/devices/system/cpu/cpufreq/boost": "1\n"}, "turbo boost is on"),
        ({"sys/class/power_supply/AC/online": "0\n"}, "on battery"),
        ({"proc/meminfo": "SwapTotal: 2097152 kB\nSwapFree: 1048576 kB\n"}, "swap in use: 1 GiB"),
        ({"sys/fs/cgroup/cpu.max": "150000 100000\n"}, "quota is 1.5 of 2 processors"),
        ({f"{CPU}{n}/topology/thread_siblings_list": "0-1\n" for n in (0, 1)}, "2 processors are 1 cores"),
        ({"sys/fs/cgroup/memory.max": "1610612736\n"}, "may hold 1.5 GiB"),
    ],
)
def test_each_fault_is_one_line(tmp_path, monkeypatch, changes, said):
    (line,) = _warnings(tmp_path, monkeypatch, **changes)
    assert said in line
    assert "\n" not in line
