"""Oracles' arrays on disk: errors stay to the last bit; what becomes of damage, of other sources, of the limit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench_core
from benchmarks.harness import oracle_cache, session
from benchmarks.harness.cell import Cell
from benchmarks.harness.oracle_cache import OracleCache
from benchmarks.harness.profile import QUICK

# However busy the machine is, and however its speed moves: a repetition reads what the first time computed.
FAST = replace(QUICK, row_budget_s=0.02, max_rounds=6, call_limit_s=60.0, repetitions=0)
SOURCES = Path(bench_core.__file__).parent
SMALL = {
    "logdet": {"D": 12, "B": 8},
    "implicit": {"D": 16, "B": 4},
    "line_integral": {"d": 4, "B": 8, "H": 16},
    "score": {"d": 4, "H": 8, "B": 8},
}


def _problem(family: str, where: Path | None = None, **sizes: Any) -> tuple[Any, OracleCache]:
    problem, cache = bench_core.problem(family, **SMALL[family] | sizes), OracleCache(SOURCES, 1, where)
    cache.serve(problem)
    return problem, cache


def _results(family: str) -> Iterator[tuple[Any, dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Every method that torch has without a library, its results, and those for other data."""
    problem = bench_core.problem(family, **SMALL[family])
    for method in bench_core.methods(family, "torch"):
        if method.role != "peer" and method.is_for(problem.sizes):
            kernel = method.build(problem, "cpu", "float32", method.forms[0])
            first = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
            kernel.refill(problem.unseen())
            yield method, first, {n: np.array(a) for n, a in kernel.to_numpy(kernel.run()).items()}


@pytest.mark.parametrize("family", SMALL)
def test_every_method_is_judged_the_same_to_the_last_bit(family, tmp_path):
    plain, (cold, wrote), (warm, read) = _problem(family)[0], _problem(family, tmp_path), _problem(family, tmp_path)
    others = [problem.unseen() for problem in (plain, cold, warm)]
    wrote.serve(others[1])
    methods = list(_results(family))
    for problems, place in (((plain, cold), 1), ((others[0], others[1]), 2), ((plain, warm), 1)):
        for found in methods:
            method, arrays = found[0], found[place]
            want, got = (_judged(problem, arrays, method) for problem in problems)
            assert got == want, method.name
    read.serve(others[2])
    for method, _, arrays in methods:
        assert _judged(others[2], arrays, method) == _judged(others[0], arrays, method), method.name
    assert wrote.told["computed"] > 1
    assert wrote.told["discarded"] == 0
    assert read.told["computed"] == 0
    assert read.told["read"] > 1


def _judged(problem: Any, arrays: dict[str, np.ndarray], method: Any) -> tuple:
    error, quality = problem.error(arrays, method), problem.quality(arrays, method)
    return error, quality, problem.fault(arrays, method, "float32", error, quality)


def test_other_data_are_never_judged_by_the_first_ones():
    problem, _ = _problem("implicit")
    problem.keeper = lambda name, compute, data: {"w": np.zeros(1)}
    assert problem.oracle.w.shape == (1,)
    assert problem.unseen().oracle.w.shape == (4, 16)


def _w(where: Path, cache: OracleCache | None = None, **sizes: Any) -> tuple[np.ndarray, dict[str, int]]:
    """The reference and what was told of how it was come by."""
    cache = cache or OracleCache(SOURCES, 1, where)
    problem = bench_core.problem("implicit", **SMALL["implicit"] | sizes)
    cache.serve(problem)
    return problem.oracle.w, cache.told


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "not an archive"])
def test_a_damaged_file_is_thrown_away_and_computed_anew(tmp_path, damage):
    want, _ = _w(tmp_path)
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    if damage == "not an archive":  # whose hash is right
        content = bytearray(oracle_cache._digest(b"words") + b"words")
    content[-100:-99] = b"" if damage == "not an archive" else bytes([content[-100] ^ 1])
    file.write_bytes({"cut": content[:200], "empty": b""}.get(damage, content))
    got, told = _w(tmp_path)
    assert np.array_equal(got, want)
    assert told == {"read": 0, "computed": 1, "discarded": 1}
    assert _w(tmp_path)[1] == {"read": 1, "computed": 0, "discarded": 0}


@pytest.mark.parametrize("sizes", [{"seed": 1}, {"gamma": 0.8}, {"B": 5}, {"T": "symmetric"}])
def test_another_problem_is_another_file(tmp_path, sizes):
    _w(tmp_path)
    assert _w(tmp_path, **sizes)[1]["computed"] == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_numbers_that_are_no_size_are_in_the_key(tmp_path):
    for alpha in (0.1, 0.2):
        problem = bench_core.problem("logdet", D=12, B=8, alpha=alpha)
        OracleCache(SOURCES, 1, tmp_path).serve(problem)
        assert problem.oracle.pre
    assert len(list(tmp_path.iterdir())) == 2


def test_another_source_or_number_of_threads_computes_anew(tmp_path):
    where, sources = tmp_path / "cache", tmp_path / "bench_core"
    shutil.copytree(SOURCES, sources)
    _w(where)
    assert _w(where, OracleCache(sources, 1, where))[1]["read"] == 1
    assert _w(where, OracleCache(sources, 2, where))[1]["computed"] == 1
    kernel = next((sources / "implicit/torch").glob("*.py"))
    kernel.write_text("# a kernel is not the oracle\n")
    assert _w(where, OracleCache(sources, 1, where))[1]["read"] == 1
    for file in (sources / "implicit/oracle.py", sources / "implicit/maps.py", sources / "masters.py"):
        file.write_text(file.read_text() + "# changed\n")
        assert _w(where, OracleCache(sources, 1, where))[1]["computed"] == 1


def test_what_was_not_read_for_longest_goes_first(tmp_path):
    one = OracleCache(SOURCES, 1, tmp_path)
    for seed in range(3):
        _w(tmp_path, one, seed=seed)
    first, second, third = sorted(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    for age, file in ((30, second), (20, first), (10, third)):
        os.utime(file, (file.stat().st_mtime - age,) * 2)
    size = first.stat().st_size
    _w(tmp_path, OracleCache(SOURCES, 1, tmp_path, limit_bytes=3 * size), seed=3)
    left = set(tmp_path.iterdir())
    assert second not in left
    assert {first, third} < left
    assert len(left) == 3
    _w(tmp_path, OracleCache(SOURCES, 1, tmp_path, limit_bytes=size), seed=4)  # it alone is more than half
    assert set(tmp_path.iterdir()) == left


def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("")
    assert _w(tmp_path / "file" / "cache")[1] == {"read": 0, "computed": 1, "discarded": 0}


def test_the_folder_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    where = oracle_cache.folder()
    assert where == tmp_path / "jacobench"
    assert where is not None
    _w(where)
    assert where.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "mine"))
    assert oracle_cache.folder() == tmp_path / "mine"
    monkeypatch.setenv("BENCH_CACHE", "")
    assert oracle_cache.folder() is None
    monkeypatch.setenv("BENCH_CACHE", "mine")
    with pytest.raises(ValueError, match="BENCH_CACHE = 'mine' is no place; allowed: an absolute path"):
        oracle_cache.folder()


def test_a_user_without_a_home_keeps_nothing(monkeypatch):
    for variable in ("BENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert oracle_cache.folder() is None


def test_the_problem_of_an_older_commit_is_left_alone(tmp_path):
    class Older:
        family = "implicit"

    OracleCache(SOURCES, 1, tmp_path).serve(problem := Older())
    OracleCache(SOURCES, 1, tmp_path).serve(None)
    assert not hasattr(problem, "keeper")


@pytest.mark.long
def test_one_session_computes_for_the_others_of_its_cell_and_errors_stay(tmp_path, monkeypatch, small_ceilings):
    def measured(backend: str, where: str) -> tuple[dict[str, float], dict[str, int]]:
        monkeypatch.setenv("BENCH_CACHE", where)
        cell = Cell.of("line_integral", backend, SMALL["line_integral"], dtype="float64")
        record = session.run(cell, FAST, {"gauss_legendre_8": "", "inverse_lu_rk4": ""})
        assert {row["outcome"] for row in record["rows"].values()} == {"ok"}, record["rows"]
        assert all(row["check_s"] > 0 for row in record["rows"].values())
        errors = {name: row["error"] for name, row in record["rows"].items()}
        return errors, record["environment"]["oracle_cache"]

    plain, told = measured("torch", "")
    assert told == {"read": 0, "computed": 0, "discarded": 0}
    cold, told = measured("torch", str(tmp_path))
    assert told["computed"] >= 4, told  # the integral and the inverse, of the cell's data and of new ones
    number = told["computed"]
    warm, told = measured("torch", str(tmp_path))
    assert told == {"read": number, "computed": 0, "discarded": 0}
    assert plain == cold == warm
    assert measured("jax", str(tmp_path))[1]["computed"] == 0


def test_what_follows_from_the_parameters_alone_is_computed_once_for_all_data(tmp_path):
    problem, cache = _problem("logdet", tmp_path)
    other = problem.unseen()
    cache.serve(other)
    first = [problem.oracle.weight_times(k, "ordinary") for k in range(2)]
    known = set(tmp_path.glob("*-inverse?.oracle"))
    second = [other.oracle.weight_times(k, "ordinary") for k in range(2)]
    assert len(known) == 2
    assert known == set(tmp_path.glob("*-inverse?.oracle"))
    assert len(list(tmp_path.glob("*-ordinary?.oracle"))) == 4
    assert not np.array_equal(first[0], second[0])


@pytest.mark.parametrize(
    ("family", "sizes"), [("logdet", {"D": 520, "B": 4}), ("implicit", {"D": 520, "B": 2, "gamma": 0.5})]
)
def test_probes_are_the_same_to_the_last_bit_where_results_are_too_large_to_compare_whole(family, sizes, tmp_path):
    plain, (cold, wrote), (warm, read) = (
        _problem(family, **sizes)[0],
        _problem(family, tmp_path, **sizes),
        _problem(family, tmp_path, **sizes),
    )
    rng = np.random.default_rng(0)
    parameters = {name: rng.standard_normal(plain.shape(name)).astype(np.float32) for name in plain.parameters}
    computes = {"logdet": ("ordinary", "relative", "transposed", "step"), "implicit": ("parameter_gradient",)}[family]
    methods = {m.computes: m for m in bench_core.methods(family, "torch")}
    for method in (methods[name] for name in computes):
        want = plain.error(parameters, method)
        assert cold.error(parameters, method) == warm.error(parameters, method) == want
    assert wrote.told["computed"] > 0
    assert (read.told["computed"], read.told["read"] > 0) == (0, True)
