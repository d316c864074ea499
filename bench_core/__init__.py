"""Reference kernels for gradients that avoid the cost of a Jacobian: what jacobench times.

>>> import bench_core
>>> problem = bench_core.problem("logdet", D=8, B=4, L=2, seed=0)
>>> [m.name for m in bench_core.methods("logdet", backend="torch")][:2]
['relative', 'relative_published']
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from bench_core.kernel import Kernel
from bench_core.method import BACKENDS, Cost, Declaration, Method, Unavailable, check_choice
from bench_core.problem import Problem

__all__ = [
    "BACKENDS",
    "FAMILIES",
    "Cost",
    "Declaration",
    "Kernel",
    "Method",
    "Problem",
    "Unavailable",
    "method",
    "methods",
    "problem",
]

FAMILIES = ("logdet", "implicit", "line_integral", "score")


def problem(family: str, seed: int = 0, **sizes: Any) -> Problem:
    """The family's problem at these sizes (each has a small default): seeded data and its float64 oracle.

    Raises ``ValueError`` for an unknown family and for sizes that the family does not allow.
    """
    make = _family(family).problem
    known = tuple(name for name in inspect.signature(make).parameters if name != "seed")
    for name in sizes:
        check_choice(f"size of {family}", name, known)
    return make(seed=seed, **sizes)


def methods(family: str, backend: str) -> tuple[Method, ...]:
    """All methods of a family on one backend, in the order of the family's list. Imports neither torch nor jax."""
    check_choice("backend", backend, BACKENDS)
    return tuple(
        Method(family, backend, declaration)
        for declaration in _family(family).METHODS
        if backend in dict(declaration.forms)
    )


def method(family: str, name: str, backend: str) -> Method:
    """One method by name; ``ValueError`` names those that exist."""
    known = {m.name: m for m in methods(family, backend)}
    return known[check_choice(f"method of {family} on {backend}", name, tuple(known))]


def _family(name: str):
    return importlib.import_module(f"bench_core.{check_choice('family', name, FAMILIES)}")
