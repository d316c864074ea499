"""The machine's state from counters and samples: others' load, stolen time, true clocks, a speed that moved."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.harness import state
from benchmarks.harness.state import Snapshot


def test_the_load_of_others_leaves_out_this_process():
    before = Snapshot(at=0.0, own=1.0, busy=100.0, steal=5.0, total=200.0, waited=1.0, throttled=0.0)
    after = Snapshot(at=10.0, own=13.0, busy=117.0, steal=7.0, total=220.0, waited=3.0, throttled=0.5)
    found = state.between(before, after)
    expected = {"mhz": None, "steal": 0.1, "load_of_others": 0.5, "pressure": 0.2, "throttled_s": 0.5}
    assert found == pytest.approx(expected)


def test_what_the_system_does_not_count_is_null(tmp_path):
    found = state.between(state.snapshot(tmp_path), state.snapshot(tmp_path))
    assert set(found.values()) == {None}


@pytest.mark.parametrize(
    ("flags", "clocks", "expected"),
    [("fpu hypervisor", (2600.0, 2400.0), None), ("fpu", (2600.0, 2600.0), None), ("fpu", (2600.0, 2400.0), 2400.0)],
)
def test_a_clock_counts_only_where_it_is_true(tmp_path, flags, clocks, expected):
    (tmp_path / "proc").mkdir()
    taken = []
    for clock in clocks:
        (tmp_path / "proc/cpuinfo").write_text(f"cpu MHz\t\t: {clock}\nflags\t\t: {flags}\n")
        taken.append(state.snapshot(tmp_path))
    assert state.between(*taken)["mhz"] == expected


def test_a_busy_process_of_its_own_is_no_load_of_others():
    before = state.snapshot()
    while state.snapshot().own - before.own < 0.3:
        sum(range(10_000))
    after = state.snapshot()
    found, quiet = state.between(before, after), Snapshot(**{**vars(after), "own": before.own})
    if found["load_of_others"] is not None:
        gap = state.between(before, quiet)["load_of_others"] - found["load_of_others"]
        assert gap > 0.5 * 0.3 / (after.at - before.at)


@pytest.mark.parametrize(("factor", "tells"), [(1.0, False), (1.1, False), (1.4, True), (1 / 1.4, True)])
def test_a_canary_that_shifts_is_told_in_both_directions(factor, tells):
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(200):
        level = np.where(np.arange(30) < 15, 1.0, factor)
        told += state.pool_moved(list(2e-4 * level * np.exp(0.05 * rng.standard_normal(30)))) is not None
    assert told >= 198 if tells else told <= 2


def test_a_few_slow_samples_and_mere_noise_are_no_move():
    samples = [1.0] * 30
    samples[27:] = [9.0, 9.0, 9.0]
    assert state.pool_moved(samples) is None
    rng = np.random.default_rng(1)
    assert sum(state.pool_moved(list(np.exp(0.5 * rng.standard_normal(15)))) is not None for _ in range(300)) <= 15


def test_rates_at_both_ends_tell_where_there_are_few_rounds():
    assert "at the end" in (state.pool_moved([1.0], 252e9, 98e9) or "")
    assert state.pool_moved([1.0], 1e11, 0.9e11) is None


SLOWER = {"gemm_flops_per_s": 2.1e11, "gemm_at_end_flops_per_s": 1.2e11}


def alone(end, start=(0.018, 0.019)):
    return {"what": "additions", "processors": [2, 5], "start_s": list(start), "end_s": end}


def test_a_pool_that_moved_is_no_machine_that_did():
    """Products at half their rate and a canary that takes twice its time, while one thread on each processor does as
    before: as JAX's pool on two processors does in one session of ten.
    """
    canary = [1.9e-4] * 15 + [3.9e-4] * 15
    for ceiling, samples, word in ((SLOWER, [], "products"), (None, canary, "canary"), (SLOWER, canary, "products")):
        found = state.summary({}, ceiling, samples, one_thread=alone([0.0195, 0.0182]))
        assert found["moved"] is None
        assert found["pool_moved"].startswith(word)
    assert state.summary({}, None, [], one_thread=alone([0.018, 0.019]))["pool_moved"] is None


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ([0.018 * 1.25, 0.019 * 1.3], "one thread on processor 5 0.019 s at the start, 0.0247 s at the end"),
        ([0.018 / 1.5, 0.019], "one thread on processor 2 0.018 s at the start, 0.012 s at the end"),
        ([0.018, 0.019 * 1.4], "one thread on processor 5 0.019 s at the start, 0.0266 s at the end"),
    ],
)
def test_a_machine_that_moved_is_told_whatever_its_pool_does(end, told):
    """A clock that fell, one that rose, a neighbour on the other processor."""
    assert state.summary({}, {**SLOWER, "gemm_at_end_flops_per_s": 2.1e11}, [], one_thread=alone(end))["moved"] == told


def test_without_an_end_nothing_is_said_of_the_machine():
    assert state.summary({}, None, [1.0] * 15 + [2.0] * 15, one_thread=alone(None))["moved"] is None


def test_where_no_thread_was_measured_alone_the_pool_tells():
    found = state.summary({}, SLOWER, [])
    assert "products" in found["moved"]
    assert (found["one_thread"], found["pool_moved"]) == (None, None)


def test_the_summary_of_a_session_that_died_is_null_where_nothing_is_known():
    found = state.summary({}, None, [])
    assert (found["canary_s"], found["moved"], found["repeated"]) == (None, None, 0)
