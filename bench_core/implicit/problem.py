"""A contractive fixed-point equation and the gradient of a loss at its solution: sizes, maps and data.

Model (Wu Fung et al. 2022, equations 6, 7 and 13): ``u = T(u; d)``, a loss with gradient v by u, and its gradient by
the parameters of T, ``(dT/dtheta)^T w`` with ``J^T w = v``, ``J = I - dT/du``. Two kinds of T:

- one layer, ``T(u; d) = tanh(A u + d)`` with ``|A|_2 = gamma`` and A *random* (independent normal entries),
  *symmetric*, or *rotation*-like (gamma times an orthogonal matrix with eigenvalues all round the circle): the
  normality of A decides which solver wins;
- *conv*, the paper's small implicit ResNet block on images of 8 x 8 pixels and D / 64 channels,
  ``T(u; d) = (gamma / 2) (u + K2 * tanh(K1 * u)) + d`` with convolutions of norm at most 1, so that gamma bounds its
  contraction. (tanh for the paper's ReLU, whose kinks would set float32 and float64 apart.)

The fixed point is drawn first and d follows from it, so that it is exact for every gamma and D and no forward
solve decides what the backward pass is given. It is small in the layer (normal entries of size 0.05: the slope of tanh
is 0.9975 on average, and below 0.99 for 4.5 % of the entries), so that gamma is nearly the norm of dT/du too.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from bench_core.implicit.maps import find_fixed_point, input_of
from bench_core.implicit.settings import HELD, MAPS, RATES, SIDE
from bench_core.masters import adopt, align, aligned, normal, normal_matrix, take
from bench_core.method import Method, check_choice, check_seed, check_share, check_size
from bench_core.precision import FINE, PRECISIONS
from bench_core.problem import Problem

# Largest D whose norm is computed; above, the expected norm of a normal matrix is within half a percent of it.
NORM_LIMIT = 2048


class ImplicitProblem(Problem):
    """Seeded parameters, data and loss gradient at one size.

    D, B      dimension of the latent state, batch size
    gamma     contraction factor, 0 < gamma < 1
    T         the map: ``random``, ``symmetric``, ``rotation``, ``conv``
    tol       relative residual at which iterative methods stop, per sample: ``|v - J^T w| / |v|``
    arrays    ``{"A": (D, D), "d": (B, D), "u": (B, D), "v": (B, D)}`` as float64; for conv ``"K1", "K2": (C, C, 3, 3)``
              instead of A, C = D / 64, and samples flattened from (C, 8, 8)
    """

    family = "implicit"
    data = ("d", "u", "v")
    kept = ("A", "K1", "K2")
    dtypes = FINE

    def __init__(
        self,
        D: int = 64,
        B: int = 64,
        gamma: float = 0.9,
        T: str = "random",
        tol: float = 1e-6,
        seed: int = 0,
    ):
        self.D, self.B = check_size("D", D), check_size("B", B)
        self.T = check_choice("map T", T, MAPS)
        self.gamma = check_share("gamma", gamma, "contraction factor")
        self.tol = check_share("tol", tol, "relative residual")
        self.seed = check_seed(seed)
        if T == "conv" and D % SIDE**2:
            raise ValueError(f"D = {D!r} with T = 'conv' has no whole channels; allowed: multiples of {SIDE**2}")

    @classmethod
    def from_arrays(cls, A: Any, d: Any, v: Any, u: Any = None, tol: float = 1e-6) -> ImplicitProblem:
        """The same question about your own layer: A (D, D), d (B, D), the loss gradient v (B, D), the fixed point u.

        Without u it is found by Picard iteration. All are taken by value. Raises ``ValueError`` for shapes that do not
        fit, numbers that are not finite, and where the iteration ends nowhere (T need not contract if u is given).
        """
        given = {"A": take("A", A), "d": take("d", d), "v": take("v", v)}
        if given["d"].ndim != 2 or 0 in given["d"].shape:
            raise ValueError(f"d has shape {given['d'].shape}; allowed: (B, D) with B and D from 1")
        B, D = given["d"].shape
        if u is not None:
            given["u"] = take("u", u)
        problem = cls(D=D, B=B, tol=tol)
        problem.masters = adopt(given, lambda name: (D, D) if name == "A" else (B, D))
        problem.gamma = float(np.linalg.norm(given["A"], 2))
        if u is None:
            problem.masters["u"] = find_fixed_point(given["A"], given["d"])
        return problem

    @property
    def sizes(self) -> dict[str, Any]:
        return {"D": self.D, "B": self.B, "gamma": self.gamma, "T": self.T, "tol": self.tol}

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what a gradient is asked for."""
        return ("K1", "K2", "d") if self.T == "conv" else ("A", "d")

    @property
    def channels(self) -> int:
        return self.D // SIDE**2

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""
        if name == "A":
            return (self.D, self.D)
        return (self.channels, self.channels, 3, 3) if name in ("K1", "K2") else (self.B, self.D)

    def draw(self) -> dict[str, np.ndarray]:
        first, second, state, loss = np.random.SeedSequence(self.seed).spawn(4)
        if self.T == "conv":
            maps = {"K1": _kernel(self.channels, first), "K2": _kernel(self.channels, second)}
        else:
            maps = {"A": {"random": _random, "symmetric": _symmetric, "rotation": _rotation}[self.T](self.D, first)}
            maps["A"] *= np.float32(self.gamma)
        u = normal((self.B, self.D), state, 1.0 if self.T == "conv" else 0.05)
        d = align(input_of(maps, u.astype(np.float64), self.gamma))
        return {**maps, "d": d, "u": u, "v": normal((self.B, self.D), loss)}

    def unseen(self) -> Self:
        """See ``Problem.unseen``; d and u with the other sign, v of every other sample too, and every sample in the
        place of the next one, which has another Jacobian. T is odd and the answer linear in v: u is the fixed point
        again, and the samples' residuals, and what a library was tuned to, stay what they are. (Of a single sample the
        Jacobian, and the gradient of A, which is bilinear in u and w, stay what they are.)
        """
        signs = np.where(np.arange(self.B) % 2, 1, -1).astype(np.float32)[:, None]
        given = self.masters
        moved = {"d": -given["d"], "u": -given["u"], "v": signs * given["v"]}
        return self.with_data({name: np.roll(array, 1, axis=0) for name, array in moved.items()})

    def guess_iterations(self, method: Method) -> int:
        """How many products an iterative method may take: those of the Neumann series at the rate of this map."""
        rate = min(0.999, RATES[self.T] * self.gamma)
        if not rate:  # one's own map that does not depend on u
            return 1
        return max(1, int(np.ceil(np.log(self.tol) / np.log(rate))))

    def tolerance(self, method: Method, dtype: str) -> float:
        """See ``Problem.tolerance``; of an iterative method that of the residual."""
        return self.tol if method.iterative else method.tolerance(dtype)

    def quality(self, arrays: dict[str, np.ndarray], method: Method) -> dict[str, float]:
        """What else there is to say of a result.

        residual    largest ``|v - J^T w| / |v|`` of a sample, recomputed in float64 (of methods that return w);
                    residual_batch of the batch as one vector, which some libraries stop at
        terms       ``(|v| + |w| + |(dT/du)^T w|) / |v|`` of that sample: what rounding leaves of a residual is in
                    units of it
        cosine      of the angle between the parameters' gradient and the oracle's
        descent     ``<p, g> / |g|^2``: positive where the step p descends the loss whose gradient is g
        iterations_mean, iterations_max   over the samples, as the method counts them
        """
        return self.oracle.quality(arrays, method.computes)

    def _miss(
        self, arrays: dict[str, np.ndarray], method: Method, dtype: str, error: float | None, quality: dict | None
    ) -> str:
        """See ``Problem.fault``. An iterative method must have reached the tolerance by the oracle's residual, whatever
        it says itself, up to what the dtype holds: rounding the terms of a residual hides as much of it from the method
        (see ``tuning.held``), and storing w adds as much to it.
        """
        if not method.iterative:
            return super()._miss(arrays, method, dtype, error, quality)
        quality = self.quality(arrays, method) if quality is None else quality
        if quality["residual"] <= self.tol + 2 * HELD * PRECISIONS[dtype].eps * quality["terms"]:
            return ""
        taken = f" after {quality['iterations_max']:.0f} iterations" if "iterations_max" in quality else ""
        return f"not converged: residual {quality['residual']:.3g}{taken}, tolerance {self.tol:g}"


def _random(D: int, stream: np.random.SeedSequence) -> np.ndarray:
    """Independent normal entries, 2-norm 1."""
    return _normalise(normal_matrix(D, stream, 1 / np.sqrt(D)))


def _symmetric(D: int, stream: np.random.SeedSequence) -> np.ndarray:
    """``(N + N^T) / 2``, 2-norm 1."""
    half = normal_matrix(D, stream, 1 / np.sqrt(2 * D))
    out = aligned((D, D))
    np.add(half, half.T, out=out)
    return _normalise(out)


def _rotation(D: int, stream: np.random.SeedSequence) -> np.ndarray:
    """``H G H``: G turns D / 2 planes by angles all round the circle, H is a reflection that makes it dense."""
    rng = np.random.default_rng(stream)
    angles = rng.uniform(0, 2 * np.pi, D // 2)
    h = rng.standard_normal(D)
    h /= np.linalg.norm(h)
    even = np.arange(0, 2 * (D // 2), 2)
    turned = _turn(h, angles)
    back = _turn(h, -angles)
    # (I - 2 h h^T) G (I - 2 h h^T) = G - 2 h (G^T h)^T - 2 (G h) h^T + 4 (h^T G h) h h^T
    out = aligned((D, D))
    np.multiply.outer(h, -2 * back + 4 * (h @ turned) * h, out=out, casting="same_kind")
    for start in range(0, D, 1024):
        rows = slice(start, start + 1024)
        out[rows] -= np.multiply.outer(2 * turned[rows], h)
    cos, sin = np.cos(angles), np.sin(angles)
    out[even, even] += cos
    out[even + 1, even + 1] += cos
    out[even, even + 1] -= sin
    out[even + 1, even] += sin
    if D % 2:
        out[-1, -1] += 1
    return out


def _turn(x: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """``G x``."""
    out = x.copy()
    cos, sin, n = np.cos(angles), np.sin(angles), 2 * len(angles)
    out[0:n:2] = cos * x[0:n:2] - sin * x[1:n:2]
    out[1:n:2] = sin * x[0:n:2] + cos * x[1:n:2]
    return out


def _normalise(A: np.ndarray) -> np.ndarray:
    """Divide by the 2-norm, which above NORM_LIMIT is the expected one of independent entries (Johnstone 2001)."""
    D = len(A)
    if D <= 2:
        norm = np.linalg.norm(A.astype(np.float64), 2)
    elif D <= NORM_LIMIT:
        from scipy.sparse.linalg import svds

        start = np.random.default_rng(0).standard_normal(D)
        tol: Any = 1e-6  # its stub says int
        norm = svds(A.astype(np.float64), k=1, tol=tol, v0=start, return_singular_vectors=False)[0]
    else:
        edge, width = np.sqrt(D - 1) + np.sqrt(D), (1 / np.sqrt(D - 1) + 1 / np.sqrt(D)) ** (1 / 3)
        norm = np.sqrt((edge**2 - 1.2065 * edge * width) / D)
    A /= np.float32(norm)
    return A


def _kernel(channels: int, stream: np.random.SeedSequence) -> np.ndarray:
    """A random 3 x 3 convolution whose norm is at most 1.

    With zeros around the image it is part of an infinite convolution, whose norm is the largest of its symbol's:
    taken over a grid of 32 x 32 frequencies, with a hundredth to spare between them.
    """
    kernel = normal((channels, channels, 3, 3), stream)
    symbol = np.fft.fft2(kernel.astype(np.float64), s=(32, 32)).transpose(2, 3, 0, 1)
    # The symbol of a real kernel is the same at k and -k: half of the frequencies are enough.
    norm = np.linalg.norm(symbol[:, :17], 2, axis=(2, 3)).max()
    kernel /= np.float32(1.01 * norm)
    return kernel
