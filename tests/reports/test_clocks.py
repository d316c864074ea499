"""Clocks of a GPU: of a row the geometric mean of its processes' medians, NaN where none was read."""

import math

import numpy as np
import pytest

from reports.clocks import Clocks, read_clocks


def record(latency=(), device=(), note=""):
    found = {"latency_s": np.array(latency), "cold_latency_s": np.array([]), "device_s": np.array(device)}
    return found | {"latency_note": "", "device_note": note}


def test_processes_are_one_geometric_mean_of_medians():
    clocks = read_clocks([record([1.0, 2.0, 30.0], [4.0]), record([8.0]), record()])
    assert clocks.latency_s == pytest.approx(4.0)
    assert clocks.device_s == 4.0
    assert math.isnan(clocks.cold_latency_s)


def test_why_a_clock_was_not_read_is_kept():
    assert read_clocks([record(), record(note="no time for a trace")]).note == "no time for a trace"
    assert read_clocks([]) == read_clocks([record()])
    assert Clocks().note == ""
