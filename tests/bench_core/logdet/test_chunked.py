"""The Jacobian's autodiff a few samples at a time: as right, whatever the parts."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.logdet import settings
from tests.bench_core.judges import logdet as judge


def test_constants_are_those_of_the_device():
    assert settings.chunk("cuda") > settings.chunk("cpu")


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("samples", [0, 2, 3])
def test_parts_of_the_batch_are_as_right_as_all_of_it(backend, samples, monkeypatch):
    """Fewer numbers than one Jacobian has; a divisor of the batch; parts of which the last is smaller."""
    monkeypatch.setitem(settings.CHUNK, "cpu", max(1, samples * 25))
    problem = bench_core.problem("logdet", D=5, B=8, L=2, seed=1)
    m = bench_core.method("logdet", "jacobian_autodiff_chunked", backend)
    kernel = m.build(problem, dtype="float64")
    got = kernel.to_numpy(kernel.run())
    assert judge.error(problem, got, m) < 1e-10
    whole = bench_core.method("logdet", "jacobian_autodiff", backend).build(problem, dtype="float64")
    for name, array in whole.to_numpy(whole.run()).items():
        np.testing.assert_allclose(got[name], array, rtol=1e-10, atol=1e-13)
