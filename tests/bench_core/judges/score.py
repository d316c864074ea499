"""An independent judge: float64 autodiff, sample by sample, dense Jacobians.

Written apart from ``bench_core`` on purpose: it shares no line with the oracle or the kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

EXAMPLES = {"torch": 12, "jax": 2}
COSTED = ({"d": 12, "H": 10, "L": 3, "B": 17}, {"d": 6, "H": 16, "L": 2, "B": 5}, {"d": 9, "H": 7, "L": 1, "B": 4})


def _least(method) -> int:
    """The smallest batch: a sample for each probe."""
    return method.settings.get("k", 1)


def sizes(method):
    batch = st.integers(_least(method), _least(method) + 5)
    return st.fixed_dictionaries({"d": st.integers(1, 9), "H": st.integers(1, 9), "L": st.integers(1, 4), "B": batch})


def corners(method):
    B = _least(method)
    return {"d": 1, "H": 1, "L": 1, "B": B}, {"d": 2, "H": 3, "L": 4, "B": B}


def room(method):
    return {"d": 10, "H": 8, "L": 2, "B": max(6, _least(method))}


def placed(kernel):
    """The name of a parameter and what the kernel holds of it."""
    return "W0", kernel.parameters["W0"]


def _swish(h):
    return h / (1 + torch.exp(-h))


def _hidden(problem, p, y):
    for k in range(problem.L):
        y = _swish(p[f"W{k}"] @ y + p[f"b{k}"])
    return y


def _network(problem, p, computes):
    """g of one sample."""
    if computes == "tied":
        return lambda y: p["W0"].T @ (p["q"] * _swish(p["W0"] @ y + p["b0"]))
    if computes != "phi":
        return lambda y: p["V"] @ _hidden(problem, p, y) + p["c"]

    def g(y):
        y = y.clone().requires_grad_()
        return torch.autograd.grad(p["a"] @ _hidden(problem, p, y), y, create_graph=True)[0]

    return g


def answer(problem, method) -> dict[str, np.ndarray]:
    """The loss and the gradients, or the curl."""
    p = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    x, y, v = (p.pop(name) for name in "xyv")
    if method.computes.startswith("curl"):
        out = []
        for i, (data, probe) in enumerate(zip(y, v)):
            J = torch.autograd.functional.jacobian(_network(problem, p, "psi"), data)
            if method.computes == "curl_probes":
                out.append(_mean_of_probes(J, v, i, **method.settings))
                continue
            forward, back = J @ probe, J.T @ probe
            out.append(
                {
                    "curl": ((J - J.T) ** 2).sum(),
                    "curl_difference": ((forward - back) ** 2).sum(),
                    "curl_moments": 2 * (back @ back - probe @ (J @ forward)),
                }[method.computes]
            )
        return {"curl": torch.stack(out).numpy()}
    names = {"phi": "a", "tied": "q"}.get(method.computes, "Vc")
    layers = 1 if method.computes == "tied" else problem.L
    p = {
        name: a.requires_grad_()
        for name, a in p.items()
        if name[0] in "Wb" + names and name[1:] in ("", *map(str, range(layers)))
    }
    g = _network(problem, p, method.computes)
    if method.computes == "sliced":
        loss = sum(_slice(g, data, probe) for data, probe in zip(y, v)) / problem.B
    else:
        loss = sum(((a - b - problem.sigma**2 * g(b)) ** 2).sum() for a, b in zip(x, y)) / problem.B
    gradients = torch.autograd.grad(loss, list(p.values()))
    return {"loss": loss.detach().numpy()} | {name: a.numpy() for name, a in zip(p, gradients)}


def _mean_of_probes(J, v, i, k, rademacher):
    """Sample i's probes are its own v and those after it, round the batch."""
    found = []
    for j in range(k):
        probe = v[(i + j) % len(v)]
        probe = torch.where(probe > 0, 1.0, -1.0).double() if rademacher else probe
        found.append(((J @ probe - J.T @ probe) ** 2).sum())
    return torch.stack(found).mean()


def _slice(g, data, probe):
    """``v^T J v + |g|^2 / 2`` of one sample."""
    data = data.clone().requires_grad_()
    value = g(data)
    (back,) = torch.autograd.grad(value @ probe, data, create_graph=True)
    return back @ probe + value @ value / 2


def error(problem, got: dict[str, np.ndarray], method) -> float:
    """Largest relative error over the results; of a curl by the size of the Jacobian, because it may cancel."""
    want = answer(problem, method)
    assert got.keys() == want.keys()
    if method.computes.startswith("curl"):
        p = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
        network = _network(problem, p, "psi")
        sizes = [torch.autograd.functional.jacobian(network, data).square().sum() for data in p["y"]]
        if method.computes not in ("curl", "curl_probes"):
            sizes = [_products(network, data, probe) for data, probe in zip(p["y"], p["v"])]
        scale = 2 * np.linalg.norm(np.array([float(s) for s in sizes]))
        return float(np.linalg.norm(got["curl"] - want["curl"]) / scale)
    errors = [np.linalg.norm(got[name] - reference) / np.linalg.norm(reference) for name, reference in want.items()]
    return float(np.max(errors))  # Python's passes over a nan


def _products(network, data, probe):
    J = torch.autograd.functional.jacobian(network, data)
    return ((J @ probe) ** 2).sum() / 2 + ((J.T @ probe) ** 2).sum() / 2


def costed(method) -> bool:
    """Whether the formula is to equal the operations."""
    return True


def factorised(problem, method, calls) -> float:
    return 0.0


def uncounted(problem, method) -> float:
    return 0.0
