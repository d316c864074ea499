"""What a run says of where its time went."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.harness import account
from benchmarks.harness.account import Account
from benchmarks.harness.profile import SMOKE


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until its ``now`` is set."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(account, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def _take(told: Account, name: str, elapsed_s: float, checking_s: float, resumed: bool = False) -> None:
    told.take({"event": "session", "cell": name, "process": 0, "resumed": resumed})
    told.take({"event": "session done", "cell": name, "process": 0, "elapsed_s": elapsed_s, "checking_s": checking_s})


def test_the_time_inside_sessions_and_that_of_checking_are_told(clock, capsys):
    told = Account(SMOKE, "cpu", r"^logdet\.Torch\.")
    first, second = told.expected
    with told.followed():
        _take(told, first, 60.0, 15.0)
        _take(told, second, 20.0, 1.0)
        clock.now += 100.0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "2 sessions: 80 s inside sessions of 100 s since the first began (80%), 16 s of them checking (20%)"
    )


def test_what_was_taken_up_is_told_and_took_no_time(clock, capsys):
    told = Account(SMOKE, "cpu", r"^logdet\.Torch\.")
    first, second = told.expected
    with told.followed():
        _take(told, first, 0.0, 0.0, resumed=True)
        _take(told, second, 20.0, 4.0)
        clock.now += 25.0
    out = capsys.readouterr().out
    assert out.startswith("going on with a run that was cut off: what it measured is kept\n")
    assert out.splitlines()[-1] == (
        "2 sessions, 1 of them taken up from a run that was cut off: 20 s inside sessions of 25 s since the first"
        " began (80%), 4 s of them checking (20%)"
    )


def test_a_run_of_no_session_tells_nothing(capsys):
    with Account(SMOKE, "cpu").followed():
        pass
    assert capsys.readouterr().out == ""
