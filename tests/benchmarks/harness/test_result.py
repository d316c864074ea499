"""What a session found, from its journal's events."""

from __future__ import annotations

from benchmarks.harness.result import Result


def test_a_row_that_is_wrong_on_new_data_takes_its_twin_along():
    result = Result()
    timed = {
        "outcome": "ok",
        "reason": "",
        "error": 0.0,
        "check_s": 0.1,
        "samples_s": [1.0],
        "rounds": [0],
        "positions": [0],
    }
    result.rows = {name: dict(timed) for name in ("first", "other", "first~twin")}
    result.take(
        {"event": "recheck", "row": "first", "error": 2.0, "outcome": ("wrong", "it remembers"), "check_s": 0.1}
    )
    result.take({"event": "recheck", "row": "other", "error": 0.0, "outcome": None})
    told = {name: (row["outcome"], row["samples_s"]) for name, row in result.rows.items()}
    assert told == {"first": ("wrong", []), "other": ("ok", [1.0]), "first~twin": ("wrong", [])}
