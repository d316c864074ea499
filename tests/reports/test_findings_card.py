"""The findings' figures of the H200 against its committed results."""

from pathlib import Path

import pytest

from reports.analysis import Analysis
from reports.digest import build_digest
from reports.load import load

from .test_findings import read_numbers, read_sentence

RESULTS = Path(__file__).parents[2] / "results"
HEADING = "![Seconds of one log-determinant gradient against D, torch on an H200]"
SIZES = (100, 1000, 8192, 20_000)
NEAR = 0.06
SHARES = "share of its own products' rate, torch / JAX"


@pytest.fixture(scope="module")
def h200() -> Analysis:
    return Analysis(load(RESULTS, machine="h200"))


@pytest.fixture(scope="module")
def find(h200):
    """Of a backend, a precision and a row its points by size."""

    def of(family, backend, dtype, row, **fixed):
        (series,) = [
            s
            for s in h200.series(family)
            if (s.place.backend, s.place.dtype) == (backend, dtype) and dict(s.fixed).items() >= fixed.items()
        ]
        return series, {point.size: point for point in h200.points(series, row) if point.ok}

    return of


def tell(label: str, size: int) -> list[float]:
    return read_numbers(label, 1 + SIZES.index(size), HEADING)


def test_milliseconds_of_relative(find):
    _, eager = find("logdet", "torch", "float32", "relative", B=100, L=2)
    _, graph = find("logdet", "torch", "float32", "relative:graph", B=100, L=2)
    _, jax = find("logdet", "jax", "float32", "relative", B=100, L=2)
    for size in SIZES:
        want = [1e3 * points[size].seconds.value for points in (eager, graph) if size in points]
        assert tell("torch `relative`, eager / as a CUDA graph", size)[: len(want)] == pytest.approx(want, rel=NEAR)
        want = [1e3 * jax[size].seconds.value] if size in jax else []
        assert tell("JAX `relative`", size) == pytest.approx(want, rel=NEAR)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_times_faster_than_the_inverse(h200, find, backend):
    series, points = find("logdet", backend, "float32", "relative", B=100, L=2)
    label = (
        "torch: times faster than `inverse` (both as graphs)"
        if backend == "torch"
        else "JAX: times faster than `inverse`"
    )
    for size in SIZES:
        pairs = [h200.ratio(series, size, f"inverse{form}", f"relative{form}") for form in ("", ":graph")]
        want = [pair.value for pair in pairs if pair is not None]
        assert tell(label, size) == pytest.approx(want, rel=NEAR)
        assert bool(want) == (size in points)


def test_share_of_the_products_rate(h200):
    digest = build_digest(h200)
    goals = {
        (goal.series.split("-")[1], goal.size): goal.value
        for goal in digest.family("logdet").goals
        if goal.kind == "products" and "float32" in goal.series
    }
    assert goals
    for (backend, size), share in goals.items():
        told = tell(SHARES, int(size))
        assert told[0 if backend == "torch" or len(told) == 1 else 1] == pytest.approx(100 * share.value, abs=1.0)


def test_lower_precisions(h200, find):
    torch, jax = (find("logdet", backend, "tf32", "relative", B=100, L=2)[1][8192] for backend in ("torch", "jax"))
    told = read_sentence("In TF32 at D = 8,192 `relative` takes", "ms (torch / JAX)")
    assert told == pytest.approx([1e3 * torch.seconds.value, 1e3 * jax.seconds.value], rel=NEAR)
    _, bfloat16 = find("logdet", "torch", "bfloat16", "relative", B=100, L=2)
    told = read_sentence("as long; in bfloat16", "ms (torch)")
    assert told == pytest.approx([1e3 * bfloat16[8192].seconds.value], rel=NEAR)


def test_the_other_families(h200, find):
    series, _ = find("implicit", "torch", "float32", "jfb", T="random")
    told = read_sentence("(float32, residual 1e-4) `neumann` takes", "times `jfb`")
    pairs = [
        h200.ratio(find("implicit", backend, "float32", "jfb", T="random")[0], 10_000, "neumann", "jfb")
        for backend in ("torch", "jax")
    ]
    assert told == pytest.approx([pair.value for pair in pairs if pair], rel=NEAR)
    assert read_sentence("times `jfb`, at 1,000 (torch)", "; φ takes") == pytest.approx(
        [h200.ratio(series, 1000, "neumann", "jfb").value], rel=NEAR
    )
