"""Densities in the plane whose truth is known: points of curves or centres, all as likely, and normal noise.

Of the kinds that the published code of Gresele et al. 2020 names: a sine, two moons, three modes, rings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

# Points of a curve, which then has no beads at any noise here.
NODES = 400
# All samples lie within it in either coordinate.
LIMIT = 3.5


@dataclass(frozen=True)
class Plane:
    """``p(x) = mean_i N(x; nodes_i, noise^2 I)``, nodes (n, 2)."""

    nodes: np.ndarray
    noise: float

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Samples (count, 2)."""
        rng = np.random.default_rng(seed)
        return self.nodes[rng.integers(len(self.nodes), size=count)] + self.noise * rng.standard_normal((count, 2))

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """At points x (n, 2), in nats."""
        found = [self._log_density(part) for part in np.array_split(x, max(1, len(x) // 1000))]
        return np.concatenate(found)

    def _log_density(self, x: np.ndarray) -> np.ndarray:
        exponents = -((x[:, None] - self.nodes) ** 2).sum(-1) / (2 * self.noise**2)
        top = exponents.max(1)
        return top + np.log(np.exp(exponents - top[:, None]).mean(1)) - np.log(2 * np.pi * self.noise**2)


def _sine() -> Plane:
    """A wave and a half, nodes at equal steps of x."""
    x = np.linspace(-2.5, 2.5, NODES)
    return Plane(np.stack([x, 1.5 * np.sin(1.9 * x)], axis=1), 0.25)


def _moons() -> Plane:
    """Two half circles that reach into each other."""
    angles = np.linspace(0, np.pi, NODES // 2)
    upper = np.stack([np.cos(angles) - 0.5, np.sin(angles) - 0.25], axis=1)
    return Plane(1.7 * np.concatenate([upper, -upper]), 0.2)


def _modes() -> Plane:
    """Three centres."""
    return Plane(np.array([[-1.5, 0.0], [1.5, 1.5], [1.5, -1.5]]), 0.35)


def _rings() -> Plane:
    """Two circles about one centre, as many nodes for each length."""
    angles = 2 * np.pi * np.arange(NODES) / NODES
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return Plane(np.concatenate([2.4 * circle, circle[::2]]), 0.2)


SHAPES: Mapping[str, Callable[[], Plane]] = {"sine": _sine, "moons": _moons, "modes": _modes, "rings": _rings}
DATA = tuple(SHAPES)
