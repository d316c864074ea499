"""The float64 reference in NumPy, by the chain rule written out.

Hidden layers ``h_k = z_k W_k^T + b_k``, ``z_{k+1} = s(h_k)``, ``z_0 = y``; ``e`` is the gradient of the loss by g(y).

    psi    g = z_L V^T + c; back: D_L = e V, D_k = (D_{k+1} W_{k+1}) s'(h_k), dW_k = D_k^T z_k
    phi    g = d_0 W_0 with d_{L-1} = a s'(h_{L-1}), d_{k-1} = (d_k W_k) s'(h_{k-1}); the derivative of <g, e> by the
           parameters is that of the derivative of phi along e: with tangents z'_0 = e, h'_k = z'_k W_k^T,
           z'_{k+1} = s'(h_k) h'_k and d'_k, the derivative of d_k along them, dW_k = d'_k^T z_k + d_k^T z'_k
    sliced L = mean (v^T g' + |g|^2 / 2), g' the derivative of g along v; with the tangents of above, z'_0 = v,
           and e', the gradient by g': back with g as psi goes, and D'_k = (D'_{k+1} W_{k+1}) s'(h_k) beside it, which
           adds (D'_{k+1} W_{k+1}) s''(h_k) h'_k to D_k; dW_k = D_k^T z_k + D'_k^T z'_k
    tied   g = (q s(h_0)) W_0

The curl of psi at a sample: ``J = V S_{L-1} W_{L-1} ... S_0 W_0``, S_k = diag s'(h_k). With ``M`` all but the first and
last factor, ``|J|_F^2 = tr(V^T V M W_0 W_0^T M^T)`` and ``tr(J J) = tr(M W_0 V M W_0 V)``: H x H matrices, whatever d.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bench_core.masters import relative_error
from bench_core.method import Method
from bench_core.problem import Arrays
from bench_core.score.problem import ScoreProblem


def sigmoid(h: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -h))


def slope(h: np.ndarray) -> np.ndarray:
    """``s'``."""
    gate = sigmoid(h)
    return gate * (1 + h * (1 - gate))


def curvature(h: np.ndarray) -> np.ndarray:
    """``s''``."""
    gate = sigmoid(h)
    return gate * (1 - gate) * (2 + h * (1 - 2 * gate))


class Oracle:
    """Reference results for one problem; each is computed when first asked for and kept."""

    def __init__(self, problem: ScoreProblem):
        self._problem = problem
        self._arrays = {name: problem.arrays[name] for name in problem.names}
        self._kept: dict[str, dict[str, np.ndarray]] = {}

    # -- the networks -----------------------------------------------------------------------------------------------

    @cached_property
    def _trunk(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Inputs z of the layers (and the last one's output), pre-activations h."""
        inputs, pre = [self._arrays["y"]], []
        for k in range(self._problem.L):
            pre.append(inputs[k] @ self._arrays[f"W{k}"].T + self._arrays[f"b{k}"])
            inputs.append(pre[k] * sigmoid(pre[k]))
        return inputs, pre

    def jvp(self, v: np.ndarray) -> np.ndarray:
        """``J v`` of psi for rows v."""
        for k, h in enumerate(self._trunk[1]):
            v = slope(h) * (v @ self._arrays[f"W{k}"].T)
        return v @ self._arrays["V"].T

    def vjp(self, v: np.ndarray) -> np.ndarray:
        """``J^T v`` of psi for rows v."""
        v = v @ self._arrays["V"]
        for k, h in reversed(list(enumerate(self._trunk[1]))):
            v = (slope(h) * v) @ self._arrays[f"W{k}"]
        return v

    # -- the answers ------------------------------------------------------------------------------------------------

    def answer(self, computes: str) -> dict[str, np.ndarray]:
        """The results of this answer by name."""
        if computes not in self._kept:
            self._kept[computes] = {
                **{"psi": self._psi, "phi": self._phi, "tied": self._tied, "sliced": self._sliced}
            }.get(computes, lambda: {"curl": self._curl(computes)})()
        return self._kept[computes]

    def _loss(self, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The loss and its gradient by g."""
        p = self._problem
        rest = self._arrays["x"] - self._arrays["y"] - p.sigma**2 * g
        return (rest**2).sum() / p.B, -2 * p.sigma**2 / p.B * rest

    def _psi(self) -> dict[str, np.ndarray]:
        inputs, pre = self._trunk
        loss, e = self._loss(inputs[-1] @ self._arrays["V"].T + self._arrays["c"])
        out = {"loss": loss, "V": e.T @ inputs[-1], "c": e.sum(0)}
        back = e @ self._arrays["V"]
        for k in range(self._problem.L - 1, -1, -1):
            delta = back * slope(pre[k])
            out |= {f"W{k}": delta.T @ inputs[k], f"b{k}": delta.sum(0)}
            back = delta @ self._arrays[f"W{k}"]
        return out

    def _sliced(self) -> dict[str, np.ndarray]:
        (inputs, pre), batch, v = self._trunk, self._problem.B, self._arrays["v"]
        moved, lifts = [v], []
        for k, h in enumerate(pre):
            lifts.append(moved[k] @ self._arrays[f"W{k}"].T)
            moved.append(slope(h) * lifts[k])
        g, tangent = inputs[-1] @ self._arrays["V"].T + self._arrays["c"], moved[-1] @ self._arrays["V"].T
        out = {
            "loss": ((v * tangent).sum() + (g**2).sum() / 2) / batch,
            "V": (g.T @ inputs[-1] + v.T @ moved[-1]) / batch,
            "c": g.sum(0) / batch,
        }
        back, beside = g @ self._arrays["V"] / batch, v @ self._arrays["V"] / batch
        for k in range(self._problem.L - 1, -1, -1):
            delta = back * slope(pre[k]) + beside * curvature(pre[k]) * lifts[k]
            turned = beside * slope(pre[k])
            out |= {f"W{k}": delta.T @ inputs[k] + turned.T @ moved[k], f"b{k}": delta.sum(0)}
            back, beside = delta @ self._arrays[f"W{k}"], turned @ self._arrays[f"W{k}"]
        return out

    def _phi(self) -> dict[str, np.ndarray]:
        inputs, pre = self._trunk
        L = self._problem.L
        backs = [np.broadcast_to(self._arrays["a"], pre[-1].shape)]
        for k in range(L - 1, 0, -1):
            backs.insert(0, (backs[0] * slope(pre[k])) @ self._arrays[f"W{k}"])
        deltas = [back * slope(h) for back, h in zip(backs, pre)]
        loss, e = self._loss(deltas[0] @ self._arrays["W0"])
        moved, lifts = [e], []
        for k in range(L):
            lifts.append(moved[k] @ self._arrays[f"W{k}"].T)
            moved.append(slope(pre[k]) * lifts[k])
        out = {"loss": loss, "a": moved[-1].sum(0)}
        turned = np.zeros_like(backs[-1])
        for k in range(L - 1, -1, -1):
            turn = turned * slope(pre[k]) + backs[k] * curvature(pre[k]) * lifts[k]
            out |= {f"W{k}": turn.T @ inputs[k] + deltas[k].T @ moved[k], f"b{k}": turn.sum(0)}
            turned = turn @ self._arrays[f"W{k}"]
        return out

    def _tied(self) -> dict[str, np.ndarray]:
        inputs, pre = self._trunk
        W, q, hidden = self._arrays["W0"], self._arrays["q"], inputs[1]
        loss, e = self._loss((q * hidden) @ W)
        back = e @ W.T
        delta = back * q * slope(pre[0])
        return {
            "loss": loss,
            "W0": (q * hidden).T @ e + delta.T @ inputs[0],
            "b0": delta.sum(0),
            "q": (hidden * back).sum(0),
        }

    @cached_property
    def _norms(self) -> tuple[np.ndarray, np.ndarray]:
        """``|J|_F^2`` and ``tr(J J)`` of every sample."""
        found = self._problem.recall("norms", self._compute_norms)
        return found["norms"], found["traces"]

    def _compute_norms(self) -> Arrays:
        V, W = self._arrays["V"], self._arrays["W0"]
        outer, inner, cross = V.T @ V, W @ W.T, W @ V
        norms, traces = [], []
        for slopes in zip(*(slope(h) for h in self._trunk[1])):
            M = np.diag(slopes[0])
            for k in range(1, self._problem.L):
                M = slopes[k][:, None] * (self._arrays[f"W{k}"] @ M)
            norms.append(np.einsum("ij,ij->", outer @ M, M @ inner))
            turn = M @ cross
            traces.append(np.einsum("ij,ji->", turn, turn))
        return {"norms": np.array(norms), "traces": np.array(traces)}

    @cached_property
    def _pair(self) -> tuple[np.ndarray, np.ndarray]:
        """``J v`` and ``J^T v``."""
        return self.jvp(self._arrays["v"]), self.vjp(self._arrays["v"])

    def _curl(self, computes: str) -> np.ndarray:
        if computes in ("curl", "curl_probes"):
            norms, traces = self._norms
            return 2 * (norms - traces)
        forward, back = self._pair
        if computes == "curl_difference":
            return ((forward - back) ** 2).sum(1)
        return 2 * (back**2 - forward * back).sum(1)

    # -- the error --------------------------------------------------------------------------------------------------

    def measure(self, method: Method) -> str:
        """See ``Problem.measure``."""
        return "rule" if method.computes in ("curl_difference", "curl_moments") else "reference"

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """See ``Problem.error``. A curl counts against ``|Jv|^2 + |J^T v|^2`` (``2 |J|_F^2`` the dense one): it may be
        zero itself. What estimates it by probes counts against the curl, where it is not zero.
        """
        computes = method.computes
        want = self.answer(computes)
        if set(arrays) != set(want):
            raise ValueError(f"results named {sorted(arrays)}; allowed: {sorted(want)}")
        errors = []
        for name, reference in want.items():
            array = np.asarray(arrays[name])
            if array.shape != np.shape(reference):
                raise ValueError(f"result {name} has shape {array.shape}; allowed: {np.shape(reference)}")
            if not np.isfinite(array).all():
                return float("inf")
            errors.append(relative_error(array - reference, self._scale(computes) if name == "curl" else reference))
        return max(errors)

    def _scale(self, computes: str) -> np.ndarray:
        """What a curl of zero is measured by."""
        if computes == "curl_probes" and not self._is_rounding(dense := self._curl("curl")):
            return dense
        if computes in ("curl", "curl_probes"):
            return 2 * self._norms[0]
        forward, back = self._pair
        return (forward**2 + back**2).sum(1)

    def quality(self, arrays: dict[str, np.ndarray], computes: str) -> dict[str, float]:
        """See ``ScoreProblem.quality``."""
        dense = self._curl("curl") if "curl" in arrays else None
        if dense is None or self._is_rounding(dense):
            return {}
        ratio = np.asarray(arrays["curl"], np.float64) / dense
        return {"mean": float(ratio.mean()), "spread": float(ratio.std())}

    def _is_rounding(self, dense: np.ndarray) -> bool:
        """Of a gradient (d = 1, or a tied readout) the curl is rounding, and no ratio to it means anything."""
        return bool((dense <= 1e-12 * self._norms[0]).any())
