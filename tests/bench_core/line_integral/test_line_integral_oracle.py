"""The oracle of the integral finds out by itself how many nodes are enough, or says that none are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import bench_core
from bench_core.line_integral import METHODS, LineIntegralProblem, _integral
from tests.bench_core.judges.line_integral import JACOBIANS
from tests.examples import examples

NAMES = ("loss", "y", "W0", "b0", "W1", "b1")


def _steeper(problem: LineIntegralProblem, factor: float) -> LineIntegralProblem:
    """The same network with W0 times this factor."""
    masters = dict(problem.masters)
    masters["W0"] = masters["W0"] * np.float32(factor)
    return LineIntegralProblem.from_arrays(**masters, J=problem.J)


def _fine(problem: LineIntegralProblem, nodes: int = 1200) -> dict[str, np.ndarray]:
    """Loss, y and gradients by float64 autodiff of one rule with very many nodes, written apart from bench_core."""
    p = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    x, target = p.pop("x"), p.pop("target")
    for array in p.values():
        array.requires_grad_()
    t, w = np.polynomial.legendre.leggauss(nodes)
    t, w = torch.from_numpy((t + 1) / 2), torch.from_numpy(w / 2)
    M = torch.tanh(t[:, None, None] * (x @ p["W0"].T) + p["b0"]) @ p["W1"].T + p["b1"]
    M = M.reshape(nodes, problem.B, problem.d, problem.d)
    J = torch.tanh(M) if problem.J == "tanh" else M
    Jx = torch.einsum("qbij,bj->qbi", J, x)
    if problem.J == "psd":
        Jx = torch.einsum("qbij,qbj->qbi", M, torch.einsum("qbij,bi->qbj", M, x)) + 1e-4 * x
    y = torch.einsum("q,qbi->bi", w, Jx)
    loss = ((y - target) ** 2).sum() / problem.B
    gradients = torch.autograd.grad(loss, list(p.values()))
    return {"loss": loss.detach().numpy(), "y": y.detach().numpy()} | {n: g.numpy() for n, g in zip(p, gradients)}


def _distance(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> float:
    return np.max([np.linalg.norm(got[name] - want[name]) / np.linalg.norm(want[name]) for name in NAMES])


def _answer(problem: LineIntegralProblem, name: str):
    m = bench_core.method("line_integral", name, "torch")
    kernel = m.build(problem, dtype="float64")
    return m, kernel.to_numpy(kernel.run())


@pytest.mark.long
def test_steep_networks_are_judged_by_the_truth_and_not_by_a_row():
    """32 nodes were the oracle of ``gauss_legendre_32``: an error of 5e-16 where it was wrong by 1e-4."""
    problem = _steeper(LineIntegralProblem(d=4, B=32, H=32, J="free", seed=0), 30)
    truth = _fine(problem)
    assert _distance(problem.oracle.integral, truth) < 1e-11
    m, got = _answer(problem, "gauss_legendre_32")
    error = _distance(got, truth)
    assert error > 1e-6
    assert problem.error(got, m) == pytest.approx(error, rel=1e-3)
    m, right = _answer(problem, "dopri5_direct_1e-09")
    assert problem.error(right, m) < 1e-6
    assert _distance(right, truth) < 1e-6


# It draws its own network: how steep, of which kind.
@pytest.mark.long
@settings(max_examples=examples(quick=3, thorough=20))
@given(
    J=st.sampled_from(JACOBIANS[:3]),
    steep=st.sampled_from([0.1, 1.0, 4.0, 16.0]),
    d=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_reference_is_that_of_a_thousand_nodes(J, steep, d, seed):
    """Of random networks, flat and steep."""
    problem = _steeper(LineIntegralProblem(d=d, B=3, H=4, J=J, seed=seed), steep)
    want = _fine(problem)
    for name, array in problem.oracle.integral.items():
        # Sums of terms that cancel are only as good as the terms.
        assert np.linalg.norm(array - want[name]) <= 1e-10 * max(np.linalg.norm(want[name]), 1e-2), name


def test_no_row_has_the_nodes_of_the_oracle():
    rows = {dict(m.settings)["Q"] for m in METHODS if "Q" in dict(m.settings)}
    rules = [len(t) for t, _ in _integral.refinements()]
    assert not rows & {_integral.FIRST, _integral.NODES, *rules}
    assert rules == sorted(rules)
    assert rules[-1] <= _integral.MOST_NODES < 2 * rules[-1]
    for t, w in _integral.refinements():
        assert w.sum() == pytest.approx(1, abs=1e-13)
        assert w @ t**39 == pytest.approx(1 / 40, abs=1e-14)


def test_smooth_networks_cost_two_rules_and_no_more(monkeypatch):
    """At d = 1,024 a rule of 32 nodes takes most of a minute."""
    taken, pull = [], _integral._pull

    def watch(network, x, r, rule):
        taken.append(len(rule[0]))
        return pull(network, x, r, rule)

    monkeypatch.setattr(_integral, "_pull", watch)
    assert LineIntegralProblem(d=16, B=16, H=32, J="psd").oracle.integral
    assert taken == [20, 24]


def test_steps_between_the_nodes_are_not_missed():
    """All hidden units turn before the first node: any two rules would agree, and be wrong by a thousandth."""
    problem = _steeper(LineIntegralProblem(d=2, B=3, H=4, J="free", seed=0), 1e6)
    with pytest.raises(ValueError, match=r"^the line integral does not converge: W0 x is up to [^\n]+ too steep for"):
        _ = problem.oracle.integral
    for steepness in (1.0, 300.0, 5000.0):
        for t, _ in _integral.refinements(steepness):
            assert np.diff([0, *t, 1]).max() * steepness <= 10


@pytest.mark.parametrize("most", ["nodes", "flops"])
def test_an_integral_that_does_not_converge_is_refused_in_one_line(most, monkeypatch):
    problem = _steeper(LineIntegralProblem(d=4, B=8, H=16, J="free", seed=1), 300 if most == "nodes" else 30)
    if most == "flops":
        monkeypatch.setattr(_integral, "MOST_FLOPS", 8.0 * problem.B * problem.outputs * problem.H * 100)
    m, got = _answer(problem, "gauss_legendre_16")
    with pytest.raises(ValueError, match=r"^the line integral does not converge: [^\n]+$") as caught:
        problem.error(got, m)
    nodes = {"nodes": "to 3072 nodes", "flops": "to 96 nodes"}[most]
    assert nodes in str(caught.value)
    assert "allowed: 1e-12" in str(caught.value)


def test_cancellation_does_not_keep_the_reference_from_converging():
    """Targets that are y itself, but for rounding: the loss and the gradients are nothing but rounding."""
    first = LineIntegralProblem(d=3, B=4, H=5, J="psd", seed=5)
    masters = dict(first.masters) | {"target": first.oracle.integral["y"]}
    found = LineIntegralProblem.from_arrays(**masters, J="psd").oracle.integral
    assert found["loss"] < 1e-28
    assert np.linalg.norm(found["W1"]) < 1e-12


def test_a_far_away_inverse_has_no_round_trip():
    """A wrong x may leave an integral that no rule can hold: it is judged by its error, and no number is made up."""
    problem = LineIntegralProblem(d=2, B=3, H=4, J="psd")
    m = bench_core.method("line_integral", "inverse_as_printed", "torch")
    quality = problem.quality({"x": np.full((3, 2), 1e6)}, m)
    assert quality["path_error"] > 1e3
    assert "round_trip" not in quality
    assert problem.quality({"x": np.full((3, 2), np.nan)}, m) == {}


def test_its_error_is_against_the_true_result_or_says_against_what():
    """A root's is what it leaves of y(x) = y; that of so many steps is against the same steps, and ``path_error`` says
    what they miss.
    """
    problem, measures = LineIntegralProblem(d=2, B=3), {"inverse_root": "residual", "inverse_rk4": "rule"}
    for m in bench_core.methods("line_integral", "torch"):
        assert problem.measure(m) == measures.get(m.computes, "reference"), m.name
