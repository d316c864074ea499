"""Where the checkpointed iteration keeps its states."""

from __future__ import annotations

from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_core.implicit.segments import segments


@given(K=st.integers(1, 100_000))
def test_the_segments_cover_every_step_but_the_first_and_the_last_is_not_computed_twice(K):
    length, count, rest = segments(K)
    assert 1 + count * length + rest == K
    assert length == isqrt(K)
    assert 1 <= rest <= length or K == 1


def test_an_iteration_takes_at_least_one_step():
    with pytest.raises(ValueError, match="K = 0 is not a number of steps; allowed: whole numbers from 1"):
        segments(0)
