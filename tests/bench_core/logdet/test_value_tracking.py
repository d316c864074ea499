"""The tracked log-determinant over many float32 steps, and what its value costs."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
import torch

import bench_core
from tests.examples import examples


@pytest.mark.long
def test_drift_over_many_steps():
    """log|det W| followed by the determinant lemma against slogdet in float64, on new data every step."""
    from bench_core.logdet.torch.value_tracking import value_tracking

    D, B, rate = 500, 100, 1e-4
    problem = bench_core.problem("logdet", D=D, B=B, L=2, seed=0)
    weights = [torch.from_numpy(problem.masters[f"W{k}"].copy()) for k in range(2)]
    biases = [torch.from_numpy(problem.masters[f"b{k}"].copy()) for k in range(2)]
    anchor = torch.stack([torch.linalg.slogdet(W.double()).logabsdet for W in weights])
    value = anchor.float()
    generator = torch.Generator().manual_seed(1)
    steps = examples(quick=400, thorough=1000)
    for _ in range(steps):
        x = torch.randn(B, D, generator=generator)
        _, _, value = value_tracking(x, weights, biases, value, problem.alpha, rate)
    truth = torch.stack([torch.linalg.slogdet(W.double()).logabsdet for W in weights])
    assert (truth - anchor).abs().min() > steps / 200  # the determinant did move
    assert float((value.double() - truth).abs().max()) / D < 1e-4


@pytest.mark.slow
@pytest.mark.alone
def test_value_costs_a_twentieth_of_slogdet():
    from bench_core.logdet.torch.value_tracking import logabsdet_change

    D, B = 4000, 100
    W = torch.from_numpy(bench_core.problem("logdet", D=D, B=B, L=1).masters["W0"])
    rng = np.random.default_rng(0)
    y, delta = (torch.from_numpy(rng.standard_normal((B, D)).astype(np.float32)) for _ in range(2))
    logabsdet_change(y, delta, 0.1)
    ratios = []
    for _ in range(7):
        start = time.perf_counter()
        logabsdet_change(y, delta, 0.1)
        middle = time.perf_counter()
        torch.linalg.slogdet(W)
        ratios.append((time.perf_counter() - middle) / (middle - start))
    assert statistics.median(ratios) >= 20
