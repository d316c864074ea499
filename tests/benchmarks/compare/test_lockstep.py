"""What a side does for one order: calls in its own process, of which the first is no sample."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

from benchmarks.compare.lockstep import Stages
from benchmarks.harness import clock


def test_the_first_call_after_the_other_sides_turn_is_not_timed(monkeypatch):
    sampled, told = [], []
    monkeypatch.setattr(clock, "sample", lambda kernel, number: sampled.append((kernel, number)) or 100.0 * number)
    orders = "".join(json.dumps({"row": row, "number": number}) + "\n" for row, number in (("a", 3), ("b", 1)))
    monkeypatch.setattr(sys, "stdin", io.StringIO(orders + "\n"))
    side = object.__new__(Stages)
    side.journal = SimpleNamespace(write=lambda event, **fields: told.append((event, fields)))
    side._time([SimpleNamespace(name=name, kernel=name.upper(), seconds=1e-3) for name in "ab"])
    assert sampled == [("A", 1), ("A", 3), ("B", 1), ("B", 1)]
    assert told[1:] == [("timed", {"seconds": 300.0}), ("timed", {"seconds": 100.0})]
