"""A copy of a commit is known by its content, with or without its history."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from benchmarks.harness import content, environment
from benchmarks.harness.publish import publish
from benchmarks.harness.record import write_json


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of both packages, a copy without its history, and the commit."""
    root = tmp_path / "repository"
    for name in content.PACKAGES:
        (root / name / "deep").mkdir(parents=True)
        (root / name / "deep/code.py").write_text(f"# {name}\n")
        (root / name / "table.csv").write_text("1\n")

    def git(*arguments):
        named = ("-c", "user.name=x", "-c", "user.email=x@y")
        done = subprocess.run(["git", *named, *arguments], cwd=root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns(".git"))
    monkeypatch.setattr("benchmarks.harness.publish.ROOT", root)
    content.of_tree.cache_clear()
    return root, tmp_path / "copy", git("rev-parse", "HEAD")


def _publish(folder, copy, commit, environment_name="plain-x", **more):
    said = {name: content.of_tree(copy / name) for name in content.PACKAGES}
    record = {"dirty": False, "commit": commit, "content": said} | more
    stem = f"{(commit or 'unknown')[:8]}-{environment_name}"
    write_json(folder / f"local/here/sessions/{stem}/cell.p0.session", record)
    return publish(folder / "local", folder / "results")


def test_a_copy_has_its_commits_content(repository):
    root, copy, commit = repository
    for name in content.PACKAGES:
        assert content.of_tree(copy / name) == content.of_commit(root, commit, name)
    assert content.of_tree(copy / "benchmarks") != content.of_tree(copy / "bench_core")
    assert content.of_commit(root, "f" * 40, "benchmarks") is None


def test_a_copy_is_of_the_commit_that_is_named(repository, monkeypatch):
    root, copy, commit = repository
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)  # a history of another kind
    monkeypatch.setenv("ASV_COMMIT", commit)
    assert environment.commit(copy) == (commit, False)
    (root / "benchmarks/deep/code.py").write_text("# changed\n")
    assert environment.commit(root) == (commit, True)


def test_other_code_than_its_commits_is_not_published(repository, tmp_path, capsys):
    _, copy, commit = repository
    assert _publish(tmp_path, copy, commit) == 0
    (copy / "benchmarks/deep/more.py").write_text("")
    content.of_tree.cache_clear()
    assert _publish(tmp_path, copy, commit) == 1
    assert "1 records of other code than their commit's" in capsys.readouterr().err
    # Under asv today's benchmarks measure a commit's bench_core.
    assert _publish(tmp_path / "asv", copy, commit, "checkout-py3.11") == 0
    (copy / "bench_core/deep/code.py").write_text("# changed\n")
    content.of_tree.cache_clear()
    assert _publish(tmp_path / "asv", copy, commit, "checkout-py3.11") == 1


def test_what_settle_added_is_of_the_harness_that_it_names(repository, tmp_path):
    root, _, commit = repository
    (root / "benchmarks/deep/more.py").write_text("")
    named = ("-c", "user.name=x", "-c", "user.email=x@y")
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    subprocess.run(["git", *named, "commit", "--quiet", "--message", "two"], cwd=root, check=True)
    later = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    assert _publish(tmp_path / "first", root, commit) == 1
    assert _publish(tmp_path / "second", root, commit, harness=later.strip()) == 0


def test_what_was_measured_of_no_commit_is_not_published(repository, tmp_path, capsys):
    _, copy, _ = repository
    assert _publish(tmp_path, copy, None) == 1
    assert "1 records of no commit; ASV_COMMIT says which one" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
