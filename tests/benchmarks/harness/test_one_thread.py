"""One thread on each processor: what other threads of this machine do to it, and what a pool's do not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.harness import one_thread, state

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads are kept on a processor on Linux")


@pytest.fixture
def windows(monkeypatch):
    """``windows(rows)``: what the measurement's windows take, one row each; how many of them it has asked for."""
    asked = []

    def replace(rows):
        taken = {place: iter(column) for place, column in enumerate(zip(*rows, strict=True))}
        monkeypatch.setattr(one_thread, "_settle", lambda processor: (processor, None))

        def add(processor, _):
            asked.extend([processor] * (processor == 0))
            return next(taken[processor])

        monkeypatch.setattr(one_thread, "_add", add)
        return asked

    return replace


def test_of_the_start_the_window_counts_in_which_all_processors_were_free(windows):
    """Each processor has its best window while the other is disturbed; the third of them is the machine's own."""
    windows([(1.0, 3.0), (1.5, 2.0), (1.02, 2.02), (1.4, 2.6), (2.0, 4.0)])
    assert one_thread.measure([0, 1]) == [1.02, 2.02]


def test_the_end_is_tried_until_it_is_like_the_start(windows):
    asked = windows([(1.5, 2.0), (1.0, 3.0), (1.05, 2.1), (1.0, 2.0)])
    assert one_thread.measure([0, 1], [1.0, 2.0]) == [1.05, 2.1]
    assert len(asked) == 3


def test_what_lasts_is_told_as_what_is_nearest_to_the_start(windows):
    asked = windows([(1.8, 2.0), (1.0, 3.0), *[(1.3, 2.9)] * 8])
    assert one_thread.measure([0, 1], [1.0, 2.0]) == [1.3, 2.9]
    assert len(asked) == 10


@pytest.mark.parametrize("after", [(1.0, 2.6), (1.0, 2.0 / 1.3)])
def test_the_processor_that_changed_most_is_the_factor(after):
    assert one_thread.factor((1.0, 2.0), after) == pytest.approx(1.3)


def test_it_leaves_the_process_on_all_its_processors():
    before = os.sched_getaffinity(0)
    found = one_thread.measure(sorted(before)[:2])
    assert found is not None
    assert min(found) > 0
    assert os.sched_getaffinity(0) == before


def test_where_no_thread_may_be_kept_on_a_processor_nothing_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError("not here")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert one_thread.measure([0]) is None


def test_the_work_is_the_sum_that_it_says():
    """In a thread, which stays where it was put."""

    def work():
        rows, total = one_thread._settle(min(os.sched_getaffinity(0)))
        assert one_thread._add(rows, total) > 0
        return rows.shape, set(total.tolist()), (total.ctypes.data - rows.ctypes.data) % 4096

    with ThreadPoolExecutor(1) as pool:
        (count, numbers), sums, behind = pool.submit(work).result()
    assert f"{count} x {numbers} float32" in one_thread.WHAT
    assert sums == {float(count)}
    assert behind == 2048


@pytest.mark.slow
@pytest.mark.alone  # nothing else may use the processor
@pytest.mark.parametrize("free", [True, False], ids=["anywhere", "on one processor"])
def test_a_neighbour_that_wants_one_processor_is_seen(free):
    processors = sorted(os.sched_getaffinity(0))
    before = [one_thread.measure(processors) for _ in range(2)][-1]
    assert before is not None
    place = set(processors) if free else {processors[-1]}
    code = f"import os; os.sched_setaffinity(0, {place})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as neighbour:
        try:
            time.sleep(0.3)
            after = one_thread.measure(processors, before)
        finally:
            neighbour.kill()
    assert after is not None
    assert one_thread.factor(before, after) > state.MOVED
