"""Who is called what; what a run's ledger says is tried in ``test_store.py`` and ``test_publish.py``."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.harness import ledger


def test_a_process_may_be_called_what_no_text_can_spell():
    name = Path("/proc/self/comm")
    before, began = name.read_bytes().rstrip(b"\n"), ledger.began(os.getpid())
    assert began
    name.write_bytes(b"\xff) \xfe")
    try:
        assert ledger.began(os.getpid()) == began
    finally:
        name.write_bytes(before)


def test_a_process_that_is_none_has_not_begun():
    assert ledger.began(1 << 30) is None
