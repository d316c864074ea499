"""An independent judge: float64 autodiff of the same rule, dense Jacobians, sample by sample.

Written apart from ``bench_core`` on purpose: it shares no line with the oracle or the kernels.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
import torch
from hypothesis import strategies as st
from scipy.integrate import quad

JACOBIANS = ("free", "tanh", "psd", "kronecker", "kronecker_psd", "hessian", "uneven")


def kinds(method):
    """The kinds of Jacobian that a method answers for; None where that is all of them."""
    return dict(method.declaration.only).get("J")


def sizes(method):
    allowed = kinds(method) or JACOBIANS

    def complete(J):
        d = st.sampled_from([1, 4, 9]) if J.startswith("kronecker") else st.integers(1, 6)
        return st.fixed_dictionaries({"d": d, "B": st.integers(1, 5), "H": st.integers(1, 7), "J": st.just(J)})

    return st.sampled_from(allowed).flatmap(complete)


def corners(method):
    J = (kinds(method) or JACOBIANS)[-1]
    return {"d": 1, "B": 1, "H": 1, "J": J}, {"d": 4, "B": 3, "H": 2, "J": J}


def room(method):
    return {"d": 4, "B": 6, "H": 5, "J": (kinds(method) or ("psd",))[0]}


def placed(kernel):
    """The name of a parameter and what the kernel holds of it."""
    return "W1", kernel.parameters["W1"]


def _jacobian(problem, p):
    side = isqrt(problem.d)

    def J(x):
        M = p["W1"] @ torch.tanh(p["W0"] @ x + p["b0"]) + p["b1"]
        if problem.J.startswith("kronecker"):
            A, B = M.reshape(2, side, side)
            M = torch.kron(A, B)
        else:
            M = M.reshape(problem.d, problem.d)
        if problem.J.endswith("psd"):
            return M @ M.T + 1e-4 * torch.eye(problem.d, dtype=M.dtype)
        return torch.tanh(M) if problem.J == "tanh" else M

    return J


def _rule(method):
    Q = method.settings["Q"]
    if method.name.startswith("trapezoid"):
        return [(q / (Q - 1), (0.5 if q in (0, Q - 1) else 1.0) / (Q - 1)) for q in range(Q)]
    return _kronrod(Q) if method.name.startswith("gauss_kronrod") else _legendre(Q)


def _legendre(Q):
    nodes, weights = np.polynomial.legendre.leggauss(Q)
    return [((t + 1) / 2, w / 2) for t, w in zip(nodes, weights)]


def _kronrod(Q):
    """QUADPACK's, which asks for 21 points of a finite range and for 15 of an endless one, with ``x = (1 - t) / t``. A
    node's weight is by how much the integral of t grows where a little is added there.
    """
    asked: list[float] = []
    end, more = {15: np.inf, 21: 1.0}[Q], 1e-3

    def integrate(node):
        def integrand(x):
            asked.append(x)
            t = 1 / (1 + x) if Q == 15 else x
            return (t + more * (x == node)) * (t**2 if Q == 15 else 1)

        return quad(integrand, 0, end, epsabs=1e9)[0]

    plain = integrate(-1.0)
    nodes = tuple(asked)
    return [(1 / (1 + x) if Q == 15 else x, (integrate(x) - plain) / more) for x in nodes]


def _sum(terms) -> torch.Tensor:
    return torch.stack(list(terms)).sum(0)


def answer(problem, method) -> dict[str, np.ndarray] | None:
    """What the rule gives; None of adaptive steps, which follow the data."""
    p = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    x, target = p.pop("x"), p.pop("target")
    J = _jacobian(problem, p)
    if method.iterative:
        return None
    if method.computes == "inverse_rk4":
        h, rows = 1 / method.settings["steps"], []
        for y in target:
            z = torch.zeros_like(y)
            for _ in range(method.settings["steps"]):
                k1 = torch.linalg.solve(J(z), y)
                k2 = torch.linalg.solve(J(z + h / 2 * k1), y)
                k3 = torch.linalg.solve(J(z + h / 2 * k2), y)
                k4 = torch.linalg.solve(J(z + h * k3), y)
                z = z + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
            rows.append(z)
        return {"x": torch.stack(rows).numpy()}
    if method.computes == "inverse":
        rule = _rule(method)
        return {"x": torch.stack([_sum(w * torch.linalg.solve(J(t * y), y) for t, w in rule) for y in target]).numpy()}
    for array in p.values():
        array.requires_grad_()
    y = torch.stack([_sum(w * J(t * c) @ c for t, w in _rule(method)) for c in x])
    loss = ((y - target) ** 2).sum() / problem.B
    gradients = torch.autograd.grad(loss, list(p.values()))
    return {"loss": loss.detach().numpy(), "y": y.detach().numpy()} | {n: g.numpy() for n, g in zip(p, gradients)}


def error(problem, got: dict[str, np.ndarray], method) -> float | None:
    """Largest relative error over the results, gradients included; an adaptive method is allowed 1,000 times its
    tolerance of a step, of what the problem's numbers are made of: a sum over samples may be smaller by far.
    """
    got = {name: array for name, array in got.items() if name != "estimate"}
    if method.computes == "inverse_root":
        return _miss(problem, got["x"]) / (10 * method.settings["tol"]) * 1e-10
    want = answer(problem, method)
    if want is None:
        want = {"x": problem.oracle.inverse} if method.computes == "inverse" else problem.oracle.integral
        assert got.keys() == want.keys()
        scales = _norms(want) if method.computes == "inverse" else _scales(problem, want)
        return _distance(got, want, scales) / (1e3 * method.settings["tol"]) * 1e-10
    assert got.keys() == want.keys()
    scales = _norms(want)
    if "loss" in want:
        # What is made of the residual y - target has the rounding of y, however much of that cancels.
        y, target = want["y"], problem.arrays["target"]
        lost = max(1.0, float(np.linalg.norm(y) / (np.linalg.norm(y - target) or 1.0)))
        scales = {name: size * (1.0 if name == "y" else lost) for name, size in scales.items()}
    return _distance(got, want, scales)


def _miss(problem, x: np.ndarray) -> float:
    """Largest ``|y(x) - y| / |y|`` of a sample."""
    p = {name: torch.from_numpy(array) for name, array in problem.arrays.items()}
    J, found = _jacobian(problem, p), []
    for row, y in zip(torch.tensor(x), p["target"]):
        reached = _sum(w * J(t * row) @ row for t, w in _legendre(40))
        found.append(float((reached - y).norm() / y.norm()))
    return float(np.max(found))  # Python's passes over a nan


def _norms(arrays: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.linalg.norm(array)) for name, array in arrays.items()}


def _scales(problem, want: dict[str, np.ndarray]) -> dict[str, float]:
    """To first order, what an error of ``e (1 + |y|)`` in each sample's y and in its derivatives makes of the results.

    Its derivatives are those of a loss whose residual is one in every component.
    """
    masters = dict(problem.masters)
    x, residuals = masters.pop("x"), want["y"] - masters.pop("target")
    solution, residual, derivatives = [], [], []
    for i in range(problem.B):
        single = type(problem).from_arrays(x[i : i + 1], want["y"][i : i + 1] - 1, **masters, J=problem.J)
        of_one = single.oracle.integral
        derivatives.append(np.sqrt(sum(np.linalg.norm(of_one[name]) ** 2 for name in masters)))
        solution.append(1 + np.linalg.norm(want["y"][i]))
        residual.append(np.linalg.norm(residuals[i]))
    solution, residual, derivatives = map(np.array, (solution, residual, derivatives))
    scales = {"y": np.linalg.norm(solution), "loss": residual @ solution / problem.B}
    return scales | dict.fromkeys(masters, (residual + solution) @ derivatives / problem.B)


def _distance(got: dict[str, np.ndarray], want: dict[str, np.ndarray], scales: dict[str, float]) -> float:
    """Largest error of the results, in their scales."""
    return float(np.max([float(np.linalg.norm(got[name] - want[name])) / scales[name] for name in want]))


EXAMPLES = {"torch": 12, "jax": 1}
COSTED = tuple({"d": 9, "B": 4, "H": 5, "J": J} for J in ("free", "psd", "kronecker", "kronecker_psd"))


def costed(method) -> bool:
    """Whether the formula is to equal the operations: of adaptive steps and eigenproblems it is an estimate."""
    if method.computes == "inverse_rk4":
        return method.backend == "torch" and method.settings["solver"] != "kronecker"
    return method.computes == "integral" and not method.iterative


# torch: FLOPs of d^3 of one matrix of a call, beside the d^2 of its right-hand side that follow.
FACTORISATIONS = {"_linalg_solve_ex": 2 / 3, "linalg_cholesky_ex": 1 / 3}


def factorised(problem, method, calls) -> float:
    """A call factorises the matrices of a batch, and two triangular systems are solved with each."""
    assert set(calls) <= {*FACTORISATIONS, "_linalg_check_errors"}
    d, B = problem.d, problem.B
    return sum(calls[name] * B * (power * d**3 + 2 * d**2) for name, power in FACTORISATIONS.items())


def uncounted(problem, method) -> float:
    """FLOPs of the formula that are products with a vector in the compiled program, and not counted there."""
    factored = problem.J.startswith("kronecker") and "formed" not in method.name
    if method.backend == "torch" or factored or method.name == "psd_applied":
        return 0.0
    products = 5 if problem.J == "psd" and "formed" not in method.name else 2
    points = problem.B * (1 if method.name.startswith("averaged") else method.settings["Q"])
    return 2.0 * points * products * problem.d**2
