"""Real sessions whose machine moved: they are repeated, and what becomes of both measurements."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from benchmarks.harness import session, state
from benchmarks.harness.cell import Cell
from benchmarks.harness.result import Result
from tests.benchmarks.harness.sessions import FAST, SMALL, killer, plant

pytestmark = pytest.mark.usefixtures("small_ceilings")


def disturb(monkeypatch, **edits):
    """Sessions read what neighbours would have left in these events of their first rounds' journal."""
    take = Result.take

    def disturbing(result, event):
        if not result.set_aside and (edit := edits.get(event["event"].replace(" ", "_"))):
            edit(event)
        take(result, event)

    monkeypatch.setattr(Result, "take", disturbing)


@pytest.mark.long
def test_a_card_below_its_clock_is_measured_again_though_the_profile_repeats_nothing(monkeypatch):
    take = Result.take

    def slow_card(result, event):
        if event["event"] == "ceiling":
            clock = 1950.0 if result.set_aside else 900.0
            result.card = {"sm_mhz": clock, "default_sm_mhz": 1980.0, "reasons": ["hardware slowdown"]}
        take(result, event)

    monkeypatch.setattr(Result, "take", slow_card)
    monkeypatch.setattr(state, "moved", lambda found: None)
    monkeypatch.setattr(state, "pool_moved", lambda *given: None)
    record = session.run(SMALL, replace(FAST, repetitions=0), {"gemm_floor": ""})
    assert record["state"]["repeated"] == len(record["set_aside"]) == 1
    assert record["state"]["card"]["sm_mhz"] == 1950.0
    assert "below 75% of its default" in record["set_aside"][0]["state"]["moved"]


def quieten(event):
    """Both ends alike, whatever else this machine does."""
    if "end_s" in event:
        event["end_s"] = [1.0] * len(event["end_s"])
    else:
        event["start_s"] = [1.0] * len(event["start_s"])


def slow_down(event):
    quieten(event)
    if "end_s" in event:
        event["end_s"] = [1.5 * seconds for seconds in event["end_s"]]


@pytest.mark.skipif(sys.platform != "linux", reason="threads are kept on a processor on Linux")
def test_a_session_whose_machine_moved_is_repeated_and_both_are_kept(monkeypatch):
    disturb(monkeypatch, one_thread=slow_down)
    rows = {"relative": "", "gemm_floor": ""}
    record = session.run(SMALL, replace(FAST, repetitions=1), rows)
    (earlier,) = record["set_aside"]
    assert earlier["state"]["moved"].endswith(" 1 s at the start, 1.5 s at the end")
    assert (record["state"]["repeated"], earlier["state"]["repeated"]) == (1, 0)
    assert record["ceiling"] != earlier["ceiling"]
    for name in ("relative", "gemm_floor", "relative~twin"):
        assert record["rows"][name]["samples_s"] != earlier["rows"][name]["samples_s"]
        assert len(record["rows"][name]["samples_s"]) >= 6 <= len(earlier["rows"][name]["samples_s"])
    assert record["elapsed_s"] > sum(sum(done["stages_s"].values()) for done in (record, earlier))
    assert earlier["stages_s"].keys() == {"rounds"}


@pytest.mark.long
def test_repeated_rounds_are_of_the_same_process_and_judge_nothing_twice(monkeypatch):
    """A check takes most of a session, and says the same however fast the machine is."""
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    begun = []

    def follow(event):
        begun.extend([(event["row"], event["what"])] if event["event"] == "begin" else [])

    rows = {"relative": "", "gemm_floor": ""}
    record = session.run(SMALL, replace(FAST, repetitions=1), rows, on_event=follow)
    assert record["state"]["repeated"] == 1
    for what in ("build", "check", "check again"):
        assert sorted(row for row, done in begun if done == what) == sorted(rows)
    assert begun.count(("relative", "round 0")) == 2
    assert all(row["checked_again"] for name, row in record["rows"].items() if name in rows)


@pytest.mark.slow  # the same with a worker of few lines: test_child.py
def test_of_a_repetition_that_died_the_rounds_before_it_stand(monkeypatch, checkout, kernels_of):
    kernels_of(checkout / "bench_core")
    # A call long enough for the signal to reach the worker within it, on a busy machine too.
    kernel, last = checkout / "bench_core/logdet/torch/inverse.py", "    inputs, _, deltas, _ = "
    plant(kernel, last, f"    __import__('time').sleep(0.25)\n{last}")
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    turns = []

    def second(event):
        turns.extend([event] * (event["row"] == "inverse" and event["what"] == "round 1"))
        return len(turns) == 2

    hit, kill = killer(second)
    patient = replace(FAST, call_limit_s=9.0, repetitions=1, session_limit_s=600)  # whatever else runs here
    record = session.run(SMALL, patient, {"relative": "", "inverse": ""}, on_event=kill)
    assert hit.is_set()
    assert record["state"]["repeated"] == 1
    (later,) = record["set_aside"]
    for name in ("relative", "inverse"):
        assert record["rows"][name]["outcome"] == "ok"
        assert len(record["rows"][name]["samples_s"]) > len(later["rows"][name]["samples_s"]) >= 1
    assert (record["stop"]["rounds"], later["stop"]) == (len(record["canary"]["samples_s"]), None)
    (failure,) = record["failures"]
    assert failure.startswith("inverse: oom in round 1: ")


@pytest.mark.long
def test_a_session_that_may_not_be_repeated_says_that_the_machine_moved(monkeypatch):
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    record = session.run(SMALL, FAST, {"relative": "", "gemm_floor": ""})
    assert "at the end" in record["state"]["moved"]
    assert (record["state"]["repeated"], record["set_aside"]) == (0, [])


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="threads are kept on a processor on Linux")
def test_a_pool_that_sat_on_one_processor_repeats_nothing(monkeypatch):
    """The product's rate at the end is half of that at the start, and one thread alone is as fast as ever."""

    def flip(event):
        if "gemm_at_end_flops_per_s" in event:
            event["gemm_at_end_flops_per_s"] = 0.25e9
        elif "gemm_flops_per_s" in event:
            event["gemm_flops_per_s"] = 0.5e9

    disturb(monkeypatch, ceiling=flip, one_thread=quieten)
    record = session.run(SMALL, replace(FAST, repetitions=1), {"relative": "", "gemm_floor": ""})
    found = record["state"]
    assert (found["moved"], found["repeated"], record["set_aside"]) == (None, 0, [])
    assert found["pool_moved"] == "products 5e+08 FLOP/s at the start, 2.5e+08 at the end"
    assert len(found["one_thread"]["processors"]) == len(found["one_thread"]["end_s"])


@pytest.mark.slow
def test_what_ended_its_process_is_not_tried_again(monkeypatch):
    """A row that ran out of its time or memory has settled itself for the repetition."""
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    hit, kill = killer(lambda event: event["row"] == "inverse")
    rows = {"relative": "", "inverse": ""}
    begun = []

    def follow(event):
        begun.extend([event.get("row")] * (event["event"] == "begin" and event["what"] == "build"))
        kill(event)

    patient = replace(FAST, call_limit_s=9.0, repetitions=1, session_limit_s=600)  # whatever else runs here
    record = session.run(Cell.of("logdet", "torch", {"D": 1000}), patient, rows, on_event=follow)
    assert hit.is_set()
    assert len(record["set_aside"]) == 1
    assert record["rows"]["inverse"]["outcome"] == "oom"
    assert begun.count("inverse") == 1
    assert begun.count("relative") == 2
