"""Which compilations are called cold."""

from __future__ import annotations

from benchmarks.harness import child, compilation, policy
from benchmarks.harness.cell import Cell


def test_a_compilation_is_cold_until_the_folder_has_one_of_the_row(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    cold = {"compile_s": 9.0, "compile_cold_s": 9.0, "compile_cached_s": None}
    cached = {"compile_s": 2.0, "compile_cold_s": None, "compile_cached_s": 2.0}
    assert compilation.describe("relative:compiled", "compiled", 9.0) == cold
    assert compilation.describe("relative:compiled", "compiled", 2.0) == cached
    assert compilation.describe("inverse:compiled", "compiled", 9.0) == cold
    assert compilation.describe("relative", "jit", 9.0) == cold
    assert set(compilation.describe("relative", "eager", None).values()) == {None}


def test_two_processes_of_a_cell_compile_cold_and_the_others_from_what_the_first_has_left(tmp_path, monkeypatch):
    own, cell = policy.Policy("kept", "default", 1), Cell.of("logdet", "torch", {"D": 12, "B": 8, "L": 2})
    told = []
    for process in range(4):
        found = child.environment(cell, own, tmp_path, process)
        monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", found["TORCHINDUCTOR_CACHE_DIR"])
        fields = compilation.describe("relative:compiled", "compiled", 9.0)
        told.append("cold" if fields["compile_cold_s"] else "cached")
    assert told == ["cold", "cold", "cached", "cached"]
    # Another cell's code is none of this one's.
    other = child.environment(Cell.of("logdet", "torch", {"D": 13, "B": 8, "L": 2}), own, tmp_path, 0)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", other["TORCHINDUCTOR_CACHE_DIR"])
    assert compilation.describe("relative:compiled", "compiled", 9.0)["compile_cold_s"]
