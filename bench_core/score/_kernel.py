"""From a method's function to a kernel: arguments and names, the same for both backends."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench_core.method import Method


def build_kernel(method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str) -> ScoreKernel:
    """Place the problem and prepare ``method.function`` in this form."""
    return ScoreKernel(method, backend, problem, device, dtype, form)


class ScoreKernel:
    """See :class:`bench_core.method.Kernel`."""

    def __init__(self, method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str):
        self._backend, self._curl = backend, method.computes.startswith("curl")
        names = problem.parameters(method.computes)
        self.parameters = {name: backend.place(problem, name, device, dtype) for name in names}
        data = [backend.place(problem, name, device, dtype) for name in (("y", "v") if self._curl else ("x", "y"))]
        scalars = [] if self._curl else [backend.scalar(problem.sigma, device, dtype)]
        self._arguments = (*data, self.parameters, *scalars)
        self._call = backend.prepare(method.function, self._arguments, form, ())

    def reset(self, steady: bool = False) -> None:
        """Nothing moves here."""

    def run(self) -> Any:
        return self._call(*self._arguments)

    def wait(self, out: Any) -> None:
        self._backend.wait(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        copy = self._backend.to_numpy
        if self._curl:
            return {"curl": copy(out)}
        loss, gradients = out
        return {"loss": copy(loss)} | {name: copy(array) for name, array in gradients.items()}

    def memory_analysis(self) -> Any:
        """What the compiled program says of its memory; None where the backend has no such thing."""
        return self._backend.memory_analysis(self._call)
