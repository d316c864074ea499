"""From a method's function to a kernel: operator, right-hand side and names, the same for both backends."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from bench_core.method import Method

MOST = 3000  # iterations after which a method has not converged


def build_kernel(method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str) -> ImplicitKernel:
    """Place the problem and prepare ``method.function`` in this form."""
    return ImplicitKernel(method, backend, problem, device, dtype, form)


class ImplicitKernel:
    """See :class:`bench_core.method.Kernel`.

    A call is the backward pass of one training step: from the loss gradient v to the gradients of the parameters and of
    the input d. The linearisation of T at u belongs to the forward pass and is made here, once.
    """

    def __init__(self, method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str):
        self._method, self._backend = method, backend
        self._operators = importlib.import_module(f"bench_core.implicit.{method.backend}._operator")
        function = method.function
        place = {name: backend.place(problem, name, device, dtype) for name in problem.masters}
        operator = self._operators.linearise(place, problem)
        settings = dict(method.settings)
        if method.iterative:
            settings |= {"tol": problem.tol, "most": MOST}
        extra: dict[str, Any] = {}
        module = importlib.import_module(function.__module__)
        if hasattr(module, "prepare"):
            # What a method takes over from the forward solve, or from a trial of a library's settings.
            extra = module.prepare(operator, place["v"], problem.tol, MOST)
        names, values = tuple(operator.arrays), tuple(operator.arrays.values())

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

        self._arguments = (place["v"], *values, *extra.values())
        self._call = backend.prepare(call, self._arguments, form, ())
        self._count = lambda counted: answer(counted, place["v"], *extra.values())
        self._operator, self._batch = operator, problem.B

    def reset(self, steady: bool = False) -> None:
        """Nothing moves here."""

    def run(self) -> Any:
        return self._call(*self._arguments)

    def wait(self, out: Any) -> None:
        self._backend.wait(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        return {name: self._backend.to_numpy(array) for name, array in out.items()}

    def memory_analysis(self) -> Any:
        """What the compiled program says of its memory; None where the backend has no such thing."""
        return self._backend.memory_analysis(self._call)

    def iterations(self, out: Any) -> int | None:
        """Iterations of the slowest sample; None of a method that does not iterate, or does not say."""
        return int(self._backend.to_numpy(out["iterations"]).max()) if "iterations" in out else None

    def count(self) -> dict[str, float]:
        """Products per sample of one call, counted by the operator itself (untimed)."""
        counted = self._operators.Counted(self._operator, self._batch)
        with self._operators.counting():
            self._backend.wait(self._count(counted))
        return {"vjps": counted.vjps, "jvps": counted.jvps, "evaluations": counted.evaluations}
