"""The plain door's wrong input: one line, exit status 2."""

from __future__ import annotations

import json

import pytest

import bench_core
from benchmarks.__main__ import main
from benchmarks.harness import system
from benchmarks.harness.profile import SMOKE
from benchmarks.harness.record import read_json
from benchmarks.harness.run import cells
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import LOCAL, results_folder


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cell", "--family", "flow"), "unknown family 'flow'; allowed: logdet"),
        (("cell", "--backend", "mxnet"), "unknown backend 'mxnet'; allowed: torch, jax"),
        (("cell", "--device", "tpu"), "unknown device 'tpu'; allowed: cpu, cuda"),
        (("cell", "--profile", "slow"), "unknown profile 'slow'; allowed: smoke, quick, standard, full"),
        (("cell", "--method", "adjugate"), "unknown row of logdet on torch 'adjugate'; allowed: relative, "),
        (("cell", "D=0"), "D = 0 is not a size; allowed: whole numbers from 1"),
        (("cell", "D=many"), "D = 'many' is not a size; allowed: whole numbers from 1"),
        (("run", "--profile", "slow"), "unknown profile 'slow'; allowed: smoke, quick, standard, full"),
        (("run", "--device", "tpu"), "unknown device 'tpu'; allowed: cpu, cuda"),
        (("run", "HEAD~3..HEAD"), "range 'HEAD~3..HEAD' needs --managed"),
    ],
)
def test_wrong_input_is_one_line(capsys, arguments, says):
    assert main([*arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("benchmarks: ")
    assert says in said
    assert said.count("\n") == 1


def test_wrong_arguments_are_one_line(run_python):
    for arguments in (("measure",), ("run", "--fast"), ()):
        done = run_python("-m", "benchmarks", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("benchmarks: ")
        assert done.stderr.count("\n") == 1


def _planned(families, backends) -> int:
    return sum(len(cells(f, b, SMOKE, "cpu")) for f in families for b in backends)


@pytest.mark.parametrize(
    ("families", "backends"),
    [
        pytest.param(("score",), ("torch",), marks=pytest.mark.long),
        pytest.param(bench_core.FAMILIES, bench_core.BACKENDS, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_profile_runs_without_asv_and_is_taken_up(repository, families, backends):
    listing = repository.folder / "bench_core/__init__.py"
    # A line of its own at the end, where nothing has used it yet.
    listing.write_text(listing.read_text() + f"\nFAMILIES, BACKENDS = {families}, {backends}\n")
    repository.commit("some families")
    command = ("-m", "benchmarks", "run", "--plain", "--profile", "smoke")

    def measure() -> list[str]:
        done = repository.python(*command)
        assert done.returncode == 0, done.stderr
        records = repository.records()
        assert len(records) == _planned(families, backends)
        assert all("-plain-" in path.parent.name for path in records)
        return [path.read_text() for path in records]

    before = measure()
    # As if it had been killed before the last line of its ledger.
    (ledger,) = repository.folder.glob("results-local/*/sessions/*-plain-*/runs/*.ledger")
    *lines, told = ledger.read_text().splitlines(keepends=True)
    assert json.loads(told)["event"] == "told"
    ledger.write_text("".join(lines))
    assert measure() == before
    # Of a changed tree nothing is taken up: it may have changed again.
    listing.write_text(listing.read_text() + "# changed\n")
    assert not {*measure()} & {*before}


def test_wrong_threads_are_one_line(run_python):
    done = run_python("-m", "benchmarks", "cell", "D=4", BENCH_THREADS="0")
    assert done.returncode == 2
    assert "BENCH_THREADS = '0' is not a number of threads; allowed: 1 to " in done.stderr


@pytest.mark.long
def test_what_is_amiss_here_is_said_once_and_recorded(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(system, "warnings", lambda: ["swap in use: 1 GiB", "on battery"])
    assert main(["cell", "--profile", "smoke", "--method", "gemm_floor", "D=12", "B=8"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if "warning" in line] == [
        "benchmarks: warning: swap in use: 1 GiB",
        "benchmarks: warning: on battery",
    ]
    (path,) = tmp_path.glob("*/sessions/*/*.session")
    assert read_json(path)["environment"]["warnings"] == ["swap in use: 1 GiB", "on battery"]


@pytest.mark.parametrize("arguments", [("cell", "D=4"), ("run", "--plain"), ("run",)])
def test_an_unknown_policy_is_one_line(run_python, arguments):
    done = run_python("-m", "benchmarks", *arguments, BENCH_ALLOCATOR="tcmalloc")
    assert done.returncode == 2
    assert done.stderr == "benchmarks: BENCH_ALLOCATOR = 'tcmalloc' is not a policy; allowed: kept, default\n"


def test_a_cache_that_is_no_place_is_one_line(run_python):
    """Told by the sessions, it would be an error of every row."""
    done = run_python("-m", "benchmarks", "cell", "D=4", BENCH_CACHE="mine")
    assert done.returncode == 2
    assert done.stderr == "benchmarks: BENCH_CACHE = 'mine' is no place; allowed: an absolute path, or nothing\n"


def test_results_without_a_folder_of_their_own_lie_where_they_always_do(monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", "")
    assert results_folder() == ROOT / LOCAL
