"""What a field of a record holds."""

from __future__ import annotations

import math
import time

import pytest

from reports.records import is_number, is_positive, read_time


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, -math.inf])
def test_no_number(value):
    assert not is_number(value)
    assert not is_positive(value)


def test_numbers_and_positive_ones():
    assert [is_number(v) for v in (1, -1.5, 0)] == [True] * 3
    assert [is_positive(v) for v in (1, 1e-300, 0, -1.5)] == [True, True, False, False]


def test_a_time_without_a_zone_is_utc(monkeypatch):
    """Wherever the report is built: which session was near another one in time must not depend on it."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert read_time("2026-11-29T16:00:00") == read_time("2026-11-29T16:00:00Z")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert read_time("2026-11-29T16:00:00+09:00") == read_time("2026-11-29T07:00:00Z")
    assert [read_time(value) for value in ("", "yesterday", None, 5)] == [None] * 4
