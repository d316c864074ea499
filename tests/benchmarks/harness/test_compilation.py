"""Which compilations are called cold."""

from __future__ import annotations

import pytest

from benchmarks.harness import child, compilation, policy, session
from benchmarks.harness.cell import Cell
from tests.benchmarks.harness.sessions import FAST


def test_a_compilation_is_cold_until_the_folder_has_one_of_the_row(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    cold = {"compile_s": 9.0, "compile_cold_s": 9.0, "compile_cached_s": None}
    cached = {"compile_s": 2.0, "compile_cold_s": None, "compile_cached_s": 2.0}
    assert compilation.describe("relative:compiled", "compiled", 9.0, kept=False) == cold
    assert compilation.describe("relative:compiled", "compiled", 2.0, kept=False) == cached
    assert compilation.describe("inverse:compiled", "compiled", 9.0, kept=False) == cold
    assert compilation.describe("relative", "jit", 9.0, kept=False) == cold
    assert compilation.describe("relative", "jit", 2.0, kept=True) == cached
    assert set(compilation.describe("relative", "eager", None, kept=False).values()) == {None}


def test_two_processes_of_a_cell_compile_cold_and_the_others_from_what_the_first_has_left(tmp_path, monkeypatch):
    own, cell = policy.Policy("kept", "default", 1), Cell.of("logdet", "torch", {"D": 12, "B": 8, "L": 2})
    told = []
    for process in range(4):
        found = child.environment(cell, own, tmp_path, process)
        monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", found["TORCHINDUCTOR_CACHE_DIR"])
        fields = compilation.describe("relative:compiled", "compiled", 9.0, kept=False)
        told.append("cold" if fields["compile_cold_s"] else "cached")
    assert told == ["cold", "cold", "cached", "cached"]
    # Another cell's code is none of this one's.
    other = child.environment(Cell.of("logdet", "torch", {"D": 13, "B": 8, "L": 2}), own, tmp_path, 0)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", other["TORCHINDUCTOR_CACHE_DIR"])
    assert compilation.describe("relative:compiled", "compiled", 9.0, kept=False)["compile_cold_s"]


def test_programs_are_kept_where_all_of_them_were_on_the_disk():
    programs = compilation.Programs("jax")
    for events, kept in (((), False), ("h", True), ("hh", True), ("hm", False), ("m", False)):
        for event in events:
            programs._count(
                {"h": "/jax/compilation_cache/cache_hits", "m": "/jax/compilation_cache/cache_misses"}[event]
            )
        programs._count("/jax/core/compile/backend_compile_duration")
        assert programs.were_kept() == kept


@pytest.mark.long
def test_jax_compiles_cold_in_two_processes_and_tells_in_the_third_what_it_loads(tmp_path):
    cell = Cell.of("logdet", "jax", {"D": 12, "B": 8, "L": 2})
    rows = {"relative": "", "inverse": ""}
    cold, cached = [], []
    for process in range(3):
        record = session.run(cell, FAST, rows, process=process, cache=tmp_path)
        told = [record["rows"][row] for row in rows]
        assert all(row["outcome"] == "ok" and row["peak_bytes"] for row in told)
        cold.append([row["compile_cold_s"] is not None for row in told])
        cached.append([row["compile_cached_s"] is not None for row in told])
        assert any((tmp_path / "xla").rglob("*")) == (process > 0)
    assert cold[:2] == [[True, True]] * 2
    assert cached[:2] == [[False, False]] * 2
    # A loader may refuse what is there.
    assert [a != b for a, b in zip(cold[2], cached[2], strict=True)] == [True, True]
