"""Which compilations are called cold."""

from __future__ import annotations

from benchmarks.harness import compilation


def test_a_compilation_is_cold_until_the_cells_folder_has_one_of_the_row(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    cold = {"compile_s": 9.0, "compile_cold_s": 9.0, "compile_cached_s": None}
    cached = {"compile_s": 2.0, "compile_cold_s": None, "compile_cached_s": 2.0}
    assert compilation.describe("relative:compiled", "compiled", 9.0) == cold
    assert compilation.describe("relative:compiled", "compiled", 2.0) == cached
    assert compilation.describe("inverse:compiled", "compiled", 9.0) == cold
    assert compilation.describe("relative", "jit", 9.0) == cold
    assert set(compilation.describe("relative", "eager", None).values()) == {None}
