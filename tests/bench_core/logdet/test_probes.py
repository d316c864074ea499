"""Above DENSE_LIMIT the error is estimated by probes: an error that is planted must show in both."""

from __future__ import annotations

import pytest

import bench_core
from bench_core.logdet import oracle

METHODS = [m for b in bench_core.BACKENDS for m in bench_core.methods("logdet", b)]


@pytest.mark.parametrize("m", METHODS, ids=lambda m: f"{m.backend}-{m.name}")
def test_probes_agree_with_every_entry(m, monkeypatch):
    if m.name == "jacobian_autodiff" or m.computes == "logdets":
        pytest.skip("too slow at this size, or has no matrix to probe")
    problem = bench_core.problem("logdet", D=96, B=16, L=2, seed=5)
    kernel = m.build(problem, dtype="float64")
    got = {name: array.copy() for name, array in kernel.to_numpy(kernel.run()).items()}
    assert problem.error(got, m) < 1e-10
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    assert bench_core.problem("logdet", D=96, B=16, L=2, seed=5).error(got, m) < 1e-10
    got["W1"][3] *= 1.01
    probed = problem.error(got, m)
    monkeypatch.undo()
    assert 0.3 * problem.error(got, m) < probed < 3 * problem.error(got, m)
