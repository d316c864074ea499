"""A command that is killed while it sends jobs to Slurm: nothing is sent twice, and nothing is forgotten."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from benchmarks.submit.submission import Submission
from tests.benchmarks.submit.mocked import find_run, submit


def _kill_when_noted(monkeypatch, count: int) -> None:
    """The command is killed when so many of the jobs that it has sent are in the ledger."""
    whole, noted = Submission.note_submitted, []

    def note(self, session, job):
        if len(noted) == count:
            raise KeyboardInterrupt
        noted.append(job)
        whole(self, session, job)

    monkeypatch.setattr(Submission, "note_submitted", note)


@pytest.mark.parametrize("again", [("--resume",), ("--profile", "smoke", "--executor", "slurm", "--machine", "hpc")])
@pytest.mark.parametrize("count", [0, 2])
def test_what_was_sent_and_not_noted_before_a_kill_is_not_sent_again(
    cluster, tmp_path, monkeypatch, capsys, count, again
):
    with monkeypatch.context() as killed:
        _kill_when_noted(killed, count)
        assert submit() == 130
    assert main(["submit", "--status"]) == 1
    assert "3 sessions: 3 waiting" in capsys.readouterr().out
    assert main(["submit", *again]) == 0
    assert "nothing to send, 0 sessions are done" in capsys.readouterr().out
    assert sorted(cluster.queue) == ["12_0", "12_1", "12_2"]
    assert sorted(job for jobs in find_run(tmp_path).sent().values() for job in jobs) == ["12_0", "12_1", "12_2"]
    # As any other's, one's loss is known, and it is sent again alone.
    cluster.end("12_1", "TIMEOUT")
    with monkeypatch.context() as killed:
        _kill_when_noted(killed, 0)
        assert main(["submit", "--resume"]) == 130
    assert sorted(cluster.queue) == ["12_0", "12_2", "13"]
    cluster.end("13", "NODE_FAIL")
    assert main(["submit", "--status"]) == 1
    assert "(job 13): NODE_FAIL" in capsys.readouterr().out
    assert main(["submit", "--resume"]) == 0
    assert sorted(cluster.queue) == ["12_0", "12_2", "14"]


def test_what_a_kill_left_unsent_is_sent(cluster, tmp_path, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr("submitit.SlurmExecutor.submit_array", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert submit() == 130
    assert cluster.queue == {}
    assert main(["submit", "--resume"]) == 0
    assert sorted(cluster.queue) == ["12_0", "12_1", "12_2"]
