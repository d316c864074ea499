"""Memory that a control group may still take, in both versions of its files."""

from __future__ import annotations

import pytest

from benchmarks.harness import cgroup

GIB = 2**30
VERSION_2 = {
    "proc/self/cgroup": "0::/group",
    "sys/fs/cgroup/group/memory.max": f"{3 * GIB}",
    "sys/fs/cgroup/group/memory.current": f"{2 * GIB}",
    "sys/fs/cgroup/group/memory.stat": f"anon 7\ninactive_file {GIB // 2}",
}
VERSION_1 = {
    "proc/self/cgroup": "4:memory:/group",
    "sys/fs/cgroup/memory/group/memory.limit_in_bytes": f"{3 * GIB}",
    "sys/fs/cgroup/memory/group/memory.usage_in_bytes": f"{2 * GIB}",
    "sys/fs/cgroup/memory/group/memory.stat": f"cache 7\ntotal_inactive_file {GIB // 2}",
}
PARENT = {"sys/fs/cgroup/memory.max": f"{2 * GIB}", "sys/fs/cgroup/memory.current": f"{2 * GIB}"}
UNLIMITED = {"proc/self/cgroup": "0::/group", "sys/fs/cgroup/group/memory.max": "max"}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        (VERSION_2, 3 * GIB // 2),
        (VERSION_1, 3 * GIB // 2),
        (VERSION_2 | PARENT, 0),
        (UNLIMITED, None),
        ({}, None),
    ],
    ids=["version 2", "version 1", "a full parent", "no limit", "no groups"],
)
def test_what_is_free_is_the_limit_less_what_cannot_be_given_back(tmp_path, files, free):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cgroup.memory_free_bytes(tmp_path) == free
