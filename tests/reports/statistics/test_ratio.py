"""Paired ratios: symmetry, coverage, the wider interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics import fit_spread, paired_ratio

times = st.floats(1e-6, 1e3)
processes = st.lists(st.lists(st.tuples(times, times), min_size=3, max_size=12), min_size=1, max_size=4)


def _pool(sessions):
    """The rounds of all processes as those of one."""
    return [tuple(np.concatenate(side) for side in zip(*sessions, strict=True))]


def _to_sessions(rounds):
    return [(np.array([a for a, _ in one]), np.array([b for _, b in one])) for one in rounds]


@given(processes)
@settings(derandomize=True, deadline=None, max_examples=80)
def test_exchanging_the_methods_inverts_the_ratio(rounds):
    sessions = _to_sessions(rounds)
    ratio, inverse = paired_ratio(sessions), paired_ratio([(b, a) for a, b in sessions])
    assert inverse.value == pytest.approx(1 / ratio.value)
    assert inverse.low == pytest.approx(1 / ratio.high, nan_ok=True)
    assert inverse.high == pytest.approx(1 / ratio.low, nan_ok=True)


@given(processes, st.floats(1e-3, 1e3))
@settings(derandomize=True, deadline=None, max_examples=80)
def test_is_free_of_the_unit_and_of_what_a_round_shares(rounds, unit):
    sessions = _to_sessions(rounds)
    drift = [unit * np.exp(np.sin(np.arange(len(a)))) for a, _ in sessions]
    plain = paired_ratio(sessions)
    drifted = paired_ratio([(a * d, b * d) for (a, b), d in zip(sessions, drift)])
    assert drifted.value == pytest.approx(plain.value)
    assert drifted.low == pytest.approx(plain.low, nan_ok=True)


@pytest.mark.parametrize(("count", "rounds"), [(2, 15), (3, 15), (5, 15)])
def test_covers_the_true_ratio_over_processes(simulate_sessions, count, rounds):
    rng = np.random.default_rng(11)
    ratios = [paired_ratio(simulate_sessions(rng, 1.3, count, rounds)) for _ in range(200)]
    assert np.mean([r.low <= 1.3 <= r.high for r in ratios]) >= 0.9
    assert np.median([r.high / r.low for r in ratios]) < 1.08


def test_covers_the_true_ratio_of_its_only_process(simulate_sessions):
    rng = np.random.default_rng(12)
    ratios = [paired_ratio(simulate_sessions(rng, 1.3, 1, 30, bias=0.0)) for _ in range(300)]
    assert np.mean([r.low <= 1.3 <= r.high for r in ratios]) >= 0.92


def test_pairing_beats_the_drift(simulate_sessions):
    t_a, t_b = simulate_sessions(np.random.default_rng(1), 1.1, 1, 30)[0]
    shuffled = np.random.default_rng(2).permutation(t_b)
    paired, unpaired = paired_ratio([(t_a, t_b)]), paired_ratio([(t_a, shuffled)])
    assert paired.high / paired.low < unpaired.high / unpaired.low


def test_quotes_the_wider_interval():
    rng = np.random.default_rng(4)
    apart = [(np.exp(bias + rng.normal(0, 1e-3, 15)), np.ones(15)) for bias in (-0.1, 0.0, 0.1)]
    ratio, pooled = paired_ratio(apart), paired_ratio(_pool(apart))
    assert ratio.low < pooled.low < pooled.high < ratio.high
    noisy = [(rng.lognormal(0, 0.5, 15), np.ones(15))] * 3  # no process differs: the rounds do
    ratio, pooled = paired_ratio(noisy), paired_ratio(_pool(noisy))
    assert (ratio.low, ratio.high) == (pooled.low, pooled.high)


def test_processes_that_agree_by_luck_do_not_claim_certainty():
    twice = [(np.full(15, 1.2), np.ones(15))] * 3
    assert paired_ratio(twice).high / paired_ratio(twice).low > 1.02


def test_measured_spread_holds_the_ratio_of_another_process():
    """Biases of 4 % a process: the expected 1.5 % is too little, what neighbours showed is not."""
    rng = np.random.default_rng(13)
    spread = fit_spread(rng.normal(0, 0.04, (60, 3)))
    process = lambda: (np.exp(rng.normal(0, 0.04) + rng.normal(0, 0.01, 12)), np.ones(12))  # noqa: E731
    for count, basis in ((1, "neighbours"), (2, "own processes")):
        held, blind = [], []
        for _ in range(200):
            sessions, other = [process() for _ in range(count)], float(np.median(process()[0]))
            ratio, expected = paired_ratio(sessions, measured=spread), paired_ratio(sessions)
            held.append(ratio.low <= other <= ratio.high)
            blind.append(expected.low <= other <= expected.high)
            assert ratio.basis == basis
        assert 0.90 <= np.mean(held) <= 0.99
        assert np.mean(blind) < 0.90
    assert paired_ratio([process()]).basis == "rounds"


def test_needs_six_rounds_over_all_processes():
    three = (np.array([1.0, 1.1, 1.2]), np.array([1.0, 1.0, 1.0]))
    assert paired_ratio([three]).undetermined
    assert not paired_ratio([three, three]).undetermined


@pytest.mark.parametrize(
    ("sessions", "message"),
    [
        ([], "at least one pair"),
        ([([1.0], [1.0], [1.0])], "session 0 must be a pair .* got 3"),
        ([([1.0, 2.0], [1.0])], "as many t_a as t_b, got 2 and 1"),
        ([([], [])], "t_a of session 0 must hold at least one"),
        ([([1.0], [1.0]), ([1.0], [float("inf")])], "t_b of session 1 must be positive and finite, got inf"),
        ([([1.0], [-1.0])], "t_b of session 0 must be positive and finite, got -1"),
    ],
)
def test_refuses_what_cannot_be_paired(sessions, message):
    with pytest.raises(ValueError, match=message):
        paired_ratio(sessions)
