"""The findings' figures of the second processor against its committed results, and which choices hold on both."""

import pytest

from .test_findings import NEAR, Told, read_numbers, read_sentence

HEADING = "## On another processor"
# What a choice made on one processor may lose on the other and still be called the same.
SAME = 1.10


def over_the_fastest(told: Told, row: str) -> dict[float, float]:
    """By size, the median seconds of a row over the least of an exact gradient."""
    found = {}
    for size in told.analysis.sizes(told.series):
        known = {each: told.analysis.point(told.series, size, each) for each in told.analysis.rows(told.series)}
        timed = {each: point for each, point in known.items() if point is not None and point.ok}
        seconds = {each: point.seconds.value for each, point in timed.items() if point.is_gradient}
        if row in seconds:
            found[size] = seconds[row] / min(seconds.values())
    return found


@pytest.mark.parametrize(("backend", "column"), [("torch", 1), ("jax", 2)])
def test_relative_is_the_choice_on_both(committed, second, backend, column):
    first, other = (over_the_fastest(Told(analysis, backend, 2), "relative") for analysis in (committed, second))
    assert len(first) == 18
    assert len(other) == 8
    assert max(*first.values(), *other.values()) <= SAME
    size = max(other, key=lambda size: other[size])
    label = "`relative`, not compiled, over the fastest exact gradient, at most, medians at every D"
    assert read_numbers(label, column, HEADING) == [pytest.approx(other[size], abs=0.006), size]


def test_compiled_at_ten_is_not(committed, second):
    here, there = (over_the_fastest(Told(each, "torch", 2), "relative:compiled")[10] for each in (committed, second))
    assert here == 1
    assert there > SAME
    assert read_sentence("of its forms there at D = 10 (", "times the fastest") == [pytest.approx(there, abs=0.006)]


@pytest.mark.parametrize(("backend", "column"), [("torch", 1), ("jax", 2)])
def test_times_faster_than_the_inverse(second, backend, column):
    told = Told(second, backend, 2)
    want = [told.speedup(100), told.speedup(1000), *told.ratio("inverse", "relative", 3000)]
    label = "times faster than `inverse`, D = 100 / 1,000 / 3,000"
    assert read_numbers(label, column, HEADING) == pytest.approx(want, rel=NEAR)


@pytest.mark.parametrize(("backend", "column"), [("torch", 1), ("jax", 2)])
def test_an_exact_gradient_through_a_fixed_point(second, backend, column):
    def over_jfb(row: str, T: str, gamma: float) -> list[float]:
        (series,) = [
            each
            for each in second.series("implicit")
            if (each.place.backend, each.place.dtype) == (backend, "float64")
            and dict(each.fixed).items() >= {"B": 64, "T": T, "gamma": gamma}.items()
            and 320 in second.sizes(each)
        ]
        found = second.ratio(series, 320, row, "jfb")
        return [found.value, found.low, found.high]

    label = "`neumann` over `jfb`, D = 320, random A, γ = 0.9 / 0.99"
    want = [*over_jfb("neumann", "random", 0.9), *over_jfb("neumann", "random", 0.99)]
    assert read_numbers(label, column, HEADING) == pytest.approx(want, rel=NEAR)
    label = "`bicgstab` over `jfb`, the same, symmetric A, γ = 0.99"
    want = over_jfb("bicgstab", "symmetric", 0.99)
    assert read_numbers(label, column, HEADING) == pytest.approx(want, rel=NEAR)
