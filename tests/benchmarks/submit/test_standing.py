"""Sessions that were timed at the same time on one machine, told from the rest."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.harness.cell import Cell
from benchmarks.submit.standing import Standing, mark_beside
from benchmarks.submit.submission import Session

CELL = Cell.of("logdet", "torch", {"D": 4})
SPANS = st.tuples(st.sampled_from(("one", "other")), st.integers(0, 40), st.integers(1, 10))


def _standings(spans) -> list[Standing]:
    return [
        Standing(Session(CELL, 0, index), "done", ("1",), "node", "", Path("record"), (boot, start, start + length))
        for index, (boot, start, length) in enumerate(spans)
    ]


@given(st.lists(SPANS, max_size=12))
def test_whatever_overlaps_another_on_its_machine_is_beside_it(spans):
    standings = _standings(spans)
    expected = [
        any(
            a is not b and a.span[0] == b.span[0] and a.span[1] < b.span[2] and b.span[1] < a.span[2] for b in standings
        )
        for a in standings
    ]
    assert [each.state == "beside" for each in mark_beside(standings)] == expected


def test_one_after_the_other_is_beside_nothing_and_what_is_not_done_has_no_time():
    one, other = _standings([("one", 0, 5), ("one", 5, 5)])
    assert [each.state for each in mark_beside([one, other])] == ["done", "done"]
    lost = Standing(Session(CELL, 0, 2), "lost", ("2",))
    assert mark_beside([one, lost]) == [one, lost]
