"""The float64 reference of the implicit family, in NumPy, and the error of a result against it.

    layer   T = tanh(A u + d)                               dT/du = S A          S = diag(1 - T^2)
            gradients  dA = (S w)^T u                       dd = S w
    conv    T = (gamma / 2) (u + K2 * tanh(K1 * u)) + d     dT/du = (gamma / 2) (I + K2 S K1)
            gradients by correlation                        dd = w

with ``J^T w = v``, ``J = I - dT/du`` (Wu Fung et al. 2022, equations 12 to 14). Up to D = 512 every sample's J is
formed and solved; above, w comes from SciPy's GMRES with a residual of 1e-11, and gradients are compared by probes.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bench_core.implicit._singular import SingularJacobian
from bench_core.implicit.maps import convolve, correlate, kernel_gradient
from bench_core.implicit.problem import ImplicitProblem
from bench_core.masters import relative_error, times, times_transposed
from bench_core.method import Method

DENSE_LIMIT = 512  # largest D whose Jacobians are formed and whose gradients are compared entry by entry
PROBES = 8


class Oracle:
    """Reference results for one problem; each is computed when first asked for and kept."""

    def __init__(self, problem: ImplicitProblem):
        self._problem = problem
        self._probes = np.random.default_rng([problem.seed, 0x0AC1E]).standard_normal((problem.D, PROBES))

    # -- the map ----------------------------------------------------------------------------------------------------

    def evaluate(self, u: np.ndarray) -> np.ndarray:
        """``T(u; d)`` for u (B, D)."""
        p = self._problem
        if p.T != "conv":
            return np.tanh(times_transposed(u, p.masters["A"]) + p.arrays["d"])
        hidden = np.tanh(convolve(p.arrays["K1"], u))
        return p.gamma / 2 * (u + convolve(p.arrays["K2"], hidden)) + p.arrays["d"]

    @cached_property
    def slope(self) -> np.ndarray:
        """Derivative of tanh at the fixed point, (B, D)."""
        p, u = self._problem, self._problem.arrays["u"]
        inner = convolve(p.arrays["K1"], u) if p.T == "conv" else times_transposed(u, p.masters["A"]) + p.arrays["d"]
        return 1 - np.tanh(inner) ** 2

    def vjp(self, w: np.ndarray, slope: np.ndarray | None = None) -> np.ndarray:
        """``(dT/du)^T w`` for rows w; ``slope`` of one sample for many rows of that sample."""
        p, slope = self._problem, self.slope if slope is None else slope
        if p.T != "conv":
            return times(slope * w, p.masters["A"])
        inner = slope * correlate(p.arrays["K2"], w)
        return p.gamma / 2 * (w + correlate(p.arrays["K1"], inner))

    # -- the answers ------------------------------------------------------------------------------------------------

    @cached_property
    def w(self) -> np.ndarray:
        """``J^-T v``, (B, D)."""
        return self._problem.recall("w", lambda: {"w": self._solve()})["w"]

    def _solve(self) -> np.ndarray:
        p, v = self._problem, self._problem.arrays["v"]
        if p.D <= DENSE_LIMIT:
            return np.stack([self._solve_sample(i) for i in range(p.B)])
        from scipy.sparse.linalg import aslinearoperator, gmres

        w, failed = gmres(aslinearoperator(_System(self, v)), v.ravel(), rtol=1e-11, restart=60, maxiter=20)
        if failed:
            raise ValueError(f"the oracle's GMRES did not reach 1e-11 at D = {p.D}, gamma = {p.gamma:g}, T = {p.T}")
        return w.reshape(v.shape)

    def _solve_sample(self, i: int) -> np.ndarray:
        """Raises ``SingularJacobian`` where float64 does not tell J from a singular matrix: it has an inverse by
        rounding alone, and ``|w|`` shows how large.
        """
        J, v = np.eye(self._problem.D) - self._jacobian(self.slope[i]), self._problem.arrays["v"][i]
        try:
            w = np.linalg.solve(J.T, v)
        except np.linalg.LinAlgError:
            raise SingularJacobian(i) from None
        if np.linalg.norm(v) < np.finfo(np.float64).eps * np.linalg.norm(J) * np.linalg.norm(w):
            raise SingularJacobian(i)
        return w

    def _jacobian(self, slope: np.ndarray) -> np.ndarray:
        """``dT/du`` of the sample with this slope, (D, D)."""
        if self._problem.T != "conv":
            return slope[:, None] * self._problem.arrays["A"]
        return self.vjp(np.eye(self._problem.D), slope[None])  # row j is (dT/du)^T e_j

    @cached_property
    def gradients(self) -> dict[str, np.ndarray]:
        """The parameters' exact gradients, see ``pull``."""
        return self.pull(self.w)

    def pull(self, w: np.ndarray) -> dict[str, np.ndarray]:
        """``(dT/dtheta)^T w``; of A only its product with the probes where D is above DENSE_LIMIT."""
        p, u = self._problem, self._problem.arrays["u"]
        if p.T != "conv":
            inner = self.slope * w
            return {"A": inner.T @ (u if self._vectors is None else u @ self._vectors), "d": inner}
        scaled = p.gamma / 2 * w
        hidden = np.tanh(convolve(p.arrays["K1"], u))
        inner = self.slope * correlate(p.arrays["K2"], scaled)
        return {"K1": kernel_gradient(u, inner), "K2": kernel_gradient(hidden, scaled), "d": w}

    @property
    def _vectors(self) -> np.ndarray | None:
        """What a D x D gradient is multiplied by before it is compared; None where it is compared entry by entry."""
        return None if self._problem.D <= DENSE_LIMIT else self._probes

    # -- the error --------------------------------------------------------------------------------------------------

    def measure(self, method: Method) -> str:
        """See ``Problem.measure``."""
        if method.computes == "fixed_point":
            return "residual"
        return "reference" if self._problem.D <= DENSE_LIMIT or self._problem.T == "conv" else "probes"

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """See ``Problem.error``: of the parameters' gradients; of a forward solver the largest relative residual
        ``|T(u) - u| / |T(u)|`` of a sample.
        """
        computes = method.computes
        got = self._read(arrays, computes)
        if not all(np.isfinite(array).all() for array in got.values()):
            return float("inf")
        if computes == "fixed_point":
            return self._forward_residual(got["u"])
        wanted = self.pull(self._problem.arrays["v"]) if computes == "products" else self.gradients
        return max(relative_error(got[name] - want, want) for name, want in wanted.items())

    def quality(self, arrays: dict[str, np.ndarray], computes: str) -> dict[str, float]:
        """See ``ImplicitProblem.quality``."""
        got, found = self._read(arrays, computes), {}
        if "iterations" in arrays:
            taken = np.asarray(arrays["iterations"])
            found |= {"iterations_mean": float(taken.mean()), "iterations_max": float(taken.max())}
        if computes == "fixed_point":
            u, image = got["u"], self.evaluate(got["u"])
            return found | _worst(image - u, image, (image, u))
        if "w" in arrays:
            w, v = np.asarray(arrays["w"], np.float64), self._problem.arrays["v"]
            moved = self.vjp(w)
            rest = v - w + moved
            found |= _worst(rest, v, (v, w, moved)) | {"residual_batch": relative_error(rest, v)}
        parameters = [name for name in self.gradients if name != "d"]
        p, g = (np.concatenate([side[name].ravel() for name in parameters]) for side in (got, self.gradients))
        size = float(np.linalg.norm(p) * np.linalg.norm(g))
        if size:
            found |= {"cosine": float(p @ g) / size, "descent": float(p @ g) / float(g @ g)}
        return found

    def _forward_residual(self, u: np.ndarray) -> float:
        image = self.evaluate(u)
        return float(_ratios(image - u, image).max())

    def _read(self, arrays: dict[str, np.ndarray], computes: str) -> dict[str, np.ndarray]:
        """The results that are compared, as float64 and times the probes; ``ValueError`` for a name or shape."""
        p = self._problem
        expected = ("u",) if computes == "fixed_point" else p.parameters
        if missing := [name for name in expected if name not in arrays]:
            raise ValueError(f"results named {sorted(arrays)}; missing: {', '.join(missing)}")
        out = {}
        for name in expected:
            array = np.asarray(arrays[name])
            if array.shape != p.shape(name):
                raise ValueError(f"result {name} has shape {array.shape}; allowed: {p.shape(name)}")
            vectors = self._vectors if name == "A" else None
            out[name] = array.astype(np.float64) if vectors is None else times_transposed(vectors.T, array).T
        return out


class _System:
    """``J^T`` of all samples as one linear operator, for SciPy."""

    def __init__(self, oracle: Oracle, v: np.ndarray):
        self._oracle, self._rows = oracle, v.shape
        self.shape, self.dtype = (v.size, v.size), v.dtype

    def matvec(self, x: np.ndarray) -> np.ndarray:
        rows = x.reshape(self._rows)
        return (rows - self._oracle.vjp(rows)).ravel()


def _ratios(rows: np.ndarray, references: np.ndarray) -> np.ndarray:
    """``|row| / |reference|``; a zero reference asks for a zero row."""
    size = np.linalg.norm(references, axis=1)
    return np.linalg.norm(rows, axis=1) / np.where(size > 0, size, 1)


def _worst(rows: np.ndarray, references: np.ndarray, terms: tuple[np.ndarray, ...]) -> dict[str, float]:
    """The largest relative residual of a sample, and how large the terms are that it is the sum of, in all."""
    found = _ratios(rows, references)
    worst = int(np.argmax(found))
    sizes = sum(_ratios(term[worst : worst + 1], references[worst : worst + 1])[0] for term in terms)
    return {"residual": float(found[worst]), "terms": float(sizes)}
