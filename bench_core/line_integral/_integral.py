"""The line integral and its gradient in NumPy by a rule that is refined until the result stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from bench_core.line_integral._network import Network
from bench_core.line_integral.settings import Rule, gauss_legendre

STABLE = 1e-12  # relative change of every result, in the 2-norm, between one refinement and the next
ROUNDING = 1e-14  # of the terms of a sum: what float64 leaves where they cancel
# Gauss-Legendre with FIRST nodes, then with NODES on 1, 2, 4, ... pieces of the path: never the nodes of a row. Two are
# always computed, and at once enough where the integrand is smooth.
FIRST, NODES = 20, 24
MOST_NODES = 4096
MOST_FLOPS = 3e13  # of one refinement: minutes
# Steps of ``W0 x`` from node to node: with larger ones a hidden unit could turn between two nodes of both rules, which
# would agree and be wrong.
SEEN = 10.0

Results = dict[str, np.ndarray]


def pieces(number: int) -> Rule:
    """NODES nodes of Gauss-Legendre on each of so many pieces of [0, 1]."""
    t, w = gauss_legendre(NODES)
    return ((np.arange(number)[:, None] + t) / number).ravel(), np.tile(w / number, number)


def refinements(steepness: float = 0.0) -> Iterator[Rule]:
    """Rules with more and more nodes, of those that miss nothing where ``W0 x`` is up to ``steepness``."""
    if steepness * gap(first := gauss_legendre(FIRST)) <= SEEN:
        yield first
    number = 1
    while number * NODES <= MOST_NODES:
        if steepness * gap(rule := pieces(number)) <= SEEN:
            yield rule
        number *= 2


def gap(rule: Rule) -> float:
    """The longest piece of [0, 1] without a node."""
    return float(np.diff(rule[0], prepend=0, append=1).max())


def converge(evaluate: Callable[[Rule], tuple[Results, Results]], flops: float, steepness: float) -> Results:
    """The results of the first rule that gives those of the rule before; ``evaluate`` also says of each how large the
    terms are that add up to it. ``flops`` are those of one node, ``steepness`` is the largest entry of ``W0 x``.

    Raises ``ValueError`` where MOST_NODES nodes or MOST_FLOPS operations are not enough.
    """
    before: Results = {}
    worst, why = f"W0 x is up to {steepness:.1e}, too steep for {MOST_NODES} nodes", ""
    for rule in refinements(steepness):
        if len(rule[0]) * flops > MOST_FLOPS and before:
            why = f"and {len(rule[0])} would take more than {MOST_FLOPS:.0e} operations"
            break
        results, terms = evaluate(rule)
        changes = {}
        for name, result in results.items():
            allowed = max(STABLE * np.linalg.norm(result), ROUNDING * float(terms[name]))
            if before and (change := np.linalg.norm(result - before[name])) > allowed:
                changes[name] = float(change / (np.linalg.norm(result) or 1))
        if before and not changes:
            return results
        if changes:
            name = max(changes, key=lambda name: changes[name])
            worst = f"the last refinement, to {len(rule[0])} nodes, changed {name} by {changes[name]:.1e}"
        before = results
    raise ValueError(f"the line integral does not converge: {worst}; allowed: {STABLE:.0e} {why}".rstrip())


def integrate(network: Network, x: np.ndarray) -> np.ndarray:
    """y of rows x."""

    def evaluate(rule: Rule) -> tuple[Results, Results]:
        y, terms = _value(network, x, rule)
        return {"y": y}, {"y": terms}

    return converge(evaluate, 2.0 * len(x) * network.W1.size, _steepness(network, x))["y"]


def gradient(network: Network, x: np.ndarray, target: np.ndarray) -> Results:
    """Loss, y and the gradients by the parameters: ``dW1 = sum w vec(dM) h^T`` and so on to W0."""

    def evaluate(rule: Rule) -> tuple[Results, Results]:
        y, terms = _value(network, x, rule)
        rest, batch = y - target, len(x)
        results = {"loss": np.asarray((rest**2).sum() / batch), "y": y}
        # A residual that is what y and the target leave of each other is no more accurate than they are.
        size = terms + np.linalg.norm(target)
        lost = size / max(float(np.linalg.norm(rest)), 1e-300)
        sizes = {"loss": 2 * lost * results["loss"], "y": terms}
        gradients, parts = _pull(network, x, 2 / batch * rest, rule)
        return results | gradients, sizes | {name: lost * part for name, part in parts.items()}

    return converge(evaluate, 8.0 * len(x) * network.W1.size, _steepness(network, x))


def _steepness(network: Network, x: np.ndarray) -> float:
    """How fast the argument of a hidden unit changes along the path at most."""
    return float(abs(x @ network.W0.T).max())


def _value(network: Network, x: np.ndarray, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """y, and how large its terms are."""
    y, terms = np.zeros_like(x), np.zeros(())
    for t, w in zip(*rule):
        for rows in network.rows(x):
            part = w * network.apply(network.outputs(network.hidden(t * x[rows])), x[rows])
            y[rows] += part
            terms += np.linalg.norm(part)
    return y, terms


def _pull(network: Network, x: np.ndarray, r: np.ndarray, rule: Rule) -> tuple[Results, Results]:
    """Gradients of ``<y, r>`` by the parameters, and how large their terms may be."""
    gradients = {name: np.zeros_like(getattr(network, name)) for name in ("W0", "b0", "W1", "b1")}
    terms, gain = {name: np.zeros(()) for name in gradients}, np.linalg.norm(network.W1)
    for t, w in zip(*rule):
        for rows in network.rows(x):
            c, h = x[rows], network.hidden(t * x[rows])
            dM = network.pull(network.outputs(h), c, w * r[rows])
            slope = 1 - h**2
            inner = (dM @ network.W1) * slope
            parts = {"W1": dM.T @ h, "b1": dM.sum(0), "W0": inner.T @ (t * c), "b0": inner.sum(0)}
            outer, within = np.linalg.norm(dM), gain * slope.max()
            sizes = {"W1": np.linalg.norm(h), "b1": 1.0, "W0": within * t * np.linalg.norm(c), "b0": within}
            for name, part in parts.items():
                gradients[name] += part
                terms[name] += outer * sizes[name]
    return gradients, terms
