"""Cells of a card that a session does not settle: it went away in between, or was far below its clock."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.harness import RULER, card, child, environment, policy, run
from benchmarks.harness.record import SCHEMA, read_json
from benchmarks.harness.unfinished import open_cells
from tests.benchmarks.harness import test_card
from tests.benchmarks.harness.sessions import plant

small = test_card.small  # the fixture: cells of a second each on the processor, D = 12 the most valuable


@pytest.fixture
def own(monkeypatch):
    """Records that no session has measured, at the card's clock that the test sets by D; and all that were begun."""
    clock, begun = {8: 900.0}, []

    def measure(cell, profile, rows, *, process=0, **more):
        begun.append((cell.swept, process))
        row = {
            "outcome": "ok",
            "reason": "",
            "samples_s": [1.0],
            "role": "method",
            "check_s": 0.1,
            "cost": {"flops": 1},
        }
        record = {"schema": SCHEMA, "ruler": RULER, "commit": "0" * 40, "dirty": False, "cell": cell.to_json()}
        under = {"policy": asdict(policy.chosen()), "cpu": environment.cpu()}
        found = {"card": {"sm_mhz": clock.get(cell.swept, 1980.0), "default_sm_mhz": 1980.0, "reasons": []}}
        record |= {
            "profile": profile.name,
            "environment": under,
            "elapsed_s": 1.0,
            "content": "today's",
            "state": found,
        }
        return record | {"rows": dict.fromkeys(rows, row), "set_aside": []}

    monkeypatch.setattr(run.session, "run", measure)
    return clock, begun


def test_a_cell_of_a_card_far_below_its_clock_is_begun_once_a_run_and_stays_open(small, own, monkeypatch, capsys):
    clock, begun = own
    monkeypatch.setattr(card, "CARD", replace(card.CARD, processes=2))
    assert card.measure(600, "here", "cpu") == 0
    assert begun == [(12, 0), (8, 0), (10, 0), (12, 1), (10, 1)]  # no further process of the one that is left open
    said = capsys.readouterr().out
    assert "process 0 is left open: the card's clock was 900 MHz in the rounds, below 75% of its default" in said
    assert "4 sessions in" in said
    assert "2 are left" in said
    (kept,) = small.glob("sessions/*/*-D8-*.session")  # for the report to tell
    assert [name.split("-D")[1].split("-")[0] for name in open_cells(kept.parent)] == ["8"]
    # Once more as slow, then as it should be; what was settled is taken up.
    begun.clear()
    assert card.measure(600, "here", "cpu") == 0
    assert begun == [(8, 0)]
    begun.clear()
    clock.clear()
    assert card.measure(600, "here", "cpu") == 0
    assert begun == [(8, 0), (8, 1)]
    assert "0 are left" in capsys.readouterr().out
    assert not open_cells(kept.parent)
    assert read_json(kept)["state"]["card"]["sm_mhz"] == 1980.0
    aside = kept.parent.glob("superseded/*-D8-*.p0.*.session")
    assert [read_json(path)["state"]["card"]["sm_mhz"] for path in aside] == [900.0, 900.0]


def test_what_was_timed_before_the_end_cut_a_session_off_is_kept(small, own, monkeypatch, capsys):
    whole = run.session.run

    def measure(*given, **named):
        record = whole(*given, **named)
        late = {"outcome": "over_budget", "reason": "time: the session's 60 s were over before its turn"}
        return record | {"rows": record["rows"] | {"gemm_floor": late | {"samples_s": [], "check_s": None}}}

    own[0].clear()
    monkeypatch.setattr(run.session, "run", measure)
    assert card.measure(card.CARD.session_limit_s - 1, "here", "cpu") == 0
    assert "3 are left" in capsys.readouterr().out
    kept = list(small.glob("sessions/*/*.session"))
    assert [read_json(path)["rows"]["relative"]["samples_s"] for path in kept] == [[1.0]] * 3
    assert len(open_cells(kept[0].parent)) == 3


def _let_the_card_go(checkout: Path, leaves: Path, gone: Path) -> None:
    """In its second round a session fails, and from then on the check of the device, where there is ``leaves``."""
    check, turn = '    if device == "cuda" and not', "            journal.begin(name, f"
    there = "__import__('pathlib').Path({!r}).exists()"
    plant(
        checkout / "bench_core/backends/torch.py",
        check,
        f"    if {there.format(str(gone))}:\n        raise Unavailable('no device to be seen')\n{check}",
    )
    timing = checkout / "benchmarks/harness/timing.py"
    (line,) = (line for line in timing.read_text().splitlines() if line.startswith(turn))
    plant(
        timing,
        line,
        f"{line}\n"
        f"            if count == 1 and name == 'gemm_floor' and {there.format(str(leaves))}:\n"
        f"                __import__('os').rename({str(leaves)!r}, {str(gone)!r})\n"
        f"                raise RuntimeError('CUDA error: unknown error')",
    )


@pytest.mark.slow
def test_what_was_timed_before_the_card_went_away_stands_and_the_cell_is_measured_again(
    small, checkout, kernels_of, monkeypatch, tmp_path, capsys
):
    """Real sessions: the first process times a round, the device check of the second fails."""
    leaves, gone = tmp_path / "leaves", tmp_path / "gone"
    _let_the_card_go(checkout, leaves, gone)
    kernels_of(checkout / "bench_core")
    monkeypatch.setattr(child, "_WORKER", checkout / "benchmarks/harness/worker.py")
    leaves.touch()
    assert card.measure(600, "here", "cpu") == 1
    said = capsys.readouterr().out
    assert "process 0 is left open: the device went away: no device to be seen" in said
    assert "torch is left out: no device to be seen" in said
    (path,) = small.glob("sessions/*/*.session")
    record = read_json(path)
    assert record["lost_device"] == "no device to be seen"
    assert record["failures"][-1] == "session: the device went away: no device to be seen"
    rows = {name: (row["outcome"], len(row["samples_s"])) for name, row in record["rows"].items()}
    assert rows == {"relative": ("ok", 1), "gemm_floor": ("error", 0), "relative~twin": ("ok", 1)}
    assert len(record["canary"]["samples_s"]) == 1
    assert record["environment"]["packages"]  # of the process that had the device
    gone.unlink()
    assert card.measure(600, "here", "cpu") == 0
    said = capsys.readouterr().out
    assert "3 sessions in" in said
    assert "0 are left" in said
    (aside,) = path.parent.glob("superseded/*.session")
    assert read_json(aside) == record
    assert read_json(path)["lost_device"] is None
    assert all(row["samples_s"] for row in read_json(path)["rows"].values())
