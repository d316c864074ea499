"""From a method's function to a kernel: the family's arguments, state and names, the same for both backends."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench_core.logdet.oracle import RATE
from bench_core.method import Method

STEADY_RATE = 1e-7


def build_kernel(method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str) -> LogdetKernel:
    """Place the problem and prepare ``method.function`` in this form."""
    return LogdetKernel(method, backend, problem, device, dtype, form)


class LogdetKernel:
    """See :class:`bench_core.method.Kernel`.

    A method that works in place goes on from its last result. Its first call after ``reset`` takes a step large enough
    to be checked; all later ones take steps so small that thousands of them leave the parameters where they are.
    (Repeated steps of a checkable size leave the finite numbers within a few calls.) ``reset(steady=True)`` starts with
    the small steps.
    """

    def __init__(self, method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str):
        self._method, self._backend, self._problem = method, backend, problem
        self._device, self._dtype = device, dtype
        self._scalars = [backend.scalar(value, device, dtype) for value in (problem.alpha, RATE, STEADY_RATE)]
        self.reset()
        donated = tuple(range(1, len(self._arguments()))) if method.in_place else ()
        example = (*self._arguments(), *self._constants())
        self._call = backend.prepare(method.function, example, form, donated)

    def reset(self, steady: bool = False) -> None:
        """Back to the problem's own parameters (only a method that works in place has moved)."""
        backend, p, own = self._backend, self._problem, self._method.in_place
        self._state: tuple = ()  # the old copies go before the new ones come
        self._steady = steady
        place = {name: backend.place(p, name, self._device, self._dtype, own and name != "x") for name in p.masters}
        layers = range(p.L)
        self._x = place["x"]
        self._state = (tuple(place[f"W{k}"] for k in layers), tuple(place[f"b{k}"] for k in layers))
        if self._method.computes == "value":
            self._state += (backend.from_numpy(np.zeros(p.L), self._device, self._dtype),)

    def _arguments(self) -> tuple:
        return (self._x, *self._state)

    def _constants(self) -> tuple:
        alpha, checked, small = self._scalars
        return (alpha, small if self._steady else checked) if self._method.in_place else (alpha,)

    def run(self) -> Any:
        out = self._call(*self._arguments(), *self._constants())
        if self._method.in_place:
            self._state = tuple(out)
            self._steady = True
        return out

    def wait(self, out: Any) -> None:
        self._backend.wait(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        copy = self._backend.to_numpy
        computes = self._method.computes
        if computes == "logdets":
            return {"logabsdet": copy(out)}
        if computes == "products":
            return {f"W{k}": copy(a) for k, a in enumerate(out)}
        weights, biases, *value = out
        named = self._problem.named([copy(a) for a in weights], [copy(a) for a in biases])
        return named | ({"logabsdet": copy(value[0])} if value else {})

    def memory_analysis(self) -> Any:
        """What the compiled program says of its memory; None where the backend has no such thing."""
        return self._backend.memory_analysis(self._call)
