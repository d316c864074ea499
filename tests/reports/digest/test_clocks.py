"""A call by every clock: the share that the device works, and the least that it is idle."""

import math

import pytest


@pytest.fixture(scope="module")
def clocks(carded_digest):
    return {(each.series, each.size, each.row): each for each in carded_digest.family("logdet").clocks}


def test_the_shares_are_of_the_queued_time(clocks, card):
    each = clocks["logdet-torch-cuda-float32-b100-l2", 1024, "relative"]
    assert each.latency_s / each.seconds.value == pytest.approx(card.LATENCY)
    assert each.cold_latency_s / each.seconds.value == pytest.approx(card.COLD)
    assert each.worked == pytest.approx(card.DEVICE)
    assert each.graph is None
    # Gaps between kernels are in the time between two events: that alone says nothing of idleness.
    assert math.isnan(each.idle)


def test_a_graph_says_how_idle_torch_leaves_the_device(clocks, card):
    each = clocks["logdet-torch-cuda-float32-b100-l2", 64, "relative"]
    assert each.graph.value == pytest.approx(card.GRAPH)
    assert each.idle == pytest.approx(1 - card.GRAPH)
    graph = clocks["logdet-torch-cuda-float32-b100-l2", 64, "relative:graph"]
    assert graph.graph is None


def test_a_trace_says_how_idle_jax_does(clocks, card):
    each = clocks["logdet-jax-cuda-float32-b100-l2", 8192, "relative"]
    assert each.idle == pytest.approx(1 - card.BUSY, rel=1e-4)
    assert each.graph is None


def test_only_what_ran_has_clocks(clocks):
    assert not any(size > 256 and row == "relative:graph" for _, size, row in clocks)


def test_the_cpu_has_none(digest):
    assert all(family.clocks == () for family in digest.families)
