"""The plain door's wrong input: one line, exit status 2."""

from __future__ import annotations

import pytest


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
def test_wrong_input_is_one_line(run_python, arguments, says):
    done = run_python("-m", "benchmarks", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("benchmarks: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_wrong_arguments_are_one_line(run_python):
    for arguments in (("measure",), ("run", "--fast"), ()):
        done = run_python("-m", "benchmarks", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("benchmarks: ")
        assert done.stderr.count("\n") == 1


def test_a_profile_runs_without_asv_and_is_taken_up(run_python, tmp_path, smoke_sessions):
    done = run_python("-m", "benchmarks", "run", "--plain", "--profile", "smoke")
    assert done.returncode == 0, done.stderr
    records = sorted((tmp_path / "results").glob("*/sessions/*-plain-*/*.session"))
    assert len(records) == smoke_sessions
    before = [path.read_text() for path in records]
    next((tmp_path / "results").glob("*/sessions/*-plain-*/told")).unlink()
    assert run_python("-m", "benchmarks", "run", "--plain", "--profile", "smoke").returncode == 0
    after = [path.read_text() for path in records]
    import subprocess

    dirty = subprocess.run(
        ["git", "status", "--porcelain", "--", "bench_core", "benchmarks"], capture_output=True, text=True
    )
    # Of a changed tree nothing is taken up: it may have changed again.
    assert (after == before) == (not dirty.stdout)


def test_wrong_threads_are_one_line(run_python):
    done = run_python("-m", "benchmarks", "cell", "D=4", BENCH_THREADS="0")
    assert done.returncode == 2
    assert "BENCH_THREADS = '0' is not a number of threads; allowed: 1 to " in done.stderr
