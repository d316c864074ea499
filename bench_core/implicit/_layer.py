"""What the fixed-point layers of both backends share: which solvers there are, and input checked before one starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bench_core
from bench_core.method import check_choice, check_size


def find_solver(name: str, backend: str) -> Callable[..., Any]:
    """The family's forward solver of this name; ``ValueError`` names those that exist."""
    known = {m.name: m for m in bench_core.methods("implicit", backend) if m.computes == "fixed_point"}
    return known[check_choice("solver", name, tuple(known))].function


def check_shape(shape: Any) -> tuple[int, ...]:
    """The shape of one sample's state as a tuple; ``ValueError`` where it is none."""
    try:
        sizes = tuple(shape)
    except TypeError:  # one number, NumPy's among them
        sizes = (shape,)
    if not sizes:
        raise ValueError("shape = () is not that of a state; allowed: a whole number from 1, or several")
    return tuple(check_size("shape", size) for size in sizes)


def check_input(x: Any, floating: bool) -> None:
    """Raise ``ValueError`` where x is not a batch of floating-point numbers, whose precision the state has."""
    if not x.ndim or not len(x):
        raise ValueError(f"x has shape {tuple(x.shape)}; allowed: (B, ...) with B from 1")
    if not floating:
        raise ValueError(f"x is {x.dtype}; allowed: floating-point numbers, whose precision the state has")


def check_image(image: Any, state: Any) -> Any:
    """``T(z, x)``; ``ValueError`` where it has not the shape of z."""
    if image.shape != state.shape:
        raise ValueError(f"T(z, x) has shape {tuple(image.shape)}; allowed: {tuple(state.shape)}, that of z")
    return image
