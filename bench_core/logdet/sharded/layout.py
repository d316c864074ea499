"""Which array is cut along which axis, and when it can be.

Gradients alternate (Shoeybi et al. 2019, section 3): layer 0 by its outputs, layer 1 by its inputs, and so on. A layer
cut by its outputs gives each device its own columns of the activations, which is what a layer cut by its inputs reads:
between the two nothing is exchanged.

Steps are by inputs in every layer. A step adds its product tile by tile of rows, so that none of D x D numbers is held
beside W; of a W cut by its outputs a tile is one device's, and XLA would gather all of W to cut it out.

Packed factors are by rows in every layer: one array holds U and L, each of which is cut by its outputs so. A dense
product takes a triangle whole, for a block of rows is one device's and would be gathered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench_core.logdet.settings import RATE
from bench_core.method import Method, check_choice

# The methods that are known to run so.
METHODS = ("relative", "relative_step", "value_tracking", "inverse", "lu_layer")
OUTPUTS, INPUTS = 0, 1  # axes of W


def cut(method: Method, name: str) -> int | None:
    """The axis along which the array of this name lies over the devices; None where each holds the whole of it."""
    if method.computes == "factors":
        return OUTPUTS if name[0] == "W" else None
    if method.in_place:
        return INPUTS if name[0] in "Wx" else None
    if name[0] not in "Wb":
        return None
    axis = int(name[1:]) % 2
    return axis if name[0] == "W" or axis == OUTPUTS else None


def arrange(method: Method, problem: Any, leaf: Callable[[str], Any]) -> tuple:
    """What the kernel is called with, each array (``logabsdet``, ``alpha`` and ``rate`` too, and a factored weight's
    order as ``o0``) as ``leaf`` gives it.
    """
    layers = range(problem.L)
    given = (leaf("x"), tuple(leaf(f"W{k}") for k in layers), tuple(leaf(f"b{k}") for k in layers))
    given += (leaf("logabsdet"),) if method.computes == "value" else ()
    given += (tuple(leaf(f"o{k}") for k in layers),) if method.computes == "factors" else ()
    return (*given, leaf("alpha"), *((leaf("rate"),) if method.in_place else ()))


def results(method: Method, problem: Any, leaf: Callable[[str], Any]) -> tuple:
    """The same of what it returns."""
    layers = range(problem.L)
    out = (tuple(leaf(f"W{k}") for k in layers), tuple(leaf(f"b{k}") for k in layers))
    return (*out, leaf("logabsdet")) if method.computes == "value" else out


def shape(problem: Any, name: str) -> tuple[int, ...]:
    """Shape of an array of :func:`arrange`."""
    own = {"logabsdet": (problem.L,), "alpha": (), "rate": ()} | {f"o{k}": (2, problem.D) for k in range(problem.L)}
    return own[name] if name in own else problem.shape(name)


def value(method: Method, problem: Any, name: str) -> np.ndarray:
    """An array of :func:`arrange`."""
    if name in ("alpha", "rate"):
        return np.asarray({"alpha": problem.alpha, "rate": RATE}[name])
    if name == "logabsdet":
        return np.zeros(problem.L)
    if is_order(name):
        return problem.factors.orders[f"W{name[1:]}"]
    return (problem.factors if name[0] == "W" and method.computes == "factors" else problem).masters[name]


def is_order(name: str) -> bool:
    """Whether the array of this name holds whole numbers: the places of a factored weight's rows."""
    return name[0] == "o"


def function(method: Method) -> Callable[..., Any]:
    """The method's, told that its arrays lie over devices where its program depends on it."""
    return partial(method.function, device="several") if method.computes == "factors" else method.function


def check(method: Method, problem: Any, devices: int) -> None:
    """Raise ``ValueError`` where the method, or the problem at its sizes, is not for so many devices."""
    check_choice("method over several devices", method.name, METHODS)
    if problem.D % devices:
        raise ValueError(f"D = {problem.D} over {devices} devices; allowed: multiples of {devices}")
    if problem.B > problem.D:
        raise ValueError(f"B = {problem.B} with D = {problem.D}; allowed over several devices: B <= D")
