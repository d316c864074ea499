"""An independent judge: float64 reverse mode through dense Jacobians, sample by sample.

Written apart from ``bench_core`` on purpose: it shares no line with the oracle or the kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

from bench_core.logdet.oracle import RATE

SIZES = st.fixed_dictionaries({"D": st.integers(2, 14), "B": st.integers(1, 20), "L": st.integers(1, 4)})
# The corner once, with a seed of its own: a 1 x 1 gradient may cancel to nothing, and with it the relative error.
CORNERS = ({"D": 1, "B": 1, "L": 1}, {"D": 2, "B": 1, "L": 4})


def ordinary(problem) -> dict[str, np.ndarray]:
    """Gradients of the mean log-likelihood by every W and b, named as the parameters."""
    arrays = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    x = arrays.pop("x")
    parameters = {name: array.requires_grad_() for name, array in arrays.items()}

    def network(z):
        for k in range(problem.L):
            z = parameters[f"W{k}"] @ z + parameters[f"b{k}"]
            if k < problem.L - 1:
                z = problem.alpha * z + (1 - problem.alpha) * torch.logaddexp(z, torch.zeros_like(z))
        return z

    value = torch.zeros((), dtype=torch.float64)
    for sample in x:
        jacobian = torch.autograd.functional.jacobian(network, sample, create_graph=True)
        value = value + torch.linalg.slogdet(jacobian)[1] - 0.5 * (network(sample) ** 2).sum()
    gradients = torch.autograd.grad(value / problem.B, list(parameters.values()))
    return {name: g.numpy() for name, g in zip(parameters, gradients)}


def answer(problem, computes: str, rate: float) -> dict[str, np.ndarray]:
    """What a method that computes this should return, from the ordinary gradient by matrix products."""
    plain, p = ordinary(problem), problem.arrays
    if computes == "ordinary":
        return plain
    out: dict[str, np.ndarray] = {}
    change = []
    for k in range(problem.L):
        W, b = p[f"W{k}"], p[f"b{k}"]
        dW, db = plain[f"W{k}"], plain[f"b{k}"]
        if computes == "transposed":
            out |= {f"W{k}": W @ W.T @ dW, f"b{k}": W @ W.T @ db}
            continue
        # The layer as one homogeneous matrix M = [W b; 0 1]; its relative gradient is G M^T M.
        M = np.block([[W, b[:, None]], [np.zeros((1, problem.D)), np.ones((1, 1))]])
        G = np.vstack([np.column_stack([dW, db]), np.zeros((1, problem.D + 1))])
        relative = (G @ M.T @ M)[:-1]
        dW, db = relative[:, :-1], relative[:, -1]
        if computes == "relative":
            out |= {f"W{k}": dW, f"b{k}": db}
        else:
            out |= {f"W{k}": W + rate * dW, f"b{k}": b + rate * db}
            change.append(np.linalg.slogdet(W + rate * dW)[1] - np.linalg.slogdet(W)[1])
    return out | ({"logabsdet": np.array(change)} if computes == "value" else {})


def error(problem, got: dict[str, np.ndarray], method) -> float:
    """Largest relative error over the results; steps count against the update, log-determinants in nats per
    dimension.
    """
    want = answer(problem, method.computes, RATE)
    assert got.keys() == want.keys()
    errors = []
    for name, reference in want.items():
        difference = got[name].astype(np.float64) - reference
        if name == "logabsdet":
            errors.append(np.abs(difference).max() / problem.D)
        else:
            size = reference - problem.arrays[name] if method.computes in ("step", "value") else reference
            errors.append(np.linalg.norm(difference) / np.linalg.norm(size))
    return float(max(errors))
