"""From a method's function to a kernel: arguments, settings and names, the same for both backends."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench_core.method import Method


def build_kernel(method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str) -> LineIntegralKernel:
    """Place the problem and prepare ``method.function`` in this form."""
    return LineIntegralKernel(method, backend, problem, device, dtype, form)


class LineIntegralKernel:
    """See :class:`bench_core.method.Kernel`."""

    def __init__(self, method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str):
        self._backend, function = backend, method.function
        self.parameters = {name: backend.place(problem, name, device, dtype) for name in ("W0", "b0", "W1", "b1")}
        target = backend.place(problem, "target", device, dtype)
        if method.computes == "integral":
            self._arguments = (backend.place(problem, "x", device, dtype), target, self.parameters)
        else:
            self._arguments = (target, self.parameters)

        def call(*arguments: Any) -> dict[str, Any]:
            return function(*arguments, problem.J, **method.settings)

        self._call = backend.prepare(call, self._arguments, form, ())

    def reset(self, steady: bool = False) -> None:
        """Nothing moves here."""

    def run(self) -> Any:
        return self._call(*self._arguments)

    def wait(self, out: Any) -> None:
        self._backend.wait(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        copy = self._backend.to_numpy
        return {name: copy(array) for name, array in out.items() if name != "evaluations"}

    def iterations(self, out: Any) -> int | None:
        """Evaluations of J that an adaptive method took; None of one that does not adapt."""
        return int(out["evaluations"]) if "evaluations" in out else None

    def memory_analysis(self) -> Any:
        """What the compiled program says of its memory; None where the backend has no such thing."""
        return self._backend.memory_analysis(self._call)
