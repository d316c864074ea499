"""The family's rivals: measured beside its methods in a sweep of their own, and in no other session."""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.families import FAMILIES
from benchmarks.harness.profile import PROFILES

LOGDET = FAMILIES["logdet"]
METHODS = [m for b in bench_core.BACKENDS for m in bench_core.methods("logdet", b)]
RIVALS = {m.name for m in METHODS if m.role == "peer" or not m.exact}


@pytest.mark.parametrize("profile", ["standard", "full"])
def test_estimates_and_libraries_are_rivals(profile):
    sweep = LOGDET.sweeps[profile]["Rivals"]
    assert set(sweep.only) >= RIVALS
    assert set(sweep.only) <= {m.name for m in METHODS}
    (layers,), (batch,) = sweep.sizes["L"], sweep.sizes["B"]
    for m in METHODS:
        if m.name in RIVALS:
            assert m.is_for({"L": layers})
            tries = PROFILES[profile].tries
            assert tries("logdet", m.name, m.role, {"D": 1000, "B": batch, "L": layers})
            assert not tries("logdet", m.name, m.role, {"D": 1000, "B": batch, "L": 2})


def test_libraries_are_tried_where_libraries_are():
    assert not PROFILES["quick"].tries("logdet", "nflows_lu", "peer", {"D": 1000, "B": 100, "L": 1})
    assert set(LOGDET.apart) >= RIVALS
