"""One cell in several precisions: series of their own, which no fit, ratio or ceiling joins."""

import pytest

from reports.analysis import Analysis
from reports.load import load

SIZES = (256, 512, 1024, 2048)
FASTER = {"float32": 1.0, "tf32": 8.0, "bfloat16": 16.0, "float8": 32.0}  # the last is no precision of today


@pytest.fixture(scope="module")
def mixed(synthetic, tmp_path_factory) -> Analysis:
    folder = tmp_path_factory.mktemp("mixed")
    for dtype, factor in FASTER.items():
        for size in SIZES:
            session = synthetic.make_session(
                size, "torch", "cuda", rounds=8, slower=1 / factor, rows=("relative", "inverse", "gemm_floor")
            )
            session["cell"]["dtype"] = dtype
            session["ceiling"]["gemm_flops_per_s"] = 1e13 * factor
            synthetic.write_session(folder, session, "direct")
    return Analysis(load(folder))


def test_every_precision_is_a_series_the_usual_one_first(mixed):
    assert mixed.run.problems == ()
    assert [series.place.dtype for series in mixed.series()] == ["float32", "tf32", "bfloat16", "float8"]
    assert len({mixed.key(series) for series in mixed.series()}) == len(FASTER)


def test_times_and_ceilings_are_each_precisions_own(mixed, synthetic):
    for series in mixed.series():
        factor = FASTER[series.place.dtype]
        assert mixed.sizes(series) == SIZES
        assert mixed.ceiling(series).flops_per_s == pytest.approx(1e13 * factor)
        for point in mixed.points(series, "relative"):
            truth = synthetic.true_seconds("relative", int(point.size), "torch", "cuda") / factor
            assert point.seconds.value == pytest.approx(truth, rel=0.1)
