"""A study from outside: real trainings, killed at any moment, and the command's wrong input."""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import environment
from benchmarks.studies import _run
from benchmarks.studies._bar import estimate_left
from benchmarks.studies._run import Study, plan, run
from benchmarks.studies.implicit_training import METHODS, MOST, TOL
from tests.examples import THOROUGH

ROOT = Path(__file__).resolve().parents[3]
# What a clock says, and which process said it.
OF_THE_MACHINE = ("seconds", "wall_s", "process")


@pytest.fixture
def quiet(tmp_path) -> dict[str, str]:
    """One thread, for two would wait for each other wherever tests share the machine; and locks of its own."""
    return {"BENCH_THREADS": "1", "TMPDIR": str(tmp_path), "BENCH_LOCK": str(tmp_path / "lock")}


class _Diverging:
    """A training whose probes are no numbers, as those of a network that was driven out of its range."""

    def epoch(self, number: int) -> dict:
        return {"seconds": 1e-3, "loss": math.nan, "final": {"y": [0.0, math.inf], "error": math.nan}}

    def save(self, path: Path) -> None:
        path.write_text("")

    def load(self, path: Path) -> None: ...


def test_numbers_that_are_none_are_null_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where the study's own lock lies
    methods = {"diverging": {"exact": True, "source": "", "settings": {}}}

    def start(method: str, seed: int) -> _Diverging:
        return _Diverging()

    study = Study("broken", "none", "smoke", {}, methods, (0,), 2, lambda threads: None, start)
    assert run(study, "m", "python -m benchmarks study broken") == 0
    (path,) = (tmp_path / "results" / "m").glob("studies/*/broken-none.study")
    record = json.loads(path.read_text())
    (process,) = record["processes"]
    assert process["environment"]["policy"]["threads"] == process["environment"]["threads"]
    assert process["environment"]["policy"]["allocator"] == "default"  # it was started by the user
    assert process["state"]["load_of_others"] is None or process["state"]["load_of_others"] >= 0
    rows = record["rows"]
    assert [row["loss"] for row in rows] == [None, None]
    assert [row["final"] for row in rows] == [{"y": [0.0, None], "error": None}] * 2


class _Stopped(_Diverging):
    """One that is interrupted in its second epoch."""

    def epoch(self, number: int) -> dict:
        if number == 2:
            raise KeyboardInterrupt
        return super().epoch(number)


@pytest.mark.parametrize(("change", "processes"), [(None, [0, 1]), ("inputs", [0, 0]), ("processor", [0, 0])])
def test_other_data_or_another_processor_is_another_study(tmp_path, monkeypatch, change, processes):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where the study's own lock lies
    monkeypatch.setattr(_run, "CHECKPOINT_S", 0.0)
    methods = {"only": {"exact": True, "source": "", "settings": {}}}

    def train(training: type, inputs: str = "a digest") -> int:
        def start(method: str, seed: int) -> _Diverging:
            return training()

        study = Study("stopped", "none", "smoke", {}, methods, (0,), 2, lambda threads: None, start, inputs=inputs)
        return run(study, "m", "python -m benchmarks study stopped")

    with pytest.raises(KeyboardInterrupt):
        train(_Stopped)
    if change == "processor":
        monkeypatch.setattr(environment, "cpu", lambda: "another")
    assert train(_Diverging, *["another"] * (change == "inputs")) == 0
    (path,) = (tmp_path / "results" / "m").glob("studies/*/stopped-none.study")
    assert [row["process"] for row in json.loads(path.read_text())["rows"]] == processes


EPOCHS, KILLS = 3 if THOROUGH else 2, 3


# The command with checkpoints so often that a study of seconds has some: those of epochs too, and epochs between them.
OFTEN = (
    "import sys; from benchmarks.studies import _run; _run.CHECKPOINT_S = 0.1; "
    "from benchmarks.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


def _command(images: Path, machine: str) -> list[str]:
    given = ("--data", "mnist", "--folder", str(images), "--profile", "smoke", "--machine", machine)
    more = ("--epochs", str(EPOCHS), "--seeds", "2")
    return ["study", "implicit-training", *given, *more]


@pytest.fixture(scope="module")
def images(writers, tmp_path_factory) -> Path:
    return writers.mnist(tmp_path_factory.mktemp("data") / "images", train=60, test=20)


@pytest.fixture(scope="module")
def whole_study(images, runner, tmp_path_factory):
    """The record of a study that ran from its beginning to its end, and what it said meanwhile."""
    folder = tmp_path_factory.mktemp("whole")
    done = runner(folder)("-m", "benchmarks", *_command(images, "here"), BENCH_THREADS="1")
    assert done.returncode == 0, done.stderr
    return _record(folder, "here"), done.stderr


def _record(folder: Path, machine: str) -> dict:
    (path,) = (folder / "results" / machine).glob("studies/*/implicit-training-mnist.study")
    return json.loads(path.read_text())


def _rows_so_far(folder: Path, machine: str) -> int:
    total = 0
    for path in (folder / "results" / machine).glob("studies/*/*.checkpoint/seed*.zip"):
        with contextlib.suppress(FileNotFoundError), zipfile.ZipFile(path) as pack:  # the run may just have ended
            total += len(json.loads(pack.read("rows.json")))
    return total


@pytest.mark.slow  # at every epoch, and in one process: ``test_checkpoints.py``
def test_killed_at_any_moment_it_ends_with_the_same_numbers(run_python, images, whole_study, quiet, tmp_path):
    command = _command(images, "killed")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BENCH_RESULTS": str(tmp_path / "results")} | quiet
    for _ in range(KILLS):
        rows = _rows_so_far(tmp_path, "killed")
        process = subprocess.Popen(
            [sys.executable, "-c", OFTEN, *command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while _rows_so_far(tmp_path, "killed") <= rows and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = run_python("-c", OFTEN, *command, **quiet)
    assert done.returncode == 0, done.stderr
    assert "going on with implicit-training-mnist.checkpoint: " in done.stderr
    found, expected = _record(tmp_path, "killed"), whole_study[0]
    assert len(found["processes"]) == KILLS + 1

    def numbers(record: dict) -> list[dict]:
        return [{name: row[name] for name in row if name not in OF_THE_MACHINE} for row in record["rows"]]

    assert numbers(found) == numbers(expected)
    assert list((tmp_path / "results").rglob("*.checkpoint")) == []


@pytest.mark.long
def test_the_record_says_what_was_done(whole_study):
    record, said = whole_study
    assert "elapsed" in said
    assert "left" in said
    assert (record["schema"], record["study"], record["data"]) == (1, "implicit-training", "mnist")
    assert f"--epochs {EPOCHS} --seeds 2 --machine here" in record["command"]
    assert record["settings"]["tol"] == TOL
    assert record["settings"]["train"] == 60
    rows = record["rows"]
    assert {(r["method"], r["seed"], r["epoch"]) for r in rows} == {
        (m, s, e) for m in METHODS for s in (0, 1) for e in range(1, EPOCHS + 1)
    }
    by_key = {(r["method"], r["seed"], r["epoch"]): r for r in rows}
    for (method, _, _), row in by_key.items():
        assert row["seconds"] > 0
        assert row["wall_s"] > row["seconds"]
        assert row["evaluations"] > 2 * 60
        assert row["forward_missed"] == 0
        assert row["forward_residual"] <= TOL
        assert 0 < row["contraction"] < 1
        assert -1 <= row["cosine"] <= 1 + 1e-9
        products = row["vjps"], row["jvps"]
        if method.startswith("neumann_"):
            assert products == (int(method.partition("_")[2]) * 60, 0)
        if method == "jfb":
            assert products == (0, 0)
            assert row["residual"] is row["iterations"] is row["missed"] is None
        if record["methods"][method]["exact"]:
            assert row["residual"] <= TOL
            assert row["missed"] == 0
            assert row["iterations"] <= MOST
            assert row["probe_residual"] <= 2 * TOL
    # All methods begin at the same weights, and every training learns.
    for method in METHODS:
        for seed in (0, 1):
            losses = [by_key[(method, seed, epoch)]["loss"] for epoch in (1, EPOCHS)]
            assert losses[1] < losses[0]
    exact = [by_key[(m, 0, 1)]["loss"] for m in ("cg", "cg_published", "bicgstab")]
    assert max(exact) - min(exact) < 1e-3
    assert by_key[("cg", 0, 1)]["loss"] != by_key[("cg", 1, 1)]["loss"]


@pytest.mark.slow
def test_the_digits_are_the_default(run_python, quiet, tmp_path):
    pytest.importorskip("sklearn")
    smoke = ("-m", "benchmarks", "study", "implicit-training", "--profile", "smoke", "--machine", "here")
    done = run_python(*smoke, "--epochs", "1", **quiet)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results/here/studies").glob("*/implicit-training-digits.study")
    record = json.loads(path.read_text())
    assert record["settings"]["image"] == [1, 8, 8]
    assert "scikit-learn" in record["processes"][0]["environment"]["packages"]
    assert str(path) in done.stdout


def test_epochs_of_all_methods_come_before_the_next():
    units = list(plan(("a", "b", "c"), (0, 1), 6))
    assert len(units) == 36
    rounds = [units[i : i + 3] for i in range(0, 36, 3)]
    for found in rounds:
        assert {unit.method for unit in found} == {"a", "b", "c"}
        assert len({(unit.seed, unit.epoch) for unit in found}) == 1
        assert [unit.position for unit in found] == [0, 1, 2]
    assert [found[0].epoch for found in rounds] == [1, 2, 3, 4, 5, 6] * 2
    # Latin squares: in three rounds every method has every place.
    assert {rounds[i][0].method for i in range(3)} == {"a", "b", "c"}
    assert units == list(plan(("a", "b", "c"), (0, 1), 6))


def test_time_left_is_told_from_the_same_methods():
    assert estimate_left(["a", "b"], {}) is None
    taken = {"a": [1.0, 3.0], "b": [10.0]}
    assert estimate_left(["a", "b", "b"], taken) == pytest.approx(22)
    assert estimate_left(["c"], taken) == pytest.approx(6)
    assert estimate_left([], taken) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("flow-training",), "unknown study 'flow-training'; allowed: logdet-training, logdet-density, "),
        (
            ("implicit-training", "--data", "imagenet"),
            "unknown data of implicit-training 'imagenet'; allowed: digits, ",
        ),
        (("implicit-training", "--profile", "full"), "unknown profile 'full'; allowed: smoke, quick, standard"),
        (("implicit-training", "--epochs", "0"), "epochs = 0 is not a size; allowed: whole numbers from 1"),
        (("implicit-training", "--seeds", "many"), "argument --seeds: invalid int value: 'many'"),
        (("implicit-training", "--data", "svhn"), "data 'svhn' needs --folder, the folder with train_32x32.mat and "),
        (("implicit-training", "--data", "mnist", "--folder", "/nowhere"), "folder '/nowhere' is not a folder"),
    ],
)
def test_wrong_input_is_one_line(capsys, arguments, says):
    try:
        status = main(["study", *arguments])
    except SystemExit as end:  # what the parser refuses
        status = end.code
    assert status == 2
    said = capsys.readouterr().err
    assert said.startswith("benchmarks: ")
    assert says in said
    assert said.count("\n") == 1


def test_asv_finds_its_benchmarks_without_a_framework(run_python):
    """asv imports every module of every package below benchmarks/ to find them, whatever commit is installed."""
    code = (
        "import importlib, pkgutil, sys\n"
        "def walk(name):\n"
        "    module = importlib.import_module(name)\n"
        "    for found in pkgutil.iter_modules(getattr(module, '__path__', ()), name + '.'):\n"
        "        walk(found.name)\n"
        "walk('benchmarks.studies')\n"
        "print(sorted({'torch', 'jax', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = run_python("-c", code)
    assert done.stdout == "[]\n", done.stderr
