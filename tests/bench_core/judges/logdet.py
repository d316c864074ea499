"""An independent judge: float64 reverse mode through dense Jacobians, sample by sample.

Written apart from ``bench_core`` on purpose: it shares no line with the oracle or the kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

from bench_core.logdet import companions
from bench_core.logdet.settings import rate

_SIZES = st.fixed_dictionaries({"D": st.integers(2, 14), "B": st.integers(1, 20), "L": st.integers(1, 4)})
EXAMPLES = {"torch": 12, "jax": 3}
COSTED = (
    *({"D": 24, "B": 10, "L": 3}, {"D": 10, "B": 30, "L": 2}, {"D": 16, "B": 16, "L": 2}),
    {"D": 14, "B": 9, "L": 1},
)
# FLOPs of the factorisations in D^3 a call. LAPACK's trsm solves one triangle with D right-hand sides.
TORCH = {"_linalg_slogdet": 2 / 3, "linalg_inv_ex": 8 / 3, "linalg_lu_solve": 2.0, "_linalg_check_errors": 0.0}
TORCH |= {"linalg_lu_factor_ex": 2 / 3}
XLA = {"lapack_sgetrf_ffi": 2 / 3, "lapack_strsm_ffi": 1.0}


def _only(method) -> dict[str, int]:
    """The sizes that the method is for, where that is not all of them."""
    return {name: values[0] for name, values in method.declaration.only}


def sizes(method):
    return _SIZES.map(lambda drawn: drawn | _only(method))


def corners(method):
    """The first with a seed of its own: a 1 x 1 gradient may cancel to nothing, and with it the relative error."""
    return {"D": 1, "B": 1, "L": 1}, {"D": 2, "B": 1, "L": 4} | _only(method)


def room(method):
    return {"D": 10, "B": 6} | _only(method)


def placed(kernel):
    """The name of a parameter and what the kernel holds of it."""
    return "W0", kernel._state[0][0]


def costed(method) -> bool:
    """Whether the formula is to equal the operations; of Lanczos quadrature it leaves some out."""
    return method.declaration.kernel != "matfree"


def factorised(problem, method, calls) -> float:
    """FLOPs of the library routines that were called."""
    if method.name == "inverse_tracked":
        # Of B x B systems with D right-hand sides, one a layer.
        B, systems = problem.B, {"torch": "_linalg_solve_ex", "jax": "lapack_sgetrf_ffi"}[method.backend]
        assert method.backend == "jax" or set(calls) <= {systems, "_linalg_check_errors"}
        assert method.backend == "torch" or calls["lapack_strsm_ffi"] == 2 * calls[systems]
        return calls[systems] * (2 / 3 * B**3 + 2 * B**2 * problem.D)
    D = min(problem.B, problem.D) if method.name == "value_tracking" else problem.D
    # A batched call is one call: B of them for the Jacobians.
    batch = problem.B if method.name.startswith("jacobian_autodiff") else 1
    if method.backend == "torch":
        assert set(calls) <= TORCH.keys()
        return batch * sum(TORCH[name] * number for name, number in calls.items()) * D**3
    return batch * sum(XLA[name] * number for name, number in calls.items() if name in XLA) * D**3


def uncounted(problem, method) -> float:
    """FLOPs of the formula that are products with a vector in the compiled program, and not counted there."""
    p = problem
    if method.backend == "jax" and method.settings.get("probes") == 1:
        return (2 * method.settings["iterations"] + 1) * 2 * p.D**2 * p.L
    return 0.0


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


def by_factors(problem) -> dict[str, np.ndarray]:
    """Gradients by the packed factors (D, D) and the biases, named as the weights and biases: reverse mode through
    ``P L U`` and its log-determinant as a matrix.
    """
    arrays = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    x, D = arrays.pop("x"), problem.D
    arrays |= {name: torch.from_numpy(a.astype(np.float64)) for name, a in problem.factors.masters.items()}
    parameters = {name: array.requires_grad_() for name, array in arrays.items()}
    z, value = x, torch.zeros((), dtype=torch.float64)
    for k in range(problem.L):
        packed = parameters[f"W{k}"]
        permuted = torch.from_numpy(np.eye(D)[problem.factors.orders[f"W{k}"][0]])
        W = permuted @ (packed.tril(-1) + torch.eye(D, dtype=torch.float64)) @ packed.triu()
        z = z @ W.T + parameters[f"b{k}"]
        value = value + torch.linalg.slogdet(W)[1]
        if k < problem.L - 1:
            slope = problem.alpha + (1 - problem.alpha) * torch.sigmoid(z)
            value = value + slope.log().sum() / problem.B
            z = problem.alpha * z + (1 - problem.alpha) * torch.logaddexp(z, torch.zeros_like(z))
    gradients = torch.autograd.grad(value - 0.5 * (z**2).sum() / problem.B, list(parameters.values()))
    return {name: g.numpy() for name, g in zip(parameters, gradients)}


def answer(problem, computes: str, rate: float) -> dict[str, np.ndarray]:
    """What a method that computes this should return, from the ordinary gradient by matrix products."""
    if computes == "factors":
        return by_factors(problem)
    plain, p = ordinary(problem), problem.arrays
    if computes == "ordinary":
        return plain
    layers = range(problem.L)
    if computes == "ordinary_with_value":
        return plain | {"logabsdet": np.array([np.linalg.slogdet(p[f"W{k}"])[1] for k in layers])}
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
    if computes == "tracked":
        out |= {f"V{k}": np.linalg.inv(out[f"W{k}"]).T for k in layers}
        return out | {("G" if name[0] == "W" else "g") + name[1:]: array for name, array in plain.items()}
    return out | ({"logabsdet": np.array(change)} if computes == "value" else {})


def learned(problem, method) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """What a method with a learned inverse R should return: R for ``W^-1``, or B probes of it; and R's own gradient,
    of the reconstruction by autodiff. Beside it the sizes of what cancels in that where R is the inverse.
    """
    out, sizes, x = ordinary(problem), {}, torch.from_numpy(problem.arrays["x"])
    for k in range(problem.L):
        W, b = (torch.from_numpy(problem.arrays[f"{letter}{k}"]) for letter in "Wb")
        R = torch.from_numpy(companions.learned_inverse(problem, k, method.settings["steps"])).double().requires_grad_()
        z = x @ W.T
        (dR,) = torch.autograd.grad(-((z @ R.T - x) ** 2).sum() / problem.B, R)
        estimate, delta = R.detach().T, torch.from_numpy(out[f"W{k}"]) - torch.linalg.inv(W).T  # Delta^T Z
        if method.computes == "free_form":
            v = torch.from_numpy(companions.signs(problem, problem.B)).double()
            estimate = torch.einsum("bi,bj->ij", v, v @ R.detach().T) / problem.B
        else:
            # Delta^T Z with z = W x for x, and W back from y to x: W^T Delta^T X W^T.
            dR = dR - W.T @ delta @ W.T - W.T
        out |= {f"W{k}": (delta + estimate).numpy(), f"R{k}": dR.numpy()}
        sizes[f"R{k}"] = float(torch.linalg.norm(x.T @ z)) * 2 / problem.B
        x = problem.alpha * (z + b) + (1 - problem.alpha) * torch.logaddexp(z + b, torch.zeros_like(z))
    return out, sizes


def error(problem, got: dict[str, np.ndarray], method) -> float | None:
    """Largest relative error over the results; steps count against the update, log-determinants in nats per
    dimension. None for probes behind a solve that is cut off: they have tests of their own.
    """
    if method.declaration.kernel == "hutchinson_cg":
        return None
    sizes: dict[str, float] = {}
    if "steps" in method.settings:
        want, sizes = learned(problem, method)
    else:
        want = answer(problem, method.computes, rate(method.computes))
    assert got.keys() == want.keys()
    errors = []
    for name, reference in want.items():
        difference = got[name].astype(np.float64) - reference
        if name == "logabsdet":
            errors.append(np.abs(difference).max() / problem.D)
        else:
            steps = method.computes in ("step", "value", "tracked") and name[0] in "Wb"
            size = reference - problem.arrays[name] if steps else reference
            errors.append(np.linalg.norm(difference) / sizes.get(name, np.linalg.norm(size)))
    return float(np.max(errors))  # Python's passes over a nan
