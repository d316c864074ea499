"""Threads within cores, affinity and quota; what the allocator and the waiting policy do to a real process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.harness import cgroup, policy


def _write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/a/b",
                "sys/fs/cgroup/a/cpu.max": "200000 100000",
                "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
            },
            2.0,
        ),
        # A container that sees its host's path.
        ({"proc/self/cgroup": "0::/docker/1", "sys/fs/cgroup/cpu.max": "300000 100000"}, 3.0),
        (
            {
                "proc/self/cgroup": "2:cpu,cpuacct:/x\n0::/",
                "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "50000",
                "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            0.5,
        ),
        ({}, None),
    ],
)
def test_the_tightest_quota_of_the_groups_counts(tmp_path, files, expected):
    _write(tmp_path, files)
    assert cgroup.cpus(tmp_path) == expected


def test_the_memory_limit_of_both_versions(tmp_path):
    _write(
        tmp_path,
        {"proc/self/cgroup": "4:memory:/m\n0::/", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"},
    )
    assert cgroup.memory_bytes(tmp_path) is None
    _write(tmp_path, {"sys/fs/cgroup/memory/m/memory.limit_in_bytes": "1610612736"})
    assert cgroup.memory_bytes(tmp_path) == 1610612736
    _write(tmp_path, {"sys/fs/cgroup/memory.max": "1000000"})
    assert cgroup.memory_bytes(tmp_path) == 1000000


def test_threads_of_one_core_count_once_and_the_quota_bounds_them(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_THREADS", raising=False)
    monkeypatch.setattr(policy, "affinity", lambda: frozenset(range(6)))
    siblings = {
        f"sys/devices/system/cpu/cpu{n}/topology/thread_siblings_list": f"{n % 4},{n % 4 + 4}\n" for n in range(8)
    }
    _write(tmp_path, siblings)
    assert policy.threads(tmp_path) == 4
    _write(tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "250000 100000"})
    assert policy.threads(tmp_path) == 2
    monkeypatch.setenv("BENCH_THREADS", "6")
    assert policy.threads(tmp_path) == 6
    monkeypatch.setenv("BENCH_THREADS", "7")
    with pytest.raises(ValueError, match="allowed: 1 to 6"):
        policy.threads(tmp_path)
    assert policy.apart(6, tmp_path) == [0, 1, 2, 3]
    assert policy.apart(2, tmp_path) == [0, 1]


def test_where_nothing_tells_of_cores_every_processor_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(policy, "affinity", lambda: frozenset({7, 3, 5}))
    assert policy.apart(2, tmp_path) == [3, 5]


@pytest.mark.parametrize("variable", ["BENCH_ALLOCATOR", "BENCH_WAITING"])
def test_an_unknown_policy_is_one_line(monkeypatch, variable):
    monkeypatch.setenv(variable, "eager")
    with pytest.raises(ValueError, match=f"{variable} = 'eager' is not a policy; allowed: ") as told:
        policy.chosen()
    assert "\n" not in str(told.value)


_FAULTS = """
import resource, torch
def call():
    return torch.ones(1000, 1000), torch.ones(1000, 1000)
for _ in range(20):
    call()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    call()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


@pytest.mark.long
@pytest.mark.skipif(not policy.is_glibc(), reason="the allocator's variables are glibc's")
def test_a_kept_allocator_pays_for_no_fresh_pages():
    def faults(variables):
        plain = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
        done = subprocess.run(
            [sys.executable, "-c", _FAULTS], env=plain | variables, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    pages = 2 * 4_000_000 / os.sysconf("SC_PAGE_SIZE")
    given_back = {"MALLOC_MMAP_THRESHOLD_": "131072"}
    assert faults(given_back) > 0.9 * pages
    assert faults(policy.Policy("kept", "passive", 1).variables()) < 0.01 * pages


def test_what_has_no_effect_is_said(monkeypatch):
    monkeypatch.setattr(policy, "is_glibc", lambda: False)
    said = policy.Policy("kept", "passive", 2).describe("jax", {"OMP_WAIT_POLICY": "PASSIVE", "HOME": "/"})
    assert said["variables"] == {"OMP_WAIT_POLICY": "PASSIVE"}
    assert [line.partition(":")[0] for line in said["without_effect"]] == ["allocator", "waiting"]
    assert policy.Policy("default", "default", 2).describe("jax", {})["without_effect"] == []
