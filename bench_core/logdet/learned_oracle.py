"""The float64 reference of layers that learn an inverse R beside W.

The gradient by W and b is judged as what it stands for, the ordinary one: its bias and its noise are its error. That by
R is judged by its own formula, with z = y - b and c the weight of the reconstruction:

    free_form          dR = -2 c / B (Z R^T - X)^T Z
    self_normalizing   dR = -(Delta W + 2 c / B (Z R^T - X))^T Z - W^T

against the size of its term in X: the two of the reconstruction cancel the more, the nearer R is to the inverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench_core.logdet.companions import PENALTY, learned_inverse
from bench_core.logdet.oracle import Oracle
from bench_core.logdet.problem import LogdetProblem
from bench_core.masters import relative_error


class LearnedOracle(Oracle):
    """As :class:`Oracle`, of inverses after so many steps."""

    def __init__(self, problem: LogdetProblem, steps: int):
        super().__init__(problem)
        self._steps = steps

    def names(self, computes: str) -> list[str]:
        """Names of the results of this answer."""
        return [*super().names("ordinary"), *(f"R{k}" for k in range(self._problem.L))]

    def _error_of(self, name: str, array: Any, computes: str) -> float:
        if name[0] != "R":
            return super()._error_of(name, array, "ordinary")
        p, v, k = self._problem, self._vectors, int(name[1:])
        R, z = learned_inverse(p, k, self._steps).astype(np.float64), self.pre[k] - p.arrays[f"b{k}"]
        pulled = z @ v * (2 * PENALTY / p.B)
        term = self.inputs[k].T @ pulled
        want = term - R @ (z.T @ pulled)
        if computes == "self_normalizing":
            want -= self.times(self.deltas[k], k).T @ (z @ v) + self.times(v.T, k).T
        return relative_error(np.asarray(array, np.float64) @ v - want, term)
