"""Sessions that were timed at the same time on one machine, told from the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import main
from benchmarks.harness.cell import Cell
from benchmarks.submit import standing
from benchmarks.submit.standing import Standing, mark_beside
from benchmarks.submit.submission import Session
from tests.benchmarks.submit.mocked import find_run, run_job, submit

CELL = Cell.of("logdet", "torch", {"D": 4})
SPANS = st.tuples(st.sampled_from(("one", "other")), st.integers(0, 40), st.integers(1, 10))


def _standings(spans) -> list[Standing]:
    return [
        Standing(Session(CELL, 0, index), "done", ("1",), "node", "", Path("record"), (boot, start, start + length))
        for index, (boot, start, length) in enumerate(spans)
    ]


@given(st.lists(SPANS, max_size=12))
def test_whatever_overlaps_another_on_its_machine_is_beside_it(spans):
    standings = _standings(spans)
    expected = [
        any(
            a is not b and a.span[0] == b.span[0] and a.span[1] < b.span[2] and b.span[1] < a.span[2] for b in standings
        )
        for a in standings
    ]
    assert [each.state == "beside" for each in mark_beside(standings)] == expected


def test_one_after_the_other_is_beside_nothing_and_what_is_not_done_has_no_time():
    one, other = _standings([("one", 0, 5), ("one", 5, 5)])
    assert [each.state for each in mark_beside([one, other])] == ["done", "done"]
    lost = Standing(Session(CELL, 0, 2), "lost", ("2",))
    assert mark_beside([one, lost]) == [one, lost]


@pytest.fixture
def late(cluster, tmp_path, monkeypatch):
    """A run with one job done, whose file of this ending a network file system does not show before its folder is read
    anew; how often that was.
    """
    read, real = [], standing.refresh

    def hide(ending: str) -> list[int]:
        assert submit() == 0
        run_job(cluster, tmp_path, "12_0")
        spool = find_run(tmp_path).spool
        (path,) = spool.glob(f"hpc/sessions/*/{ending}")
        os.rename(path, tmp_path / "unseen")

        def show(submission):
            folders = (spool, path.parent, submission.jobs)
            for folder in folders:
                os.utime(folder, (0, 0))
            real(submission)
            # Who changes a folder has it read anew; nothing of that is left there.
            assert all(folder.stat().st_mtime for folder in folders)
            assert not list(spool.rglob(".look-*"))
            read.append(1)
            if (tmp_path / "unseen").exists():
                os.rename(tmp_path / "unseen", path)

        monkeypatch.setattr(standing, "refresh", show)
        return read

    return hide


@pytest.mark.long
@pytest.mark.parametrize("ending", ["*.session", "runs/*.0000.ledger"])
def test_a_file_that_is_seen_late_is_not_lost(late, cluster, capsys, ending):
    read = late(ending)
    capsys.readouterr()
    assert main(["submit", "--status"]) == 1
    assert "3 sessions: 1 done, 2 waiting" in capsys.readouterr().out
    assert read == [1]  # once for all
    assert main(["submit", "--status"]) == 1
    assert read == [1]  # and for nothing that is in order


@pytest.mark.long
def test_what_is_lost_is_lost_after_the_second_look_too(late, cluster, capsys):
    late("*.session")
    for job in list(cluster.queue):
        cluster.end(job, "TIMEOUT")
    capsys.readouterr()
    assert main(["submit", "--status"]) == 1
    assert "3 sessions: 1 done, 2 lost" in capsys.readouterr().out


def test_folders_that_are_not_there_or_not_ours_are_left_as_they_are(cluster, tmp_path, monkeypatch):
    assert submit() == 0
    found = find_run(tmp_path)

    def refuse(**named):
        raise PermissionError

    for _ in range(2):
        standing.refresh(found)  # no job has made the folders of its records yet
        monkeypatch.setattr(standing.tempfile, "NamedTemporaryFile", refuse)
    assert not (found.spool / "hpc").exists()
