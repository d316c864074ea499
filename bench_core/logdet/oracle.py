"""The float64 reference in NumPy, and the error of a result against it.

With Delta_k (B x D) the gradient of the mean log-likelihood without the log-det terms by the pre-activations ``Y_k``:

    Delta_L = -z_L / B,   Delta_k = (Delta_{k+1} W_{k+1}) * s'(Y_k) + s''(Y_k) / (s'(Y_k) B)
    ordinary    dW = Delta^T Z + W^-T             db = Delta^T 1
    relative    dW = Delta^T (Y W) + W            db = Delta^T (1 + Y b) + b    ordinary, times W^T W from the right
    transposed  dW = W W^T (Delta^T Z) + W        db = W W^T (Delta^T 1)        ordinary, times W W^T from the left
    step        W + mu dW_relative, b + mu db_relative
    value       the change of each log|det W| under the step, beside the step itself
    tracked     the ordinary gradient, beside a step of its own mu and W^-T after it
    factors     another model's, by L and U (``factored_oracle``) or a library's own parameters (``libraries``)
    products    the plain products of ``gemm_floor``

(Gresele et al. 2020, equations 9 to 15 and appendix F; Z is the input of the layer, s'' / s' in closed form. Layers
with a learned inverse: ``learned_oracle``.)
Biases follow their weights: the relative gradient is the steepest direction of ``y -> y + E y + e``, the transposed
one of ``z -> z + E z + e``, so the layer is one homogeneous matrix [W b; 0 1] and db the last column of its gradient.

Everything but the log-determinants and ``W^-T`` (an LU in float64 up to SOLVE_LIMIT, not taken above) costs O(B D^2), W
being read in blocks of rows: no float64 copy of a large one is held. (``logdets`` takes an LU, as the row it judges.)
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

import numpy as np

from bench_core import masters
from bench_core.held import is_finite
from bench_core.logdet import libraries
from bench_core.logdet.companions import deviation
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.settings import LEARNED, ORDINARY, PROBED, rate
from bench_core.logdet.singular import logabsdet, solve_transposed
from bench_core.masters import relative_error
from bench_core.method import Method
from bench_core.problem import Arrays

DENSE_LIMIT = 512  # largest D compared entry by entry
# Largest D whose ordinary gradient is compared with the true one: an LU in float64, below a second a layer. Above, the
# residual of W^T W^-T = I stands for it, which a badly conditioned W makes larger than the error (six times at 1e4).
SOLVE_LIMIT = 4096
# Answers that step, and the parameter that a result stands beside: V is W^-T after a step, G and g the gradients.
STEPS = ("step", "value", "tracked")
LIKE = {"V": "W", "G": "W", "g": "b"}
PROBES = 8  # E|E v|^2 over standard normal v is |E|_F^2: 8 probes put the estimate within a factor of about 1.5


class Oracle:
    """Reference results for one problem; each is computed when first asked for and kept (B x D arrays only)."""

    _passed = "pass"  # under which name the network's pass is kept

    def __init__(self, problem: LogdetProblem):
        self._problem = problem
        rng = np.random.default_rng([problem.seed, 0x0AC1E])
        self._probes = rng.standard_normal((problem.D, PROBES))
        self._kept: dict[tuple[int, str], np.ndarray] = {}
        self._others: dict[int, Oracle] = {}

    @cached_property
    def _factored(self) -> Oracle:
        from bench_core.logdet.factored_oracle import FactoredOracle

        return FactoredOracle(self._problem)

    def _learned(self, steps: int) -> Oracle:
        from bench_core.logdet.learned_oracle import LearnedOracle

        return self._others.setdefault(steps, LearnedOracle(self._problem, steps))

    # -- the network ------------------------------------------------------------------------------------------------

    def times_transposed(self, left: np.ndarray, k: int) -> np.ndarray:
        """``left W_k^T`` for left (n, D)."""
        return masters.times_transposed(left, self._master(k))

    def times(self, left: np.ndarray, k: int) -> np.ndarray:
        """``left W_k`` for left (n, D)."""
        return masters.times(left, self._master(k))

    def _master(self, k: int) -> Any:
        """W_k, on its device where it lies there."""
        name = f"W{k}"
        return self._problem.held.get(name, self._problem.masters[name])

    @cached_property
    def _pass(self) -> tuple[list[np.ndarray], ...]:
        """Inputs Z, pre-activations Y and Delta of every layer."""
        found = self._problem.recall(self._passed, self._compute_pass)
        return tuple([found[f"{kind}{k}"] for k in range(self._problem.L)] for kind in ("input", "pre", "delta"))

    def _compute_pass(self) -> Arrays:
        p, a = self._problem, self._problem.alpha
        inputs, pre = [p.arrays["x"]], []
        for k in range(p.L):
            pre.append(self.times_transposed(inputs[k], k) + p.arrays[f"b{k}"])
            if k < p.L - 1:
                inputs.append(a * pre[k] + (1 - a) * np.logaddexp(0, pre[k]))
        deltas = [-pre[-1] / p.B]
        for k in range(p.L - 2, -1, -1):
            gate = np.exp(-np.logaddexp(0, -pre[k]))
            slope = a + (1 - a) * gate
            curve = (1 - a) * gate * (1 - gate)
            deltas.insert(0, self.times(deltas[0], k + 1) * slope + curve / slope / p.B)
        kinds = {"input": inputs, "pre": pre, "delta": deltas}
        return {f"{kind}{k}": array for kind, layers in kinds.items() for k, array in enumerate(layers)}

    @property
    def inputs(self) -> list[np.ndarray]:
        return self._pass[0]

    @property
    def pre(self) -> list[np.ndarray]:
        return self._pass[1]

    @property
    def deltas(self) -> list[np.ndarray]:
        return self._pass[2]

    # -- the answers ------------------------------------------------------------------------------------------------

    def bias(self, k: int, computes: str) -> np.ndarray:
        """``db_k`` of this answer."""
        delta, b = self.deltas[k], self._problem.arrays[f"b{k}"]
        if computes in ("ordinary", "transposed"):
            plain = delta.sum(0, keepdims=True)
            return (plain if computes == "ordinary" else self.times_transposed(self.times(plain, k), k))[0]
        relative = delta.T @ (1 + self.pre[k] @ b) + b
        return relative if computes == "relative" else b + rate(computes) * relative

    @cached_property
    def _vectors(self) -> np.ndarray:
        """What matrices are multiplied by before they are compared: the identity, or probes where that is too much."""
        return np.eye(self._problem.D) if self._problem.D <= DENSE_LIMIT else self._probes

    def weight_times(self, k: int, computes: str) -> np.ndarray:
        """``dW_k v`` for the vectors v of the comparison: of this answer, or of the ``weight`` itself. Kept, for it
        reads W several times and methods share it. Above SOLVE_LIMIT not of ``ordinary``: see :meth:`_residual`.
        """
        if (k, computes) not in self._kept:
            compute = partial(self._weight_times, k, computes)
            found = self._problem.recall(f"{computes}{k}", lambda: {"W": compute()}, data=computes != "weight")
            self._kept[k, computes] = found["W"]
        return self._kept[k, computes]

    def _weight_times(self, k: int, computes: str) -> np.ndarray:
        delta, v = self.deltas[k], self._vectors
        if computes == "weight":
            return self.times_transposed(v.T, k).T
        if computes == "ordinary":
            return delta.T @ (self.inputs[k] @ v) + self._inverse_times(k)
        if computes == "products":
            left, right = self._chain[0][k], self._chain[1][k]
            return left.T @ (self.times(right, k) @ v)
        wv = self.weight_times(k, "weight")
        if computes == "transposed":
            return self.times_transposed(self.times(delta, k), k).T @ (self.inputs[k] @ v) + wv
        if computes == "relative":
            return delta.T @ (self.pre[k] @ wv) + wv
        return wv + rate(computes) * self.weight_times(k, "relative")

    def _inverse_times(self, k: int) -> np.ndarray:
        """``W_k^-T v``, the same for all data. Raises ``SingularWeight``."""
        name = f"W{k}"

        def compute() -> Arrays:
            return {"W": solve_transposed(self._problem.arrays[name], self._vectors, name)}

        return self._problem.recall(f"inverse{k}", compute, data=False)["W"]

    @cached_property
    def _chain(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Left and right factors of the floor's outer products (see ``gemm_floor``)."""
        L = self._problem.L
        hidden = [self._problem.arrays["x"]]
        for k in range(L):
            hidden.append(self.times_transposed(hidden[k], k))
        back = [hidden[L - 1]]
        for k in range(L - 1, 0, -1):
            back.insert(0, self.times(back[0], k))
        return back, hidden[1:]

    @cached_property
    def _logdets(self) -> np.ndarray:
        def compute() -> Arrays:
            return {"logdets": np.array([logabsdet(self._master(k), f"W{k}") for k in range(self._problem.L)])}

        return self._problem.recall("logdets", compute, data=False)["logdets"]

    def values(self, computes: str) -> np.ndarray:
        """log|det W| of every layer, or its change under the step (``value``), by the determinant lemma."""
        p = self._problem
        if computes != "value":
            return self._logdets
        change, mu = [], rate(computes)
        for k in range(p.L):
            small, scale = self.pre[k] @ self.deltas[k].T, mu / (1 + mu)
            change.append(p.D * np.log1p(mu) + np.linalg.slogdet(np.eye(p.B) + scale * small)[1])
        return np.array(change)

    # -- the error --------------------------------------------------------------------------------------------------

    def measure(self, method: Method) -> str:
        """See ``Problem.measure``."""
        D, computes = self._problem.D, method.computes
        if computes == "tracked":
            return "residual"
        if D <= DENSE_LIMIT or computes == "logdets" or method.declaration.kernel in libraries.LAYOUTS:
            return "reference"
        return "residual" if computes in (*ORDINARY, *LEARNED) and D > SOLVE_LIMIT else "probes"

    def error(self, arrays: dict[str, Any], method: Method) -> float:
        """See ``Problem.error``; a log-determinant counts in nats per dimension. Raises ``SingularWeight``."""
        package = method.declaration.kernel
        if package in libraries.LAYOUTS:
            return libraries.error(self._problem, arrays, package)
        if method.computes in LEARNED:
            return self._learned(method.settings["steps"])._judge(arrays, method)
        return (self._factored if method.computes == "factors" else self)._judge(arrays, method)

    def _judge(self, arrays: dict[str, Any], method: Method) -> float:
        p, computes = self._problem, method.computes
        expected = self.names(computes)
        if set(arrays) - {PROBED} != set(expected):
            raise ValueError(f"results named {sorted(arrays)}; allowed: {sorted(expected)}")
        errors = []
        for name in expected:
            array = arrays[name]
            shape = (p.L,) if name == "logabsdet" else p.shape(LIKE.get(name[0], name[0]))
            if np.shape(array) != shape:
                raise ValueError(f"result {name} has shape {np.shape(array)}; allowed: {shape}")
            if not is_finite(array):
                return float("inf")
            errors.append(self._error_of(name, array, computes))
        return float(max(errors))

    def quality(self, arrays: dict[str, Any], method: Method) -> dict[str, float]:
        """See ``LogdetProblem.quality``."""
        p, means, squares = self._problem, [], []
        if PROBED in arrays:
            return deviation((arrays[PROBED] - self.values(method.computes)[:, None]) / p.D)
        if method.exact or method.computes not in ("ordinary", *LEARNED):
            return {}
        for k in range(p.L):
            term = np.asarray(arrays[f"W{k}"], np.float64) - self.deltas[k].T @ self.inputs[k]
            mean = float((term * p.masters[f"W{k}"]).sum() / p.D)
            rest = term @ self.times(self._probes.T, k).T - mean * self._probes
            means.append(mean)
            squares.append((rest**2).sum() / self._probes.size)
        return {"mean": float(np.mean(means)), "spread": float(np.sqrt(np.mean(squares)))}

    def names(self, computes: str) -> list[str]:
        """Names of the results of this answer."""
        layers = range(self._problem.L)
        if computes == "logdets":
            return ["logabsdet"]
        if computes == "products":
            return [f"W{k}" for k in layers]
        letters = "WbVGg" if computes == "tracked" else "Wb"
        parameters = [f"{letter}{k}" for k in layers for letter in letters]
        return [*parameters, "logabsdet"] if computes in ("value", "ordinary_with_value") else parameters

    def _error_of(self, name: str, array: Any, computes: str) -> float:
        if name == "logabsdet":
            # Nats per dimension: log|det W| itself may be zero.
            return float(np.abs(array - self.values(computes)).max() / self._problem.D)
        k, letter = int(name[1:]), name[0]
        if letter == "V":
            return self._residual_after(k, array)
        computes = "ordinary" if letter in "Gg" or computes == "ordinary_with_value" else computes
        steps = computes in STEPS
        if letter in "bg":
            want = self.bias(k, computes)
            # The error of a step counts against the update, not against the parameter it barely changed.
            return relative_error(array - want, want - self._problem.masters[name] if steps else want)
        v = self._vectors
        whole = self._problem.D <= DENSE_LIMIT
        got = np.asarray(array, np.float64) if whole else masters.times_transposed(v.T, array).T
        if computes == "ordinary" and self._problem.D > SOLVE_LIMIT:
            return self._residual(k, got, v)
        want = self.weight_times(k, computes)
        return relative_error(got - want, want - self.weight_times(k, "weight") if steps else want)

    def _residual_after(self, k: int, array: Any) -> float:
        """``|V^T W v - v| / |v|`` for W after the step: zero only for its ``V = W^-T``, and no inverse is taken."""
        v, stepped = self._vectors, self.weight_times(k, "tracked")
        return relative_error(masters.times(stepped.T, array).T - v, v)

    def _residual(self, k: int, got: np.ndarray, v: np.ndarray) -> float:
        """``|W^T (G - Delta^T Z) v - v| / |W^T G v|``: zero only for the exact G, and no inverse is taken."""
        plain = self.deltas[k].T @ (self.inputs[k] @ v)
        return relative_error(self.times((got - plain).T, k).T - v, self.times(got.T, k).T)
