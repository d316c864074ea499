"""The log-likelihood of a square, invertible network: its sizes, weights and data.

Model (Gresele et al. 2020, section 3 and appendix H): L layers ``y_k = z_{k-1} W_k^T + b_k``, ``z_k = s(y_k)``, the
last layer linear, standard normal base; ``s(y) = a y + (1 - a) softplus(y)`` is the smooth leaky ReLU with slope ``a``.
The quantity is the mean log-likelihood of the batch, ``mean_i [ log N(z_L; 0, 1) + sum_k sum_j log s'(y_k) ] + sum_k
log|det W_k|``.

The weights are ``W = P (I + 0.3 N / sqrt(D))``, with P a random permutation and N standard normal: dense, and with
condition number about 4 at every D. A plain Gaussian matrix has a condition number that grows with D, so that float32
inverses of large ones are wrong for reasons that have nothing to do with the methods compared here. The permutation
makes LU pivot.

Where a condition number is given W has it: ``W = Q_1 diag(s) Q_2^T``, s falling geometrically from 1 to 1 / condition,
each Q a cosine transform and its inverse with random signs before, between and after them: orthogonal, dense, and
applied in O(D^2 log D). (Badly scaled columns alone would do LU no harm.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from bench_core.held import FROM, Held
from bench_core.logdet.factors import Factors
from bench_core.logdet.settings import ALPHA, INVERTED, check_slope, count_layers
from bench_core.masters import adopt, align, normal, normal_matrix, take
from bench_core.method import Method, check_seed, check_size, is_real
from bench_core.precision import PRECISIONS
from bench_core.problem import Problem

SPREAD = 0.3  # norm of the perturbation is about 2 * SPREAD < 1 but for the smallest D: singular with probability zero
# Largest condition number: beyond, the rounding of W's entries to float32 is as large as its smallest singular value.
MOST = 1e6


class LogdetProblem(Problem):
    """Seeded weights and data at one size.

    D, B, L   dimension, batch size, layers
    alpha     slope ``a`` of the activation
    condition condition number of every W, 1 to 1e6 (to a tenth at 1e6); about 4, and no size of the problem, without it
    arrays    ``{"x": (B, D), "W0": (D, D), "b0": (D,), "W1": ...}`` as float64

    W at D = 20,000 takes 1.6 GB as float32, 3.2 as float64.
    """

    family = "logdet"
    data = ("x",)
    optional = ("condition",)
    held: Mapping[str, Held] = MappingProxyType({})  # weights that the oracle may read on a device

    def __init__(
        self,
        D: int = 64,
        B: int = 100,
        L: int = 2,
        seed: int = 0,
        alpha: float = ALPHA,
        condition: float | None = None,
    ):
        self.D, self.B, self.L = check_size("D", D), check_size("B", B), check_size("L", L)
        self.seed, self.alpha = check_seed(seed), check_slope(alpha)
        self.condition = None if condition is None else _check_condition(condition)

    @classmethod
    def from_arrays(
        cls, x: Any, weights: Sequence[Any] | np.ndarray, biases: Sequence[Any] | np.ndarray, alpha: float = ALPHA
    ) -> LogdetProblem:
        """The same question about your own data: x (B, D), the W (D, D) and the b (D,) of every layer, as lists or
        stacked. All are taken by value: what becomes of yours afterwards does not matter here.

        Raises ``ValueError`` for shapes that do not fit and for numbers that are not finite.
        """
        x = take("x", x)
        if x.ndim != 2 or 0 in x.shape:
            raise ValueError(f"x has shape {x.shape}; allowed: (B, D) with B and D from 1")
        problem = cls(D=x.shape[1], B=x.shape[0], L=count_layers(weights, biases), alpha=alpha)
        problem.masters = adopt({"x": x} | problem.named(weights, biases), problem.shape)
        return problem

    @property
    def sizes(self) -> dict[str, Any]:
        given = {} if self.condition is None else {"condition": self.condition}
        return {"D": self.D, "B": self.B, "L": self.L} | given

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""
        square = (self.D, self.D)
        return {"x": (self.B, self.D), "W": square, "b": (self.D,), "R": square}[name[0]]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(f"{letter}{k}" for k in range(self.L) for letter in "Wb")

    def hold(self, backend: Any, device: str, dtype: str = "float32") -> None:
        """Let the oracle read large weights on this device: their float64 products and LUs take a hundredth of the time
        there. The backend's kernels of this dtype have them there anyway, of the same numbers, but for bfloat16: beside
        theirs it takes float32 ones. On the CPU, and of float64 masters, it reads the masters.
        """
        if device == "cpu" or self.D**2 < FROM or self.masters["W0"].dtype != np.float32:
            return
        dtype = "float64" if dtype == "float64" else "float32"
        with backend.pinned(dtype):
            placed = {f"W{k}": backend.place(self, f"W{k}", device, dtype) for k in range(self.L)}
        self.held = {name: Held(array, backend) for name, array in placed.items()}

    @cached_property
    def factors(self) -> Factors:
        """``W = P L U`` of every layer; takes an LU in float64 each, once for all data."""
        return Factors({name: self.masters[name] for name in self.parameters if name[0] == "W"})

    def tolerance(self, method: Method, dtype: str) -> float:
        """See ``Problem.tolerance``; where a condition number is given, an answer that holds W^-T may miss by what a
        stable inverse loses: u condition, with the unit roundoff u (Higham 2002, chapter 14).
        """
        usual = method.tolerance(dtype)
        if self.condition is None or method.computes not in INVERTED:
            return usual
        return max(usual, PRECISIONS[dtype].eps / 2 * self.condition)

    def quality(self, arrays: dict[str, Any], method: Method) -> dict[str, float]:
        """What else there is to say of an ordinary gradient that is an estimate: of its log-det term times ``W^T``,
        which the exact one makes the identity,

        mean     the mean of the diagonal: 1 where the estimate is unbiased
        spread   the size of what is left without it, relative to the identity's: the noise

        and of a log|det W| that is one, in nats a dimension,

        bias     how far the mean over probes and layers is off: Lanczos' steps, and noise
        noise    the standard error of that mean, from how far the probes of a layer are apart; absent for one probe
        """
        return self.oracle.quality(arrays, method)

    def named(self, weights: Any, biases: Any) -> dict[str, Any]:
        """``{"W0": ..., "b0": ..., "W1": ...}`` from lists by layer."""
        return {f"{letter}{k}": a for k, pair in enumerate(zip(weights, biases)) for letter, a in zip("Wb", pair)}

    def draw(self) -> dict[str, np.ndarray]:
        streams = np.random.SeedSequence(self.seed).spawn(2 * self.L + 1)
        layers = range(self.L)
        weights = [_weight(self.D, streams[2 * k], self.condition) for k in layers]
        biases = [normal((self.D,), streams[2 * k + 1], scale=0.5) for k in layers]
        return {"x": normal((self.B, self.D), streams[-1])} | self.named(weights, biases)


def _check_condition(given: Any) -> float:
    """Return ``given`` as a float from 1 to MOST; raise ``ValueError`` in one line otherwise."""
    if not is_real(given) or not 1 <= given <= MOST:
        raise ValueError(f"condition = {given!r} is not a condition number; allowed: numbers from 1 to {MOST:g}")
    return float(given)


def _weight(D: int, stream: np.random.SeedSequence, condition: float | None) -> np.ndarray:
    """``P (I + SPREAD N / sqrt(D))``, or ``Q_1 diag(s) Q_2^T`` of a condition number."""
    if condition is not None:
        rng = np.random.default_rng(stream)
        return align(_rotate(_rotate(np.diag(np.geomspace(1, 1 / condition, D)), rng).T, rng).T)
    permutation = np.random.default_rng(stream.spawn(1)[0]).permutation(D)
    weight = normal_matrix(D, stream, SPREAD / np.sqrt(D))
    weight[np.arange(D), permutation] += np.float32(1)
    return weight


def _rotate(matrix: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``Q matrix`` of a random orthogonal Q: signs, a cosine transform, signs, its inverse, signs."""
    from scipy.fft import dct, idct

    first, second, third = rng.choice([-1.0, 1.0], size=(3, len(matrix), 1))
    turned = dct(first * matrix, axis=0, norm="ortho")
    return third * idct(second * turned, axis=0, norm="ortho")
