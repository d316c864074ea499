"""The log-likelihood of a square, invertible network: its sizes, weights and data.

Model (Gresele et al. 2020, section 3 and appendix H): L layers ``y_k = z_{k-1} W_k^T + b_k``, ``z_k = s(y_k)``, the
last layer linear, standard normal base; ``s(y) = a y + (1 - a) softplus(y)`` is the smooth leaky ReLU with slope ``a``.
The quantity is the mean log-likelihood of the batch, ``mean_i [ log N(z_L; 0, 1) + sum_k sum_j log s'(y_k) ] + sum_k
log|det W_k|``.

The weights are ``W = P (I + 0.3 N / sqrt(D))``, with P a random permutation and N standard normal: dense, and with
condition number about 4 at every D. A plain Gaussian matrix has a condition number that grows with D, so that float32
inverses of large ones are wrong for reasons that have nothing to do with the methods compared here. The permutation
makes LU pivot.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from bench_core.logdet import oracle
from bench_core.masters import Float64View, adopt, normal, normal_matrix
from bench_core.method import Method, check_seed, check_size

SPREAD = 0.3  # norm of the perturbation is about 2 * SPREAD < 1 but for the smallest D: singular with probability zero
ALPHA = 0.1


class LogdetProblem:
    """Seeded weights and data at one size.

    D, B, L   dimension, batch size, layers
    alpha     slope ``a`` of the activation
    arrays    ``{"x": (B, D), "W0": (D, D), "b0": (D,), "W1": ...}`` as float64

    The master copy is float32: every number of it is exact in float64, so float32 and float64 kernels answer the same
    question, the error of a float32 result is the arithmetic's alone, and W at D = 20,000 takes 1.6 GB instead of 3.2.
    """

    family = "logdet"

    def __init__(self, D: int = 64, B: int = 100, L: int = 2, seed: int = 0, alpha: float = ALPHA):
        self.D, self.B, self.L = check_size("D", D), check_size("B", B), check_size("L", L)
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha = {alpha!r} is not a slope; allowed: 0 < alpha <= 1")
        self.seed, self.alpha = check_seed(seed), float(alpha)

    @classmethod
    def from_arrays(cls, x, weights, biases, alpha: float = ALPHA) -> LogdetProblem:
        """The same question about your own data: x (B, D), a list of W (D, D) and one of b (D,).

        Raises ``ValueError`` for shapes that do not fit and for numbers that are not finite.
        """
        x = np.asarray(x)
        if x.ndim != 2 or 0 in x.shape:
            raise ValueError(f"x has shape {x.shape}; allowed: (B, D) with B and D from 1")
        if len(weights) != len(biases) or not weights:
            raise ValueError(f"{len(weights)} weights and {len(biases)} biases given; allowed: as many of each, from 1")
        problem = cls(D=x.shape[1], B=x.shape[0], L=len(weights), alpha=alpha)
        given = {"x": x} | problem.named(weights, biases)
        problem.masters = adopt({name: np.asarray(array) for name, array in given.items()}, problem.shape)
        return problem

    @property
    def sizes(self) -> dict[str, int]:
        return {"D": self.D, "B": self.B, "L": self.L}

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""
        return {"x": (self.B, self.D), "W": (self.D, self.D), "b": (self.D,)}[name[0]]

    def named(self, weights, biases) -> dict[str, np.ndarray]:
        """``{"W0": ..., "b0": ..., "W1": ...}`` from lists by layer."""
        return {f"{letter}{k}": a for k, pair in enumerate(zip(weights, biases)) for letter, a in zip("Wb", pair)}

    @cached_property
    def masters(self) -> dict[str, np.ndarray]:
        """The data as they are held, float32 (see the class); backends place these."""
        streams = np.random.SeedSequence(self.seed).spawn(2 * self.L + 1)
        layers = range(self.L)
        weights = [_weight(self.D, streams[2 * k]) for k in layers]
        biases = [normal((self.D,), streams[2 * k + 1], scale=0.5) for k in layers]
        return {"x": normal((self.B, self.D), streams[-1])} | self.named(weights, biases)

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """The data as float64, one array converted whenever it is asked for."""
        return Float64View(self.masters)

    @cached_property
    def oracle(self) -> oracle.Oracle:
        return oracle.Oracle(self)

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """Largest relative error (Frobenius norm) of the named results against the float64 oracle.

        Every entry is compared up to D = 512; above, random probes estimate the same norm in O(B D + D^2).
        A result that is not finite has error ``inf``. Raises ``ValueError`` for a missing name or a wrong shape.
        """
        return self.oracle.error(arrays, method.computes)


def _weight(D: int, stream: np.random.SeedSequence) -> np.ndarray:
    """``P (I + SPREAD N / sqrt(D))``."""
    permutation = np.random.default_rng(stream.spawn(1)[0]).permutation(D)
    weight = normal_matrix(D, stream, SPREAD / np.sqrt(D))
    weight[np.arange(D), permutation] += np.float32(1)
    return weight
