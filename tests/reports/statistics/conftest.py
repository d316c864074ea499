"""Synthetic truth: sessions and curves whose answer is known, with the noise of a real machine."""

import numpy as np
import pytest


def _simulate_sessions(rng, ratio, processes, rounds, bias=0.01):
    """Pairs (t_a, t_b) with time(a) / time(b) = ratio: drift by round, bias by process and method, outliers."""
    sessions = []
    for _ in range(processes):
        drift = np.empty(rounds)
        state = rng.normal(0, 0.05)
        for r in range(rounds):
            drift[r] = state
            state = 0.8 * state + rng.normal(0, 0.05 * 0.6)  # AR(1) whose standard deviation stays 5 %
        times = []
        for true_s in (1e-3 * ratio, 1e-3):
            noise = rng.normal(0, 0.02, rounds) + np.log1p(0.3 * (rng.random(rounds) < 0.02))
            times.append(true_s * np.exp(drift + rng.normal(0, bias) + noise))
        sessions.append((times[0], times[1]))
    return sessions


def _simulate_curve(rng, sizes, power, floor_s=20e-6, top_s=0.1, rounds=15, bias=0.02, noise=0.05):
    """Samples of floor + power at each size: lognormal noise per sample and a bias per size (one session each)."""
    sizes = np.asarray(sizes, dtype=float)
    true_s = floor_s + top_s * (sizes / sizes[-1]) ** power
    return [s * np.exp(rng.normal(0, bias) + rng.normal(0, noise, rounds)) for s in true_s]


@pytest.fixture
def simulate_sessions():
    return _simulate_sessions


@pytest.fixture
def simulate_curve():
    return _simulate_curve
