"""``python -m benchmarks compare`` in a repository of its own."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import bench_core
from benchmarks.compare import _choose, _only_asked, sides
from benchmarks.harness.cell import Cell
from benchmarks.harness.record import read_json
from reports.__main__ import main as report
from reports.comparisons import find_comparisons
from tests.benchmarks import interrupted

ROOT = Path(__file__).resolve().parents[3]

_COMMAND = ("-m", "benchmarks", "compare")
SMALL = ("--cell", "logdet torch D=12 B=8", "--method", "relative", "--method", "gemm_floor")


def _compare(repository, folder, *arguments):
    return repository.python(*_COMMAND, *arguments, XDG_CACHE_HOME=str(folder / "cache"), OMP_NUM_THREADS="1")


def _run_script(repository, *arguments, **variables):
    shutil.copytree(ROOT / "ci", repository.folder / "ci")
    command = [repository.folder / "ci/compare.sh", "main", *arguments]
    environment = repository.environment | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.slow  # six pairs of processes; a pair of them is compared in ``test_pair.py``
def test_a_planted_slowdown_of_the_working_tree_fails_the_job(repository, tmp_path, plant):
    """Through the shell script that a CI job runs; many times slower, so that six pairs tell whatever else runs."""
    old = "    pre, deltas,"
    plant(repository.folder, "logdet/torch/relative.py", old, f"    __import__('time').sleep(4e-3)\n{old}")
    out, page = tmp_path / "out", tmp_path / "summary.md"
    variables = {"PYTHON": sys.executable, "OUT": str(out), "GITHUB_STEP_SUMMARY": str(page), "OMP_NUM_THREADS": "1"}
    done = _run_script(repository, *SMALL[:4], XDG_CACHE_HOME=str(tmp_path / "cache"), **variables)
    assert done.returncode == 1, done.stdout + done.stderr
    told = {row["row"]: row for row in json.loads((out / "compare.json").read_text())["rows"]}
    assert told["relative"]["verdict"] == "slower"
    assert told["relative"]["beyond_threshold"] is True
    metrics = json.loads((out / "bencher.json").read_text())
    assert metrics[f"{told['relative']['cell']}/relative"]["ratio"]["value"] == told["relative"]["ratio"]
    assert page.read_text().startswith("### head the working tree over base main (")
    assert "slower, beyond 5%" in done.stdout


def test_a_tree_that_cannot_be_imported_is_no_slowdown(repository, tmp_path):
    """Python ends with status 1 there, which a job would read as one."""
    (repository.folder / "bench_core/__init__.py").write_text("this is no Python\n")
    done = _run_script(repository, PYTHON=sys.executable, OUT=str(tmp_path / "out"))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "SyntaxError" in done.stderr


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_summary_that_cannot_be_written_changes_no_answer(repository, tmp_path, status):
    answer = tmp_path / "answer"
    answer.write_text(f"#!/bin/sh\necho '{{}}' >$OUT/compare.json; echo table >$OUT/compare.md; exit {status}\n")
    answer.chmod(0o755)
    out, folder = str(tmp_path / "out"), str(tmp_path)
    done = _run_script(repository, PYTHON=str(answer), OUT=out, GITHUB_STEP_SUMMARY=folder)
    assert done.returncode == status
    assert "the job's summary cannot be written" in done.stderr


def test_the_workflow_keeps_what_the_script_writes_and_has_the_base():
    workflow, script = ((ROOT / name).read_text() for name in (".github/workflows/compare.yml", "ci/compare.sh"))
    assert "fetch-depth: 0" in workflow
    (kept,) = re.findall(r"out=\$\{OUT:-(\S+)\}", script)
    assert f"path: {kept}\n" in workflow


def test_the_workflow_compares_the_merge_with_the_base_as_it_was_merged_into(repository, tmp_path):
    """Of a branch that began before the base moved on, what the base has gained since is no change of it."""

    def touch(file: str) -> str:
        path = repository.folder / "bench_core" / file
        path.write_text(path.read_text() + "\n# changed\n")
        return repository.commit(f"{file} changed")

    repository.git("checkout", "--quiet", "-b", "topic")
    touch("score/torch/psi.py")
    repository.git("checkout", "--quiet", "main")
    tip = touch("logdet/torch/relative.py")
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    repository.git("checkout", "--quiet", "--detach")
    (step,) = re.findall(r"run: (ci/compare\.sh .*)", (ROOT / ".github/workflows/compare.yml").read_text())
    shutil.copytree(ROOT / "ci", repository.folder / "ci")
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nshift 3\necho $1 >{tmp_path}/base; echo '{{}}' >$OUT/compare.json\n")
    python.chmod(0o755)
    given = repository.environment | {"PYTHON": str(python), "OUT": str(tmp_path / "out")}
    subprocess.run(["sh", "-c", step], cwd=repository.folder, env=given, check=True, timeout=60)
    chosen = (tmp_path / "base").read_text().strip()
    base, head = (sides.make(commit, repository.folder, tmp_path / "cache") for commit in (chosen, None))
    assert base.digests() == sides.make(tip, repository.folder, tmp_path / "cache").digests()
    assert {text.split()[0] for text in _choose(base, head)} == {"score"}


def test_without_cells_the_families_are_compared_whose_code_differs(checkout, tmp_path):
    def choose(file: str) -> set[str]:
        before = sides.make(None, checkout, tmp_path / "cache")
        path = checkout / "bench_core" / file
        path.write_text(path.read_text() + "\n# changed\n")
        return {text.split()[0] for text in _choose(before, sides.make(None, checkout, tmp_path / "cache"))}

    assert choose("score/torch/psi.py") == {"score"}
    assert choose("method.py") == set(bench_core.FAMILIES)
    same = sides.make(None, checkout, tmp_path / "cache")
    assert {text.split()[0] for text in _choose(same, same)} == {"logdet"}
    # Another environment or setting may move any family, whichever has other code besides.
    before = replace(sides.make(None, checkout, tmp_path / "cache"), content="other")
    for base in (same, before):
        for changed in ({"versions": {"torch": "2.15"}}, {"settings": sides.Settings(threads=1)}):
            assert {text.split()[0] for text in _choose(base, replace(same, **changed))} == set(bench_core.FAMILIES)


@pytest.mark.parametrize(
    ("form", "asked", "families"),
    [
        (None, ["relative"], {"logdet"}),
        ("allocating", [], {"logdet"}),
        ("allocating", ["relative"], {"logdet"}),
        (None, ["parameter_vjp"], {"implicit"}),
        (None, ["of_another_commit"], set(bench_core.FAMILIES)),
    ],
)
def test_of_these_only_cells_that_have_what_is_asked_for(checkout, tmp_path, form, asked, families):
    base = sides.make(None, checkout, tmp_path / "cache")
    head = replace(base, settings=sides.Settings(form=form))
    cells = [Cell.of(family, backend, {}) for family in bench_core.FAMILIES for backend in bench_core.BACKENDS]
    assert {cell.family for cell in _only_asked(cells, (base, head), asked)} == families


@pytest.mark.slow
def test_equal_sides_pass(repository, tmp_path):
    done = _compare(repository, tmp_path, *SMALL, "--minutes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal sides (A/A)" in done.stdout
    assert not {"slower", "faster"} & set(done.stdout.split())
    assert "same" in done.stdout.split()


@pytest.mark.slow
def test_over_four_commits_what_changed_is_told_and_nothing_else(trial, tmp_path):
    """Equal code, then one forward pass more in one kernel, which two rows run, then the first code again."""
    for passes in (0, 1, 0):
        trial.plant(passes)
    _, equal, slower, undone = trial.commits
    for base, head in [*itertools.pairwise(trial.commits), (equal, undone)]:
        saved = tmp_path / f"{head}.json"
        cell = ("--cell", "logdet torch D=64 B=16", "--profile", "smoke", "--minutes", "4")
        cell += ("--json", str(saved), "--keep", "here")
        done = trial.repository.python(*_COMMAND, base, head, *cell, XDG_CACHE_HOME=str(tmp_path / "cache"))
        verdicts = {row["row"]: row["verdict"] for row in json.loads(saved.read_text())["rows"]}
        told = {row: verdict for row, verdict in verdicts.items() if verdict in ("slower", "faster")}
        changed = "slower" if head == slower else "faster" if base == slower else ""
        assert told == (dict.fromkeys(trial.PLANTED, changed) if changed else {}), done.stdout
        assert done.returncode == (changed == "slower"), done.stdout + done.stderr
        place = trial.repository.folder / "results-local/here"
        kept = find_comparisons([place], read_json, [])
        of_these = [each for each in kept if (each.base[:8], each.head[:8]) == (base[:8], head[:8])]
        assert {each.row: each.verdict for each in of_these if each.verdict in ("slower", "faster")} == told
    # The report tells them, and nothing besides, beside a run of the same commit.
    run = ("-m", "benchmarks", "run", "--plain", "--profile", "smoke", "--machine", "here", "--bench", "^logdet.Torch")
    done = trial.repository.python(*run)
    assert done.returncode == 0, done.stdout + done.stderr
    results = str(trial.repository.folder / "results-local")
    assert report(["--results", results, "--machine", "here", "--output", str(tmp_path / "page")]) == 0
    page = (tmp_path / "page/history.html").read_text()
    told = page.partition('<section id="compared">')[2].partition("</section>")[0]
    assert set(re.findall(r"<th scope=row[^>]*>([^<]+)<", told)) == trial.PLANTED


@pytest.mark.slow
def test_killed_at_random_moments_it_goes_on_and_loses_a_round_at_most(repository, tmp_path):
    """Ten times, by SIGKILL, and after a pair and a round; its sides end with it, and the same command comes to an
    answer of all that was kept.
    """
    saved = tmp_path / "saved.json"
    command = [*_COMMAND, *SMALL, "--minutes", "9", "--json", str(saved)]
    repository.environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    kept: list[dict] = []
    for wait in [random.Random(seed).uniform(0.5, 6.0) for seed in range(10)] + ["a pair", "a round"]:
        run = repository.start(*command)
        if isinstance(wait, str):
            _wait_for(wait, tmp_path / "cache")
        else:
            time.sleep(wait)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        interrupted.until(lambda: not interrupted.of(repository), "ended with it")
        assert not saved.exists(), "it had ended before it was killed"
        now = _read(tmp_path / "cache")
        assert now[: len(kept)] == kept
        kept = now
    pairs = [line for line in kept if "round" not in line]
    assert pairs, "no pair was measured between the kills"
    assert "round" in kept[-1]
    done = repository.python(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"resumed: {len(pairs)} pairs are there" in done.stderr
    rows = [pair["rows"] for pair in json.loads(saved.read_text())["pairs"]]
    assert rows[: len(pairs)] == [pair["rows"] for pair in pairs]
    assert _read(tmp_path / "cache") == []
    ended = itertools.accumulate("round" not in line for line in kept)
    measured = [
        (pair, line["round"], row) for pair, line in zip(ended, kept) for row in line.get("rows", ()) if "round" in line
    ]
    assert len(measured) == len(set(measured)), "a round was measured twice"


def _wait_for(what: str, cache: Path) -> None:
    """Until it is the last that was kept."""
    known = len(_read(cache))

    def is_last() -> bool:
        lines = _read(cache)[known:]
        return bool(lines) and ("round" in lines[-1]) == (what == "a round")

    interrupted.until(is_last, what)


def _read(cache: Path) -> list[dict]:
    """The whole lines of the comparison that is not finished: rounds, and each pair after the last of its own."""
    texts = [path.read_text() for path in cache.glob("jacobench/compare/*.pairs")]
    return [json.loads(line) for text in texts for line in text.split("\n")[:-1]]
