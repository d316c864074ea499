"""Denoising with a network that stands for the score: sizes, weights, data and probes.

Model (Saremi 2019): samples x, smoothed ``y = x + sigma n``, and the objective ``E |x - y - sigma^2 g(y)|^2`` whose
minimum is the score of the smoothed density. g is one of

- *psi*, a network R^d -> R^d with L hidden layers of H units: ``psi(y) = V s(W_{L-1} ... s(W_0 y + b_0) ...) + c``;
- *phi*, the gradient of a network R^d -> R with the same hidden layers: ``phi(y) = <a, s(W_{L-1} ...)>``;
- *tied*, psi with one hidden layer and the output weights ``W_0^T diag(q)``: a gradient by construction.

s is the swish ``s(h) = h / (1 + exp(-h))``, smooth, as the paper asks of activations that are differentiated twice.

V is mostly the tied readout, ``V = W_0^T diag(q) + 0.1 N``, and inner weights are near the identity: a psi that has
been trained on a score is nearly a gradient, and that is where a measure of its curl has to work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench_core.masters import adopt, align, normal, take
from bench_core.method import Method, check_seed, check_size, is_real
from bench_core.problem import Problem

SIGMA = 0.5
COMPONENTS = 4  # of the mixture that the data are drawn from
WIDTH = 0.3  # standard deviation of one of them
ASYMMETRY = 0.1  # share of V that is not tied


class ScoreProblem(Problem):
    """Seeded parameters, data and probes at one size.

    d, H, L, B   dimension of the data, width and number of the hidden layers, batch size
    sigma        standard deviation of the noise
    arrays       ``{"x", "y", "v": (B, d), "W0": (H, d), "b0": (H,), "W1": (H, H), ..., "V": (d, H), "c": (d,), "a":
                 (H,), "q": (H,)}`` as float64; v are standard normal probes
    """

    family = "score"
    data = ("x", "y", "v")

    def __init__(self, d: int = 16, H: int = 64, L: int = 2, B: int = 128, seed: int = 0, sigma: float = SIGMA):
        self.d, self.H = check_size("d", d), check_size("H", H)
        self.L, self.B = check_size("L", L), check_size("B", B)
        self.seed, self.sigma = check_seed(seed), _check_level(sigma)

    @classmethod
    def from_arrays(cls, x: Any, y: Any, parameters: Mapping[str, Any], sigma: float = SIGMA) -> ScoreProblem:
        """The same question about your own data and networks: x, y (B, d), the parameters named as in ``arrays``.

        All are taken by value. Raises ``ValueError`` for shapes that do not fit and for numbers that are not finite.
        """
        x = take("x", x)
        if x.ndim != 2 or 0 in x.shape:
            raise ValueError(f"x has shape {x.shape}; allowed: (B, d) with B and d from 1")
        parameters = _read_names(parameters)
        if "W0" not in parameters:
            raise ValueError(f"parameters named {sorted(parameters)}; allowed: W0 (H, d) and the others of ``arrays``")
        first = take("W0", parameters["W0"])
        if first.ndim != 2 or 0 in first.shape:
            raise ValueError(f"W0 has shape {first.shape}; allowed: (H, d) with H and d from 1")
        layers = sum(name[0] == "W" for name in parameters)
        problem = cls(d=x.shape[1], B=x.shape[0], H=len(first), L=layers, sigma=sigma)
        given = {**parameters, "x": x, "y": y, "W0": first}  # of a problem's ``arrays`` the data are not taken
        if missing := [name for name in problem.names if name not in given and name != "v"]:
            raise ValueError(f"arrays named {sorted(given)}; missing: {', '.join(missing)}")
        adopted = adopt(given, problem.shape) | {"v": problem.masters["v"].astype(np.float64)}
        problem.masters = {name: adopted[name] for name in problem.names}
        return problem

    @property
    def sizes(self) -> dict[str, int]:
        return {"d": self.d, "H": self.H, "L": self.L, "B": self.B}

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names of the hidden layers' parameters."""
        return tuple(f"{letter}{k}" for k in range(self.L) for letter in "Wb")

    @property
    def names(self) -> tuple[str, ...]:
        return ("x", "y", "v", *self.hidden, "V", "c", "a", "q")

    def parameters(self, computes: str) -> tuple[str, ...]:
        """Names of the parameters that an answer is differentiated by, or computed from."""
        return {"phi": (*self.hidden, "a"), "tied": ("W0", "b0", "q")}.get(computes, (*self.hidden, "V", "c"))

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""
        if name[0] in "xyv":
            return (self.B, self.d)
        if name in ("V", "c"):
            return (self.d, self.H) if name == "V" else (self.d,)
        if name[0] == "W":
            return (self.H, self.d if name == "W0" else self.H)
        return (self.H,)

    def draw(self) -> dict[str, np.ndarray]:
        d, H, L, B = self.d, self.H, self.L, self.B
        streams = iter(np.random.SeedSequence(self.seed).spawn(9 + 2 * L))
        rng = np.random.default_rng(next(streams))
        centres = rng.standard_normal((COMPONENTS, d))
        x = align(centres[rng.integers(COMPONENTS, size=B)] + WIDTH * rng.standard_normal((B, d)))
        out = {"x": x, "y": align(x + self.sigma * normal((B, d), next(streams))), "v": normal((B, d), next(streams))}
        for k in range(L):
            fan = d if k == 0 else H
            out[f"W{k}"] = normal(self.shape(f"W{k}"), next(streams), 1 / np.sqrt(fan))
            if k:
                out[f"W{k}"] *= np.float32(0.3)
                out[f"W{k}"] += np.eye(H, dtype=np.float32)
            out[f"b{k}"] = normal((H,), next(streams), 0.5)
        out["q"] = normal((H,), next(streams))
        noise = normal((d, H), next(streams), 1 / np.sqrt(d))
        out["V"] = align((1 - ASYMMETRY) * out["W0"].T * out["q"] + ASYMMETRY * noise)
        out["c"] = normal((d,), next(streams), 0.5)
        out["a"] = normal((H,), next(streams))
        return out

    def quality(self, arrays: dict[str, np.ndarray], method: Method) -> dict[str, float]:
        """What else there is to say of a curl: over the samples, of its ratio to the dense ``|J - J^T|_F^2``,

        mean     which is 1 for an unbiased estimate, within spread / sqrt(B)
        spread   the standard deviation: the noise of one probe
        """
        return self.oracle.quality(arrays, method.computes)


def _check_level(given: Any) -> float:
    """Return ``given`` as a float above 0; raise ``ValueError`` in one line otherwise."""
    if not is_real(given) or not 0 < given < float("inf"):
        raise ValueError(f"sigma = {given!r} is not a noise level; allowed: sigma > 0")
    return float(given)


def _read_names(given: Any) -> dict[str, Any]:
    """Return ``given`` as a dictionary of arrays; raise ``ValueError`` in one line otherwise."""
    try:
        return {str(name): array for name, array in dict(given).items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"parameters is {type(given).__name__}; allowed: arrays by name, as in ``arrays``") from error
