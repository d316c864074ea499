"""What tests of sessions do to them."""

from __future__ import annotations

import sys
import time

import psutil

from tests.benchmarks.harness.sessions import find_workers


def test_a_process_that_ends_while_it_is_asked_is_no_worker():
    """The tests look for workers among children that come and go."""
    ended = psutil.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 60
    while ended.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert find_workers([ended]) == []
    ended.wait()
