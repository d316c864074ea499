"""The layer of triangular factors: its factors, its blocks, and that it is the same density."""

from __future__ import annotations

import importlib
from itertools import pairwise

import jax
import numpy as np
import pytest
import torch

import bench_core
from bench_core.logdet import oracle, settings
from bench_core.logdet.factors import Factors
from bench_core.logdet.torch import _triangular
from tests.bench_core.judges import logdet as judge

METHODS = [bench_core.method("logdet", "lu_layer", backend) for backend in bench_core.BACKENDS]
BACKENDS = pytest.mark.parametrize("m", METHODS, ids=lambda m: m.backend)


def _unpack(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.tril(packed, -1) + np.eye(len(packed)), np.triu(packed)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_factors_are_of_the_weights_and_rounded_as_they_are(kind):
    weights = {f"W{k}": np.random.default_rng(k).standard_normal((7, 7)).astype(kind) for k in range(2)}
    factors = Factors(weights)
    for name, W in weights.items():
        packed, (there, back) = factors.masters[name], factors.orders[name]
        assert packed.dtype == kind
        lower, upper = _unpack(packed.astype(np.float64))
        assert np.abs(lower).max() == 1  # it pivots
        np.testing.assert_allclose((lower @ upper)[there], W, atol=20 * np.finfo(kind).eps)
        assert np.array_equal(there[back], np.arange(7))


def test_one_set_of_factors_serves_all_data():
    problem = bench_core.problem("logdet", D=9, B=4)
    factors = problem.factors
    assert problem.unseen().factors is factors


def test_it_is_the_same_density():
    """And another direction: no other row's answer is right for it."""
    problem = bench_core.problem("logdet", D=30, B=8, L=2, seed=4)
    other = problem.oracle._factored
    for plain, factored in zip(problem.oracle.pre, other.pre):
        np.testing.assert_allclose(factored, plain, rtol=1e-4, atol=1e-5)
    for k in range(2):
        value = np.log(np.abs(np.diagonal(problem.factors.masters[f"W{k}"]).astype(np.float64))).sum()
        assert value == pytest.approx(problem.oracle.values("logdets")[k], abs=1e-5)
    for m in METHODS:
        for name in ("relative", "transposed", "inverse"):
            kernel = bench_core.method("logdet", name, m.backend).build(problem)
            assert problem.error(kernel.to_numpy(kernel.run()), m) > 0.1


@BACKENDS
@pytest.mark.parametrize("number", [2, 3])
def test_blocks_of_unequal_rows_are_as_right_as_one(m, number, monkeypatch):
    edges = [0, 4, 13] if number == 2 else [0, 3, 10, 13]
    triangular = importlib.import_module(f"bench_core.logdet.{m.backend}._triangular")
    monkeypatch.setattr(triangular, "blocks", lambda *_: list(pairwise(edges)))
    problem = bench_core.problem("logdet", D=13, B=6, L=3, seed=8)
    kernel = m.build(problem, dtype="float64")
    got = kernel.to_numpy(kernel.run())
    assert judge.error(problem, got, m) < 1e-10
    assert problem.error(got, m) < 1e-10


def test_the_oracle_reads_factors_in_blocks(monkeypatch):
    problem, m = bench_core.problem("logdet", D=40, B=6, L=2, seed=2), METHODS[0]
    kernel = m.build(problem, dtype="float64")
    got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
    monkeypatch.setattr(oracle.masters, "BLOCK", 7 * 40)
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    assert problem.error(got, m) < 1e-10
    got["W1"][30, 3] *= 1.1
    assert problem.error(got, m) > 1e-4


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_blocks_are_of_whole_rows_and_all_of_them(device):
    for D in (1, 7, 255, 256, 600, 1000, 4097, 20000):
        found = settings.blocks(D, device)
        assert found[0][0] == 0
        assert found[-1][1] == D
        assert all(a[1] == b[0] for a, b in pairwise(found))
        assert len(found) == 1 or min(stop - start for start, stop in found) >= settings.LEAST_ROWS[device]
        assert len(found) <= settings.MOST_BLOCKS


@pytest.mark.parametrize(("device", "expected"), [(None, 4), ("several", 1)])
def test_a_users_parameter_has_the_blocks_of_its_device(monkeypatch, device, expected):
    m = bench_core.method("logdet", "lu_layer", "torch")
    x, factors, biases, orders, alpha = m.build(bench_core.problem("logdet", D=1000, B=2, L=1))._arguments()[:5]
    taken = []
    monkeypatch.setattr(_triangular, "blocks", lambda *given: taken.append(settings.blocks(*given)) or taken[-1])
    with torch.no_grad():
        m.function(x, [torch.nn.Parameter(W) for W in factors], biases, orders, alpha, device=device)
    assert {len(found) for found in taken} == {expected}


def test_a_gpu_has_fewer_blocks():
    """The program for CUDA, and that of the CPU: one block of D = 1,000 there, four here."""
    m = bench_core.method("logdet", "lu_layer", "jax")
    problem = bench_core.problem("logdet", D=1000, B=2, L=1)
    x, factors, biases, orders, alpha, *_ = m.build(problem)._arguments()
    traced = jax.jit(m.function).trace(x, factors, biases, orders, alpha)
    cpu, cuda = (
        traced.lower(lowering_platforms=(name,)).as_text().count("stablehlo.dot_general") for name in ("cpu", "cuda")
    )
    assert cuda < cpu / 4
