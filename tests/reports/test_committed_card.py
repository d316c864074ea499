"""What the report says of the committed results of the GPU."""

from pathlib import Path

import pytest

from reports.analysis import Analysis
from reports.digest import Digest, build_digest
from reports.load import load

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="session")
def h100() -> Digest:
    """The digest of the GPU's."""
    return build_digest(Analysis(load(RESULTS, machine="h100")))


def test_every_record_of_the_gpu_is_read(h100):
    assert {series.place.device for series in h100.family("logdet").series} == {"cuda"}
    assert [i for i in (*h100.health.warnings, *h100.health.notes) if i.kind == "file"] == []
    (machine,) = h100.about.machines
    assert (machine.gpus, machine.xla_flags) == (("NVIDIA H100 80GB HBM3",), "--xla_gpu_enable_triton_gemm=false")
    assert all(place.card.default_mhz == 1980 for place in h100.health.places)


def test_launches_bind_small_calls_of_torch_on_the_gpu(h100):
    """What the eager form of `relative` leaves idle by its graph, and that no other clock contradicts it."""
    logdet = h100.family("logdet")
    torch = [c for c in logdet.clocks if "torch-cuda-float32" in c.series and c.row == "relative"]
    idle = {c.size: c.idle for c in torch if c.graph is not None}
    assert idle[100] > idle[1000] > 0.5
    graphs = {c.size: c for c in logdet.clocks if "torch-cuda-float32" in c.series and c.row == "relative:graph"}
    for size in idle:
        # A graph leaves next to no gaps: its time by the device's clock is its time in a queue.
        assert 0.9 < graphs[size].worked < 1.1
    # Where a call is work, a queue and the device agree.
    assert all(0.9 < c.worked < 1.1 for c in torch if c.size >= 8192)


def test_no_time_of_the_gpu_has_an_interval_that_nothing_shows(h100):
    """One process a cell, and nobody to lend a spread on such a device."""
    logdet = h100.family("logdet")
    assert all(series.lent_from is None for series in logdet.series)
    times = [cell.seconds for series in logdet.series for row in series.rows for cell in row.ran]
    assert len(times) > 60
    assert all(seconds.undetermined for seconds in times)
    judged = [goal for goal in logdet.goals if goal.value is not None]
    assert {goal.kind for goal in judged} == {"products", "copy"}
    assert not any(goal.sure for goal in judged)


def test_goals_on_the_gpu_are_the_samples(h100):
    """Each share is that of the medians over the rounds that both rows share, from the records themselves."""
    for goal in h100.family("logdet").goals:
        if goal.kind == "products":
            series = h100.family("logdet").find(goal.series)
            relative, floor = (series.row(row).at(goal.size).seconds.value for row in ("relative", "gemm_floor"))
            assert goal.value.value == pytest.approx(floor / relative, rel=0.03)
            assert goal.verdict == ("met" if goal.value.value >= 0.85 else "missed")


def test_memory_ends_the_jacobian_on_the_gpu(h100):
    """Our limit of time comes first in float32: what memory refuses beyond it is told, and decides in TF32."""
    (claim,) = [claim for claim in h100.claims if claim.id == "RG3"]
    parts = {part.where: part for part in claim.parts}
    assert parts["torch, cuda, tf32"].verdict == "reproduced"
    for where in ("torch, cuda, float32", "jax, cuda, float32"):
        assert parts[where].verdict == "undetermined"
        assert "over_budget at 20,000: memory: its results and largest array are 152.0 GiB" in parts[where].measured


def test_one_process_of_the_gpu_counts_no_size_on_a_side(h100):
    (claim,) = [claim for claim in h100.claims if claim.id == "RG2"]
    typical = [part for part in claim.parts if part.what.startswith("typical")]
    assert len(typical) > 3
    assert not any("the order of 100" in part.measured for part in typical)
    assert all(part.measured.endswith("at D = 8,192 alone") for part in typical if "tf32" in part.where)
