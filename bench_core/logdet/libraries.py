"""Layers of libraries that hold a matrix as a product of triangles: our layer in their parameters, and the gradient by
them.

A library's layer is ``y = L U x + b``, one of the triangles with ones on its diagonal. Where it has no permutation of
its own, and where it holds only a positive diagonal, it cannot hold our W; but the base density is the same in every
order and under every sign, so that with ``W = P L D U`` (LU with pivots, D the diagonal, |D| = S D) the layer

    y' = S P^T (W x + b) = (S L S) |D| U x + S P^T b

has the log-likelihood of ours, for every x. normflows permutes x: it holds ``S W``, from the LU of W^T. Parameters are
rounded to the masters' precision, and the reference is the gradient at the rounded ones:

    h = x U^T,  e = -y' / B,  dL = e^T h,  dU = (e L)^T x,  db = e^T 1,

each in its triangle, and of a diagonal d with log|det| = sum log|u(d)| the entry ``(. + 1 / u) u'``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench_core.held import is_finite
from bench_core.logdet.factors import Factors
from bench_core.logdet.problem import LogdetProblem
from bench_core.masters import relative_error
from bench_core.method import Unavailable
from bench_core.problem import Arrays

FLOOR = 1e-3  # eps (nflows, normflows) and min_eigval (torchflows): the libraries' defaults


@dataclass(frozen=True)
class Layout:
    """How a library writes its parameters.

    unit      which triangle has the ones: ``lower`` or ``upper``
    link      the diagonal by its parameter: ``softplus`` and ``exp``, plus FLOOR, or ``plain``
    permutes  whether the layer has a permutation of x
    upper     how the upper triangle is packed, by ``rows`` or by ``columns``; ``square``: both in one (D, D) array
    """

    unit: str = "lower"
    link: str = "softplus"
    permutes: bool = False
    upper: str = "rows"


LAYOUTS = {
    "nflows": Layout(),
    "normflows": Layout(permutes=True),
    "torchflows": Layout(link="exp", upper="columns"),
    "zuko": Layout(unit="upper", link="plain", upper="square"),
}


def masters(problem: LogdetProblem, package: str) -> Arrays:
    """The library's parameters: ``lower``, ``upper`` (n (n-1) / 2,), ``diagonal``, ``b`` (D,), or ``LU`` (D, D) and
    ``b``; ``order`` (D,), in which the layer reads x.

    Cost: an LU in float64. Raises ``Unavailable`` for a W with a pivot below what the library holds,
    ``SingularWeight``.
    """

    def compute() -> Arrays:
        found = _factor(problem, package)
        dtype = problem.masters["W0"].dtype
        return {name: a if name == "order" else a.astype(dtype) for name, a in found.items()}

    return problem.recall(f"{package}", compute, data=False)


def names(package: str) -> tuple[str, ...]:
    """Names of the gradients."""
    return ("LU", "b") if LAYOUTS[package].upper == "square" else ("lower", "upper", "diagonal", "b")


def error(problem: LogdetProblem, arrays: Arrays, package: str) -> float:
    """Largest relative error of the gradients against :func:`reference`."""
    expected = names(package)
    if set(arrays) != set(expected):
        raise ValueError(f"results named {sorted(arrays)}; allowed: {sorted(expected)}")
    want, errors = reference(problem, package), []
    for name in expected:
        if np.shape(arrays[name]) != want[name].shape:
            raise ValueError(f"result {name} has shape {np.shape(arrays[name])}; allowed: {want[name].shape}")
        if not is_finite(arrays[name]):
            return float("inf")
        errors.append(relative_error(np.asarray(arrays[name], np.float64) - want[name], want[name]))
    return max(errors)


def reference(problem: LogdetProblem, package: str) -> Arrays:
    """The gradient of the mean log-likelihood by the library's parameters, in float64."""
    layout, held = LAYOUTS[package], masters(problem, package)
    x = problem.arrays["x"][:, held["order"]]
    L, U, u, slope = _assemble({n: a.astype(np.float64) for n, a in held.items() if n != "order"}, layout)
    h = x @ U.T
    e = -(h @ L.T + held["b"]) / problem.B
    dL, dU = e.T @ h, (e @ L).T @ x
    diagonal = (np.diagonal(dL if layout.unit == "upper" else dU) + 1 / u) * slope
    return _pack(dL, dU, diagonal, e.sum(0), layout)


def _factor(problem: LogdetProblem, package: str) -> Arrays:
    layout, b = LAYOUTS[package], problem.arrays["b0"]
    factors = Factors({"W0": problem.masters["W0"].T}) if layout.permutes else problem.factors
    packed, order = factors.masters["W0"].astype(np.float64), factors.orders["W0"][1]
    L, U = np.tril(packed, -1) + np.eye(problem.D), np.triu(packed)  # of W or W^T, in this order
    if layout.permutes:
        L, U = U.T, L.T
    else:
        b, order = b[order], np.arange(problem.D)
    ours, theirs = np.diagonal(L), np.diagonal(U)
    diagonal, L, U = ours * theirs, L / ours, U / theirs[:, None]
    if layout.link != "plain":
        sign = np.sign(diagonal)
        diagonal, L, b = np.abs(diagonal), sign[:, None] * L * sign, sign * b
        if not diagonal.min() > FLOOR:
            raise Unavailable(f"{package} holds pivots above {FLOOR:g}; here the smallest is {diagonal.min():.2g}")
    L, U = (L * diagonal, U) if layout.unit == "upper" else (L, diagonal[:, None] * U)
    return _pack(L, U, _unlink(diagonal, layout.link), b, layout) | {"order": order}


def _unlink(diagonal: np.ndarray, link: str) -> np.ndarray:
    """The parameter d with u(d) = diagonal."""
    if link == "plain":
        return diagonal
    rest = diagonal - FLOOR
    return np.log(rest) if link == "exp" else rest + np.log(-np.expm1(-rest))


def _assemble(held: Arrays, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """L, U, the diagonal u and its derivative by its parameter."""
    if layout.upper == "square":
        L, U, d = np.tril(held["LU"], -1), np.triu(held["LU"], 1), np.diagonal(held["LU"])
    else:
        d = held["diagonal"]
        L, U = np.zeros((len(d), len(d))), np.zeros((len(d), len(d)))
        L[np.tril_indices(len(d), -1)] = held["lower"]
        (U if layout.upper == "rows" else U.T)[_upper(len(d), layout)] = held["upper"]
    if layout.link == "plain":
        u, slope = d, np.ones_like(d)
    elif layout.link == "exp":
        u, slope = np.exp(d) + FLOOR, np.exp(d)
    else:
        u, slope = np.logaddexp(0, d) + FLOOR, np.exp(-np.logaddexp(0, -d))
    on, ones = (L, U) if layout.unit == "upper" else (U, L)
    np.fill_diagonal(on, u)
    np.fill_diagonal(ones, 1)
    return L, U, u, slope


def _pack(L: np.ndarray, U: np.ndarray, diagonal: np.ndarray, b: np.ndarray, layout: Layout) -> Arrays:
    """By the library's names."""
    if layout.upper == "square":
        LU = np.tril(L, -1) + np.triu(U, 1)
        np.fill_diagonal(LU, diagonal)
        return {"LU": LU, "b": b}
    upper = (U if layout.upper == "rows" else U.T)[_upper(len(b), layout)]
    return {"lower": L[np.tril_indices(len(b), -1)], "upper": upper, "diagonal": diagonal, "b": b}


def _upper(D: int, layout: Layout) -> tuple[np.ndarray, ...]:
    """Where the packed upper triangle lies in U, or by columns in U^T."""
    return np.triu_indices(D, 1) if layout.upper == "rows" else np.tril_indices(D, -1)
