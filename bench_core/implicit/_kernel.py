"""From a method's function to a kernel: operator, right-hand side and names, the same for both backends."""

from __future__ import annotations

import importlib
from math import isnan
from typing import Any, Protocol

import numpy as np

from bench_core.implicit._singular import SingularJacobian, is_singular
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import Stop, chunk
from bench_core.implicit.tuning import Prepared
from bench_core.kernel import Kernel
from bench_core.precision import PRECISIONS


class Prepare(Protocol):
    """The ``prepare`` of a method that has one: what it takes over from the forward solve or the last training step,
    or from trials of a library's settings, for the linearised map, the loss gradient v (B, D) and its stopping rule.
    """

    def __call__(self, operator: Operator[Any], v: Any, stop: Stop, /, **settings: Any) -> Prepared: ...


class ImplicitKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`.

    A call is the backward pass of one training step: from the loss gradient v to the gradients of the parameters and of
    the input d. The linearisation of T at u belongs to the forward pass and is made here, once.

    ``run`` (torch on the CPU) or ``to_numpy`` (JAX, and on a GPU) of ``dense`` raise ``SingularJacobian`` for a sample
    whose J has no inverse.
    """

    def _build(self) -> None:
        method, p = self._method, self._problem
        self._operators = importlib.import_module(f"bench_core.implicit.{method.backend}._operator")
        function = method.function
        place = self._place(p.masters)
        operator = self._operators.linearise(place, p)
        settings, stop = dict(method.settings), Stop(p.tol)
        self._extra: dict[str, Any] = {}
        if method.declaration.prepares:
            prepare: Prepare = method.module.prepare
            prepared = prepare(operator, place["v"], stop, **settings)
            self._extra = prepared.arrays
            settings |= prepared.settings
            if not isnan(prepared.looser):
                self.found = {"looser_residual": prepared.looser}
        elif method.iterative:
            settings["stop"] = stop
        elif method.declaration.chunked:
            settings["chunk"] = chunk(method.backend, self._device)
        self.settings = settings
        names = tuple(operator.arrays)

        def answer(operator: Any, v: Any, *more: Any) -> Any:
            out = function(operator, v, *more, **settings)
            if isinstance(out, dict):
                return out
            if method.computes == "fixed_point":
                return {"u": out.w, "iterations": out.iterations}
            named = operator.pull(out.w)
            if out.w is not v:  # a copy of v is no work of the method's
                named["w"] = out.w
            return named if out.iterations is None else named | {"iterations": out.iterations}

        def call(v: Any, *given: Any) -> Any:
            return answer(operator.of(dict(zip(names, given))), v, *given[len(names) :])

        self._solve, self._operator = answer, operator
        self._call = self._backend.prepare(call, self._arguments(), self._form, ())
        self.counts = method.role != "peer"  # libraries hide theirs

    def _arguments(self) -> tuple:
        held = {name: self._placed.get(name, array) for name, array in self._operator.arrays.items()}
        return (self._placed["v"], *held.values(), *self._extra.values())

    def refill(self, problem: Any) -> None:
        super().refill(problem)
        with self._backend.pinned(self._dtype):
            operator = self._operators.linearise(self._placed, problem)
            for name, array in operator.arrays.items():
                if name not in self._placed:
                    held, fresh = self._operator.arrays[name], self._backend.to_numpy(array)
                    self._operator.arrays[name] = self._backend.overwrite(held, fresh)
            if self._extra:  # other data had another last step, or another way forward
                prepare: Prepare = self._method.module.prepare
                stop, settings = Stop(problem.tol), self._method.settings
                for name, array in prepare(operator, self._placed["v"], stop, **settings).arrays.items():
                    held, fresh = self._extra[name], self._backend.to_numpy(array)
                    self._extra[name] = self._backend.overwrite(held, _fit(fresh, held.shape))

    def _named(self, out: Any) -> dict[str, Any]:
        return dict(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        arrays = super().to_numpy(out)
        if self._method.declaration.chunked and not np.isfinite(arrays["w"]).all():
            self._explain(arrays["w"])
        return arrays

    def _explain(self, w: np.ndarray) -> None:
        """Raise ``SingularJacobian`` if that is why a sample's w is no number, on the arrays that it was given."""
        epsilon = PRECISIONS[self._dtype].eps
        with self._backend.pinned(self._dtype):
            form = self._operator.jacobians()
            for sample in np.flatnonzero(~np.isfinite(w).all(axis=1)):
                J = np.eye(w.shape[1]) - self._backend.to_numpy(form(int(sample), 1))[0]
                if np.isfinite(J).all() and is_singular(J, epsilon):
                    raise SingularJacobian(int(sample))

    def iterations(self, out: Any) -> int | None:
        return int(self._backend.to_numpy(out["iterations"]).max()) if "iterations" in out else None

    def count(self) -> dict[str, float]:
        counted = self._operators.Counted(self._operator, self._problem.B)
        with self._backend.pinned(self._dtype), self._operators.counting():
            self._backend.wait(self._solve(counted, self._placed["v"], *self._extra.values()))
        return {"vjps": counted.vjps, "jvps": counted.jvps, "evaluations": counted.evaluations}


def _fit(array: np.ndarray, shape: Any) -> np.ndarray:
    """The array with as many first entries as the shape has, zeros for those that are missing: pairs of zeros are
    none, and another way forward may take an iteration more or less.
    """
    fitted = np.zeros(shape, array.dtype)
    number = min(len(array), len(fitted))
    fitted[:number] = array[:number]
    return fitted
