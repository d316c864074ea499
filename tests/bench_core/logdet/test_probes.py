"""What an error is: against the true result where that is affordable, by probes above, a residual last."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.logdet import LogdetProblem, oracle

METHODS = [m for b in bench_core.BACKENDS for m in bench_core.methods("logdet", b)]


@pytest.mark.parametrize("m", METHODS, ids=lambda m: f"{m.backend}-{m.name}")
def test_probes_agree_with_every_entry(m, monkeypatch):
    if m.name.startswith("jacobian_autodiff") or m.computes == "logdets":
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


def test_an_ordinary_gradient_is_compared_with_the_true_one(monkeypatch):
    """Condition 1e4, float32: the residual is several times the error."""
    rng, D = np.random.default_rng(0), 60
    left, right = (np.linalg.qr(rng.standard_normal((D, D)))[0] for _ in range(2))
    W, x = (left * np.logspace(0, -4, D)) @ right, rng.standard_normal((20, D))
    m = bench_core.method("logdet", "inverse", "torch")
    problem = LogdetProblem.from_arrays(x, [W], [np.zeros(D)])
    kernel = m.build(problem)
    got = kernel.to_numpy(kernel.run())
    # One linear layer: Delta = -x W^T / B.
    true = -(W @ x.T @ x) / 20 + np.linalg.inv(W).T
    error = np.linalg.norm(got["W0"] - true) / np.linalg.norm(true)
    assert problem.error({"W0": got["W0"], "b0": problem.oracle.bias(0, "ordinary")}, m) == pytest.approx(
        error, rel=1e-3
    )
    assert problem.measure(m) == "reference"
    monkeypatch.setattr(oracle, "SOLVE_LIMIT", 8)
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    assert problem.measure(m) == "residual"
    assert problem.oracle._residual(0, got["W0"].astype(np.float64), np.eye(D)) > 3 * error


@pytest.mark.parametrize(("D", "says"), [(512, "reference"), (4096, "probes"), (5000, "residual")])
def test_a_number_says_what_it_is(D, says):
    assert bench_core.problem("logdet", D=D).measure(bench_core.method("logdet", "inverse", "torch")) == says
