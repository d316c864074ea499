"""An independent judge: float64 autodiff of T, dense Jacobians, sample by sample.

Written apart from ``bench_core`` on purpose: it shares no line with the oracle, the operators or the kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

_LAYER = st.fixed_dictionaries(
    {
        "D": st.integers(1, 14),
        "B": st.integers(1, 8),
        "gamma": st.floats(0.1, 0.95),
        "T": st.sampled_from(["random", "symmetric", "rotation"]),
        "tol": st.floats(-8, -2).map(lambda power: 10**power),
    }
)
_BLOCK = st.fixed_dictionaries(
    {
        "D": st.sampled_from([64, 128]),
        "B": st.integers(1, 3),
        "gamma": st.floats(0.1, 0.95),
        "T": st.just("conv"),
        "tol": st.floats(-8, -2).map(lambda power: 10**power),
    }
)
SIZES = st.one_of(_LAYER, _LAYER, _BLOCK)
EXAMPLES = {"torch": 12, "jax": 3}
COSTED = ({"D": 12, "B": 5, "T": "random"}, {"D": 7, "B": 9, "T": "symmetric"})


def sizes(method):
    return SIZES


def corners(method):
    return {"D": 1, "B": 1, "gamma": 0.5, "T": "random"}, {"D": 1, "B": 3, "gamma": 0.9, "T": "rotation"}


def room(method):
    return {"D": 10, "B": 6}


def placed(kernel):
    """The name of a parameter and what the kernel holds of it."""
    return "A", kernel._operator.arrays["A"]


def costed(method) -> bool:
    """Whether the formula is to equal the operations: solvers have products of their own, and theirs are counted by
    the operator (``tests/bench_core/implicit/test_products.py``).
    """
    return method.role != "peer" and not method.iterative and method.name not in ("shine", "dense")


def factorised(problem, method, calls) -> float:
    return 0.0


def uncounted(problem, method) -> float:
    return 0.0


def network(problem):
    """The parameters as leaves, and T for one sample's u and d."""
    arrays = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    parameters = {name: array.requires_grad_() for name, array in arrays.items() if name not in ("u", "v")}

    def T(u, d):
        if "A" in parameters:
            return torch.tanh(parameters["A"] @ u + d)
        image = u.reshape(1, -1, 8, 8)
        hidden = torch.tanh(torch.nn.functional.conv2d(image, parameters["K1"], padding=1))
        inner = image + torch.nn.functional.conv2d(hidden, parameters["K2"], padding=1)
        return problem.gamma / 2 * inner.reshape(-1) + d

    return parameters, T


def adjoint(problem, method) -> list[torch.Tensor] | None:
    """What w should be, by sample; None where there is no formula but the method's own."""
    _, T = network(problem)
    out = []
    for u, d, v in zip(*(torch.from_numpy(problem.arrays[name]) for name in ("u", "d", "v"))):
        M = torch.autograd.functional.jacobian(lambda u, d=d: T(u, d), u).T
        eye = torch.eye(len(u), dtype=u.dtype)
        if method.exact:
            out.append(torch.linalg.solve(eye - M, v))
        elif method.name in ("jfb", "jfb_layer"):
            out.append(v)
        elif method.computes == "warm_gradient":
            return None
        elif method.name.startswith("gmres_"):
            out.append(_least_residual(eye - M, v, method.settings["k"]))
        elif method.name.startswith("neumann_"):
            out.append(sum(torch.linalg.matrix_power(M, j) @ v for j in range(method.settings["k"] + 1)))
        elif method.name == "phantom":
            a, k = method.settings["damping"], method.settings["k"]
            out.append(a * sum(torch.linalg.matrix_power(a * M + (1 - a) * eye, j) @ v for j in range(k)))
        else:
            return None
    return out


def _least_residual(J: torch.Tensor, v: torch.Tensor, k: int) -> torch.Tensor:
    """``x + (v - J x)``, x from k products by least squares in an orthonormal basis of what they span."""
    basis = [v / v.norm()]
    while len(basis) < k:
        q = J @ basis[-1]
        for known in [*basis, *basis]:
            q = q - (known @ q) * known
        if q.norm() < 1e-12:
            break
        basis.append(q / q.norm())
    space = torch.stack(basis, 1)
    x = space @ torch.linalg.lstsq(J @ space, v[:, None]).solution[:, 0]
    return x + v - J @ x


def answer(problem, method) -> dict[str, np.ndarray] | None:
    """The parameters' gradients."""
    parameters, T = network(problem)
    arrays = {name: torch.from_numpy(problem.arrays[name]) for name in ("u", "v")}
    value = torch.zeros((), dtype=torch.float64)
    if method.name.startswith("unrolled"):
        for d, v in zip(parameters["d"], arrays["v"]):
            u = torch.zeros_like(v)
            for _ in range(method.settings["K"]):
                u = T(u, d)
            value = value + u @ v
    else:
        wanted = adjoint(problem, method)
        if wanted is None:
            return None
        for u, d, w in zip(arrays["u"], parameters["d"], wanted):
            value = value + T(u, d) @ w
    gradients = torch.autograd.grad(value, list(parameters.values()))
    return {name: g.numpy() for name, g in zip(parameters, gradients)}


def error(problem, got: dict[str, np.ndarray], method) -> float | None:
    """Largest relative error over the results. An iterative method is allowed its tolerance times ``|J^-1| |J|``."""
    if method.computes == "fixed_point":
        _, T = network(problem)
        images = [
            T(torch.from_numpy(u), d).detach().numpy() for u, d in zip(got["u"].astype(np.float64), _inputs(problem))
        ]
        residuals = [np.linalg.norm(i - u) / np.linalg.norm(i) for i, u in zip(images, got["u"])]
        return float(np.max(residuals)) / problem.tol * 1e-10  # Python's max passes over a nan
    want = answer(problem, method)
    if want is None:
        return None
    assert want.keys() <= got.keys()
    errors = [
        np.linalg.norm(got[name].astype(np.float64) - reference) / np.linalg.norm(reference)
        for name, reference in want.items()
    ]
    slack = 1.0
    if method.iterative:
        slack = problem.tol * (1 + problem.gamma) / (1 - problem.gamma) * _spread(problem) / 1e-10
    return float(np.max(errors)) / max(slack, 1.0)


def _inputs(problem):
    return torch.from_numpy(problem.arrays["d"])


def _spread(problem) -> float:
    """How far apart the samples' right-hand sides are: a relative residual of each is not one of their sum."""
    size = np.linalg.norm(problem.arrays["v"], axis=1)
    return float(4 * size.max() / size.min() * np.sqrt(len(size)))
