"""The asv door from outside: real runs on real commits."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import shutil
import time

import pytest

import bench_core
from benchmarks.harness import run
from benchmarks.harness.profile import PROFILES
from tests.benchmarks import interrupted
from tests.benchmarks.conftest import Trial
from tests.examples import THOROUGH

# The first sweep of two families, in both backends of one, told to asv by all metrics of one class and by one of the
# others: asv takes longer over a metric of a row than over reading it, and JAX compiles every row. Where the slow tests
# run, all of the profile.
DOORS = [("logdet", "torch"), ("logdet", "jax"), ("score", "torch")]
if THOROUGH:
    DOORS = list(itertools.product(bench_core.FAMILIES, bench_core.BACKENDS))
METRICS = r"^score\.Torch\.|^logdet\.(Torch|Jax)\.track_times_yardstick\b" if not THOROUGH else "."
AGAIN = r"^logdet\.Torch\.track_times_yardstick" if not THOROUGH else r"^logdet\.Torch\."
SMOKE = ("-m", "benchmarks", "run", "--profile", "smoke")


def _asv_results(repository) -> dict[str, dict]:
    return {
        path.name: json.loads(path.read_text()) for path in repository.folder.glob("results-local/*/*-checkout-*.json")
    }


def _compare(trial: Trial, base: str, head: str, *options: str) -> set[str]:
    """The rows that ``asv compare`` tells; its output is shown where a test fails."""
    compared = trial.repository.python("-m", "asv", "compare", base, head, "--only-changed", *options)
    assert compared.returncode == 0, compared.stderr
    print(compared.stdout)
    return trial.told(compared.stdout, r"^\| [-+!].*")


def _publish(trial: Trial) -> set[str]:
    """The rows that ``asv publish`` tells; of an error, an outcome or a peak nothing changes here."""
    published = trial.repository.python("-m", "asv", "publish")
    assert published.returncode == 0, published.stdout + published.stderr
    site = trial.repository.folder / "site/regressions.json"
    names = [name for name, *_ in json.loads(site.read_text())["regressions"]]
    print(names)
    assert not [name for name in names if re.search("track_(error|outcome|peak_bytes)", name)]
    return trial.told("\n".join(names))


@pytest.mark.slow  # three real runs of all doors; a range of commits is run below
def test_over_three_commits_what_changed_is_told_and_nothing_else(trial, smoke_sessions):
    """Runs of all doors; then equal code; then forward passes planted in one kernel.

    Many, and factors to match: the size is small, rounds are few, and other tests run on this machine.
    """
    repository = trial.repository
    done = repository.python(*SMOKE, "--bench", METRICS)
    assert done.returncode == 0, done.stdout + done.stderr
    records = repository.records()
    assert f"{len(records)} sessions" in done.stdout
    doors = {tuple(path.name.split("-")[:2]) for path in records}
    assert doors == set(DOORS)
    assert len(records) == smoke_sessions - len(bench_core.BACKENDS) or not THOROUGH
    for passes in (0, trial.PASSES):
        trial.plant(passes)
        done = repository.python(*SMOKE, "--bench", AGAIN)
        assert done.returncode == 0, done.stdout + done.stderr

    results, commits = _asv_results(repository), trial.commits
    assert {name[:8] for name in results} == {commit[:8] for commit in commits}
    whole = {
        f"{family}.{backend.capitalize()}{sweep}.track_{metric}"
        for family in bench_core.FAMILIES
        for backend in bench_core.BACKENDS
        for sweep in PROFILES["smoke"].sweeps(family)
        for metric in ("seconds", "times_yardstick", "error", "outcome", "peak_bytes", "products")
        if metric != "products" or family == "implicit"
    }
    for name, data in results.items():
        assert data["env_vars"] == {"BENCH_PROFILE": "smoke", "BENCH_DEVICE": "cpu"}
        asked = METRICS if name.startswith(commits[0][:8]) else AGAIN
        assert set(data["results"]) == {b for b in whole if re.search(asked, b)}
        # Holes are NaN; a null would be a bug, and none is there.
        for benchmark, (values, *_) in data["results"].items():
            assert None not in values
            if benchmark.endswith("times_yardstick"):
                assert not all(map(math.isnan, values)), benchmark

    for base, head in itertools.pairwise(commits):
        changed = trial.PLANTED if head == commits[-1] else set()
        assert _compare(trial, base, head, "--factor", str(trial.FACTOR)) == changed
    assert _publish(trial) == trial.PLANTED
    shown = repository.python("-m", "asv", "show", commits[-1])
    assert "logdet.Torch.track_times_yardstick" in shown.stdout, shown.stdout + shown.stderr


@pytest.mark.slow
@pytest.mark.alone
def test_one_pass_more_is_told_and_nothing_else_and_once_it_is_undone_nothing(repository):
    """Equal code, a forward pass more (1.4 times the time here), and the first code again, all metrics recorded.

    By asv's own factor and the suite's thresholds the planted rows are told; of the others these may tell a step by
    chance, which ``compare`` confirms or not. By a factor between noise and the pass no other is.
    """
    trial = Trial(repository, D=1000, factor=None)
    first = trial.commits[0]

    def run(passes: int | None = None) -> str:
        if passes is not None:
            trial.plant(passes)
        done = repository.python(*SMOKE, "--bench", r"^logdet\.Torch\.")
        assert done.returncode == 0, done.stdout + done.stderr
        return trial.commits[-1]

    _, equal, slower = (run(passes) for passes in (None, 0, 1))
    assert _compare(trial, equal, slower) >= trial.PLANTED
    assert _publish(trial) >= trial.PLANTED
    repository.replace("asv.conf.json", 'yardstick\\\\b": 0.05', 'yardstick\\\\b": 0.2')
    factor = ("--factor", "1.2")
    assert _compare(trial, first, equal, *factor) == set()
    assert _compare(trial, equal, slower, *factor) == _publish(trial) == trial.PLANTED
    undone = run(0)
    assert _compare(trial, slower, undone, *factor) == trial.PLANTED
    assert _compare(trial, equal, undone, *factor) == _publish(trial) == set()


@pytest.mark.long
def test_a_range_of_commits_with_different_methods_keeps_names_apart(repository):
    """asv names parameters by their number, so the list must not change with the commit."""
    listing = repository.folder / "bench_core/logdet/__init__.py"
    full = listing.read_text()
    (line,) = [line for line in full.splitlines() if line.lstrip().startswith('_gradient("transposed"')]
    listing.write_text(full.replace(line + "\n", ""))
    installed = repository.folder.parent / "installed"
    shutil.copytree(repository.folder / "bench_core", installed / "bench_core")
    listing.write_text(full)
    # The checkout's benchmarks with another commit's kernels: what asv does over a range.
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); from benchmarks.logdet import Torch; "
        "print(json.dumps({n: Torch().track_outcome(n, 8, 16, 2, 'float32') for n in Torch.params[0]}))"
    )
    results = str(repository.folder.parent / "results")
    done = repository.python("-c", code, str(installed), BENCH_PROFILE="smoke", BENCH_RESULTS=results, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert outcomes["transposed"] == 1
    assert outcomes["relative"] == outcomes["inverse"] == outcomes["gemm_floor"] == 0


@pytest.mark.long
def test_asv_check_is_clean(repository):
    done = repository.python("-m", "asv", "check", "--environment=checkout:same")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stdout.lower()


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        (SMOKE, "bench_core/new.py"),
        # Into an environment of its own asv installs the commit's bench_core, and times it by the tree's benchmarks.
        (("-m", "asv", "find", "HEAD~1..HEAD", r"^logdet\.Torch"), "benchmarks/new.py"),
    ],
)
def test_a_dirty_tree_is_one_line(repository, command, changed):
    (repository.folder / changed).write_text("")
    done = repository.python(*command)
    assert done.returncode != 0
    lines = [line for line in (done.stdout + done.stderr).splitlines() if "dirty" in line]
    assert len(lines) == 1
    assert changed in lines[0]
    assert "commit first, or set BENCH_ALLOW_DIRTY=1" in lines[0]
    assert repository.records() == []


def test_asv_find_in_one_environment_for_all_commits_is_one_line(repository):
    command = ("-m", "asv", "find", "-E", "checkout:same", "HEAD~1..HEAD", r"^logdet\.Torch")
    done = repository.python(*command)
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "environment 'checkout:same' is this checkout's code whichever commit it stands for" in told
    assert repository.records() == []


@pytest.mark.slow  # of such ends ``test_asv_interruptions.py`` has one in the quick tests
def test_killed_at_random_moments_a_run_resumes_and_ends_with_the_same_cells(repository):
    rng = random.Random(os.urandom(4))
    doors = [("logdet", "torch"), ("score", "jax"), ("score", "torch"), ("logdet", "jax")]
    names = {door: f"{door[0]}.{door[1].capitalize()}" for door in doors}
    command = (*SMOKE, "--bench", "|".join(f"^{name}" for name in names.values()))
    measured: dict[str, str] = {}
    for kill in range(10):
        child = repository.start(*command)
        if kill:
            time.sleep(rng.uniform(0.5, 3.0))  # less than the run takes
        else:
            interrupted.until(repository.records, "measured")
        interrupted.kill_all(repository, child)
        interrupted.gone(repository)  # a process that began while the others were found has its moment yet
        # Every record is whole, and one that was there before is still the same: nothing is measured twice or lost.
        now = {path.name: path.read_text() for path in repository.records()}
        assert all(json.loads(text)["rows"] for text in now.values())
        assert measured.items() <= now.items()
        measured = now
    done = repository.python(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    planned = {door: run.cells(*door, PROFILES["smoke"], "cpu") for door in doors}
    cells = {f"{cell.name}.p0.session" for found in planned.values() for cell in found}
    assert {path.name for path in repository.records()} == cells
    assert all(path.read_text() == measured[path.name] for path in repository.records() if path.name in measured)
    assert f"{len(measured)} of them taken up from a run that was cut off" in done.stdout
    (results,) = _asv_results(repository).values()
    assert {f"{name}.track_seconds" for name in names.values()} <= results["results"].keys()

    # Told to asv, the records are not taken up again: the next run measures anew and keeps the old ones aside.
    anew = "^" + names["logdet", "torch"]
    done = repository.python(*SMOKE, "--bench", anew)
    assert done.returncode == 0
    assert "taken up" not in done.stdout
    kept = list(repository.folder.glob("results-local/*/sessions/*/superseded/*.session"))
    assert len(kept) == len(planned["logdet", "torch"])
