"""Sides made of a real repository."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.compare import sides


def test_a_commit_and_the_dirty_working_tree(repository, tmp_path):
    root, cache = repository.folder, tmp_path / "cache"
    clean = sides.make(None, root, cache)
    commit = sides.make("HEAD", root, cache)
    assert commit.key() == clean.key()
    assert commit.name.startswith("HEAD (")
    assert clean.name == "the working tree"
    (root / "bench_core/new.py").write_text("changed = True\n")
    dirty = sides.make(None, root, cache)
    assert dirty.content != clean.content
    assert (dirty.folder / "bench_core/new.py").read_text() == "changed = True\n"
    assert not (sides.make("HEAD", root, cache).folder / "bench_core/new.py").exists()
    (root / "bench_core/new.py").write_text("changed = 'again'\n")  # a side is a copy: nothing changes it
    assert (dirty.folder / "bench_core/new.py").read_text() == "changed = True\n"
    assert {path.name for path in cache.iterdir()} == {clean.content, dirty.content}


def test_a_side_that_nobody_compares_any_more_is_removed(checkout, tmp_path):
    cache = tmp_path / "cache"
    old = sides.make(None, checkout, cache)
    compiled = cache / f"{sides.COMPILED}{old.content}"
    compiled.mkdir()
    (cache / "notes").mkdir()
    for path in (old.folder, cache / "notes"):
        os.utime(path, times=(0, 0))
    (checkout / "bench_core/new.py").write_text("changed = True\n")
    new = sides.make(None, checkout, cache)
    assert {path.name for path in cache.iterdir()} == {new.content, "notes"}
    os.utime(new.folder, times=(0, 0))
    assert sides.make(None, checkout, cache) == new  # used again before it is looked for
    assert new.folder.exists()


def test_bytecode_and_folders_do_not_count(tmp_path):
    (tmp_path / "one/__pycache__").mkdir(parents=True)
    (tmp_path / "one/a.py").write_text("a")
    before = sides.digest(tmp_path)
    (tmp_path / "one/__pycache__/a.pyc").write_text("b")
    assert sides.digest(tmp_path) == before
    (tmp_path / "one/a.py").rename(tmp_path / "one/b.py")
    assert sides.digest(tmp_path) != before


def test_what_is_no_side_is_refused(repository, tmp_path):
    root = repository.folder
    with pytest.raises(ValueError, match=r"^commit 'nowhere' is unknown; allowed: anything that git rev-parse"):
        sides.make("nowhere", root, tmp_path)
    repository.git("rm", "-r", "--quiet", "bench_core")
    repository.commit("without")
    with pytest.raises(ValueError, match=r"^commit 'HEAD' has no bench_core; allowed: commits that have$"):
        sides.make("HEAD", root, tmp_path)
    with pytest.raises(ValueError, match=r"^python '/none' is not an interpreter; allowed: a path to one$"):
        sides.make("HEAD~1", root, tmp_path, "/none")


def test_settings():
    read = sides.read_settings(["threads=1", "dtype=float64", "form=compiled", "XLA_FLAGS=--a=b"])
    assert read == sides.Settings(1, "float64", "compiled", (("XLA_FLAGS", "--a=b"),))
    assert sides.read_settings([]) == sides.Settings()
    for wrong in ("threads=0", "threads=many", "NAME", "precision=high", "dtype=float8", "form=fast"):
        with pytest.raises(ValueError, match=f"^setting '{wrong}' is unknown; allowed: threads=1 to "):
            sides.read_settings([wrong])


def test_an_interpreter_is_one_wherever_the_side_starts(repository, tmp_path, monkeypatch):
    """By a path from here, which may be a link: that of an environment; and its libraries make the side."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    side = sides.make(None, repository.folder, tmp_path / "cache", "bin/python")
    assert side.python == str(tmp_path / "bin/python")
    assert side.versions["python"] == sys.version
    (tmp_path / "bin/false").symlink_to("/bin/false")
    with pytest.raises(ValueError, match=r"false' is not an interpreter; allowed: a path to one$"):
        sides.make(None, repository.folder, tmp_path / "cache", "bin/false")


def test_what_differs_is_known_by_family(repository, tmp_path):
    root, cache = repository.folder, tmp_path / "cache"
    before = sides.make(None, root, cache).digests()
    assert set(before) == {"", "logdet", "implicit", "line_integral", "score"}
    (root / "bench_core/score/new.py").write_text("changed = True\n")
    after = sides.make(None, root, cache).digests()
    assert {name for name in before if before[name] != after[name]} == {"score"}
    (root / "bench_core/backends/new.py").write_text("changed = True\n")
    last = sides.make(None, root, cache).digests()
    assert {name for name in after if after[name] != last[name]} == {""}


def test_settings_make_another_side(repository, tmp_path):
    one, two = (sides.make(None, repository.folder, tmp_path, sys.executable, s) for s in ([], ["threads=1"]))
    assert one.content == two.content
    assert one.key() != two.key()
    assert (one.name, two.name) == (
        f"the working tree with python={sys.executable}",
        f"the working tree with python={sys.executable}, threads=1",
    )
