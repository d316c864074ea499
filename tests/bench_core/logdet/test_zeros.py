"""Zeros in the data: right answers of every row, and none that is no number. W has an inverse, and is never zero."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from tests.bench_core.judges import logdet as judge

# Which rows of x are left; all of them first, which tells what an estimate has for its noise.
CASES = {"as drawn": slice(None), "zero rows": slice(1, None, 2), "x = 0": slice(0)}
# JAX compiles for every row.
FEW = ("relative", "value_tracking", "inverse_tracked")


def _rows():
    for backend in bench_core.BACKENDS:
        for m in bench_core.methods("logdet", backend):
            if m.reads_data:
                marks = pytest.mark.slow if backend == "jax" and m.name not in FEW else ()
                yield pytest.param(m, marks=marks, id=f"{backend}-{m.name}")


@pytest.mark.parametrize("m", [*_rows()])
def test_zeros_are_no_trouble(m):
    drawn = bench_core.problem("logdet", seed=3, **judge.room(m))
    dtype = "float64" if "float64" in m.declaration.dtypes else "float32"
    try:
        kernel = m.build(drawn, dtype=dtype)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    noise = None
    for case, left in CASES.items():
        x = np.zeros_like(drawn.masters["x"])
        x[left] = drawn.masters["x"][left]
        problem = drawn.with_data({"x": x})
        kernel.refill(problem)
        kernel.reset()
        got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
        assert problem.fault(got, m, dtype) == "", case
        # An estimate's noise is of the log-determinant, which knows nothing of x.
        quality = problem.quality(got, m)
        noise = quality if noise is None else noise
        assert quality == pytest.approx(noise, rel=1e-6), case
        if "R0" not in got:
            continue
        if case == "x = 0":  # no reconstruction errs: what is left is of the density of x = R z
            wanted = -drawn.arrays["W0"].T if m.computes == "self_normalizing" else 0
            np.testing.assert_allclose(got["R0"], wanted, atol=1e-12)
        else:
            assert judge.error(problem, got, m) <= m.tolerance(dtype), case
