"""Rooflines are those of a cell's own session, and of a curve's state."""

from dataclasses import replace

import pytest

from reports.analysis import Analysis
from reports.load import load

SLOW, FAST = (64, 128, 256, 512), (1024, 2048, 3072)


@pytest.fixture(scope="module")
def moved(synthetic, tmp_path_factory) -> Analysis:
    """Sessions of which the last three ran on a machine 2.5 times faster."""
    folder = tmp_path_factory.mktemp("moved")
    for hour, size in enumerate((*SLOW, *FAST)):
        for backend in ("torch", "jax"):
            factor = 2.5 if size in FAST else 1.0 + 0.02 * hour
            session = synthetic.make_session(
                size, backend, rounds=8, slower=1 / factor, rows=("relative", "gemm_floor")
            )
            session["started_at"] = f"2026-11-20T{hour:02d}:00:00Z"
            session["ceiling"] |= {"gemm_flops_per_s": 1e11 * factor, "copy_bytes_per_s": 2e10 * factor}
            if backend == "jax":  # every copy to fresh pages
                session["ceiling"]["copy_bytes_per_s"] = 4e9 * factor
            synthetic.write_session(folder, session, "direct")
    return Analysis(load(folder))


def series_of(analysis, backend, state):
    return next(s for s in analysis.series() if (s.place.backend, s.state) == (backend, state))


def test_a_cell_has_the_ceiling_of_its_own_session(moved):
    slow, fast = series_of(moved, "torch", "A"), series_of(moved, "torch", "B")
    for hour, size in enumerate(SLOW):
        assert moved.ceiling(slow, size).flops_per_s == pytest.approx(1e11 * (1 + 0.02 * hour))
    assert moved.ceiling(fast, 2048).flops_per_s == pytest.approx(2.5e11)
    assert moved.ceiling(fast, 64) is None


def test_a_curve_has_the_ceiling_of_its_state(moved):
    slow, fast = series_of(moved, "torch", "A"), series_of(moved, "torch", "B")
    assert moved.ceiling(slow).flops_per_s == pytest.approx(1.03e11)
    assert moved.ceiling(fast).flops_per_s == pytest.approx(2.5e11)
    point = moved.point(slow, 512, "relative")
    share = moved.attainable(slow, point) / moved.attainable(slow, point, curve=True)
    assert share == pytest.approx(1.03 / 1.06)


def test_the_slower_of_the_two_binds(moved):
    series = series_of(moved, "torch", "A")
    ceiling, point = moved.ceiling(series, 64), moved.point(series, 64, "relative")
    for products, copies, seconds in ((1.0, 0.5, 1.0), (0.5, 2.0, 2.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0)):
        work = replace(point, flops=products * ceiling.flops_per_s, bytes=copies * ceiling.bytes_per_s)
        assert moved.attainable(series, work) == pytest.approx(seconds)
    assert moved.attainable(series, replace(point, flops=0.0, bytes=0.0)) is None


def test_copies_are_the_best_of_all_backends_at_that_time(moved):
    for backend in ("torch", "jax"):
        assert moved.ceiling(series_of(moved, backend, "A"), 64).bytes_per_s == pytest.approx(2.04e10, rel=0.03)
        assert moved.ceiling(series_of(moved, backend, "B"), 3072).bytes_per_s == pytest.approx(5e10)


def test_no_ceiling_where_none_was_measured(synthetic, tmp_path):
    session = synthetic.make_session(64, rounds=8)
    session["ceiling"] = None
    synthetic.write_session(tmp_path, session, "direct")
    analysis = Analysis(load(tmp_path))
    (series,) = analysis.series()
    assert analysis.ceiling(series) is None
    assert analysis.attainable(series, analysis.point(series, 64, "relative")) is None
