"""Estimates of the log-determinant's gradient and value: bias, noise, and what they take over from before a call."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bench_core
from bench_core.logdet import companions
from bench_core.logdet.torch.hutchinson_cg import hutchinson_cg, solve

RIVALS = [m for b in bench_core.BACKENDS for m in bench_core.methods("logdet", b) if not m.exact and m.role != "peer"]
D, B = 40, 25


def _name(m):
    return f"{m.backend}-{m.name}"


def _run(m, problem, dtype="float64"):
    kernel = m.build(problem, dtype=dtype)
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


@pytest.fixture(scope="module")
def problem():
    return bench_core.problem("logdet", D=D, B=B, L=1, seed=4)


def test_the_solve_is_that_of_conjugate_gradients(problem):
    """After n turns the least residual in n dimensions, in the end the inverse."""
    W, v = problem.arrays["W0"], companions.signs(problem, 3).astype(np.float64)
    for turns in (1, 3, 6):
        got = solve(*map(torch.from_numpy, (W, v)), turns).numpy()
        for probe, u in zip(v, got):
            space = [W.T @ probe]
            for _ in range(turns - 1):
                space.append(W.T @ (W @ space[-1]))
            basis = np.linalg.qr(np.array(space).T)[0]
            least = basis @ np.linalg.lstsq(W @ basis, probe, rcond=None)[0]
            np.testing.assert_allclose(u, least, rtol=1e-8, atol=1e-10)
    got = solve(*map(torch.from_numpy, (W, v)), 80).numpy()
    np.testing.assert_allclose(got, np.linalg.solve(W, v.T).T, rtol=1e-9, atol=1e-11)


def test_a_row_that_is_solved_stays(problem):
    """A division by a residual of nothing is none."""
    W = torch.eye(3, dtype=torch.float64)
    v = torch.tensor([[1.0, -1, 1], [0, 0, 0]], dtype=torch.float64)
    torch.testing.assert_close(solve(W, v, 5), v)


@pytest.mark.parametrize("m", [m for m in RIVALS if m.declaration.kernel == "hutchinson_cg"], ids=_name)
def test_probes_have_the_noise_that_they_say(m, problem):
    quality = problem.quality(_run(m, problem), m)
    assert quality["mean"] == pytest.approx(1, abs=0.02)
    assert quality["spread"] == pytest.approx(np.sqrt((D - 1) / m.settings["probes"]), rel=0.35)


def test_many_probes_leave_the_bias_of_the_solve(problem):
    """Averaged over draws the gradient is the ordinary one, to the noise of all of them together."""
    x, W, b = (torch.from_numpy(problem.arrays[name]) for name in ("x", "W0", "b0"))
    n = 40_000
    v = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], (n, D)))
    (dW,), (db,) = hutchinson_cg(x, [W], [b], 0.1, v, iterations=10)
    exact = bench_core.method("logdet", "inverse", "torch")
    error = problem.error({"W0": dW.numpy(), "b0": db.numpy()}, exact)
    assert error < 2 * np.sqrt(D / n)
    quality = problem.quality({"W0": dW.numpy(), "b0": db.numpy()}, next(m for m in RIVALS))
    assert quality["mean"] == pytest.approx(1, abs=1e-3)


def test_an_inverse_is_learned_by_steps(problem):
    """What is left of the identity after n steps, as the docstring says."""
    W = problem.arrays["W0"]
    values = np.linalg.eigvalsh(W.T @ W)
    for steps in (1, 10, 40):
        R = companions.learned_inverse(problem, 0, steps)
        eta = 1 / values.max()
        left = np.linalg.norm(np.eye(D) - R @ W)
        assert left == pytest.approx(np.linalg.norm((1 - eta * values) ** steps), rel=0.1)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_learned_inverse_is_a_bias_and_a_probe_a_sample_is_noise(backend, problem):
    """The nearer the inverse, the nearer the gradient; probes of the same inverse add their noise."""
    rows = {m.name: m for m in RIVALS if m.backend == backend}
    got = {name: _run(rows[name], problem) for name in ("self_normalizing_1", "self_normalizing_10", "free_form_10")}
    errors = {name: problem.error(arrays, rows[name]) for name, arrays in got.items()}
    assert errors["self_normalizing_10"] < errors["self_normalizing_1"] / 2
    assert errors["free_form_10"] > errors["self_normalizing_10"]
    few, many, noisy = (problem.quality(arrays, rows[name]) for name, arrays in got.items())
    assert few["mean"] < many["mean"] < 1
    assert noisy["mean"] == pytest.approx(many["mean"], abs=0.1)
    assert noisy["spread"] == pytest.approx(np.sqrt((D - 1) / B), rel=0.35)
    # The error is of the likelihood's gradient, but R's own must be right: it counts where it is not.
    x = problem.arrays["x"]
    term = 2 / B * x.T @ x @ problem.arrays["W0"].T
    for name in ("self_normalizing_10", "free_form_10"):
        wrong = got[name] | {"R0": got[name]["R0"] + 5 * term}
        assert problem.error(wrong, rows[name]) == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_self_normalizing_layer_has_its_inverse_transposed(backend, problem):
    """So that what is added to a product lies as it does; an answer is named and judged by R all the same."""
    m = bench_core.method("logdet", "self_normalizing_10", backend)
    kernel = m.build(problem, dtype="float64")
    ((held,),) = kernel._extra
    R = companions.learned_inverse(problem, 0, 10)
    np.testing.assert_array_equal(np.asarray(held), R.T)
    assert backend == "jax" or held.is_contiguous()
    out = kernel.run()
    np.testing.assert_array_equal(kernel.to_numpy(out)["R0"], np.asarray(out[2][0]).T)
    # At a batch of nothing the density is left: -W by the transposed inverse.
    kernel.refill(problem.with_data({"x": np.zeros_like(problem.masters["x"])}))
    np.testing.assert_allclose(np.asarray(kernel.run()[2][0]), -problem.arrays["W0"], atol=1e-12)


@pytest.mark.parametrize("m", [m for m in RIVALS if m.settings.get("probes") != 10], ids=_name)
def test_probes_estimate_the_same_error_at_large_sizes(m, problem, monkeypatch):
    from bench_core.logdet import oracle

    got = _run(m, problem)
    want = problem.error(got, m)
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    probed = bench_core.problem("logdet", D=D, B=B, L=1, seed=4)
    assert probed.measure(m) == "probes"
    assert 0.4 * want < probed.error(got, m) < 2.5 * want


SLQ = [m for m in bench_core.methods("logdet", "jax") if m.declaration.kernel == "matfree"]


@pytest.mark.parametrize("m", [SLQ[-1], *(pytest.param(m, marks=pytest.mark.slow) for m in SLQ[:-1])], ids=_name)
def test_lanczos_quadrature_is_near_the_value(m):
    """In nats per dimension, within four times the noise of probes of signs: ``2 |log|_F^2`` off the diagonal."""
    problem = bench_core.problem("logdet", D=D, B=3, L=2, seed=6)
    try:
        kernel = m.build(problem, dtype="float64")
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    noise = 0.0
    for k in range(2):
        values, vectors = np.linalg.eigh(problem.arrays[f"W{k}"].T @ problem.arrays[f"W{k}"])
        log = (vectors * np.log(values)) @ vectors.T
        off = (log**2).sum() - (np.diagonal(log) ** 2).sum()
        noise = max(noise, np.sqrt(2 * off / m.settings["probes"]) / 2 / D)
    got = kernel.to_numpy(kernel.run())
    assert got["logabsdet"].shape == (2,)
    assert 0 < problem.error(got, m) < 4 * noise
    quality = problem.quality(got, m)
    each = got["logabsdets"] - np.linalg.slogdet([problem.arrays[f"W{k}"] for k in range(2)])[1][:, None]
    assert quality["bias"] == pytest.approx(each.mean() / D)
    assert ("noise" in quality) == (m.settings["probes"] > 1)
    if "noise" in quality:
        assert quality["noise"] == pytest.approx(np.sqrt(each.var(1, ddof=1).mean() / each.size) / D)
        assert quality["noise"] < 3 * noise
