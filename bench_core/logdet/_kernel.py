"""From a method's function to a kernel: the family's arguments, state and names, the same for both backends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench_core.held import FROM, Held
from bench_core.kernel import Kernel
from bench_core.logdet import _results
from bench_core.logdet.settings import RATE, STEADY_RATE


class LogdetKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`.

    A method that works in place goes on from its last result. Its first call after ``reset`` takes a step large enough
    to be checked; all later ones take steps so small that thousands of them leave the parameters where they are.
    (Repeated steps of a checkable size leave the finite numbers within a few calls.) ``reset(steady=True)`` starts with
    the small steps.
    """

    def _build(self) -> None:
        backend, method = self._backend, self._method
        scalars = (self._problem.alpha, RATE, STEADY_RATE)
        self._scalars = [backend.scalar(value, self._device, self._dtype) for value in scalars]
        self._results: _results.Results | None = None  # what the next call overwrites
        self.reset()
        donated = tuple(range(1, 1 + len(self._state))) if method.in_place else ()
        function = method.function
        if method.overwrites(self._form):
            weights, biases = (list(side) for side in self._state)
            self._results = _results.borrow(self._problem, backend, self._device, self._dtype, (weights, biases))
            self.held_bytes = self.lent_bytes = sum(a.nbytes for a in self._named(self._overwritten()).values())
            function, donated = backend.into_buffers(function, len(self._arguments()))
        self._call = backend.prepare(function, self._arguments(), self._form, donated)

    def reset(self, steady: bool = False) -> None:
        """Back to the problem's own parameters (only a method that works in place has moved)."""
        p, own = self._problem, self._method.in_place
        self._state: tuple = ()  # the old copies go before the new ones come
        self._steady = steady
        with self._backend.pinned(self._dtype):
            place = self._place(p.masters, own=p.parameters if own else ())
            layers = range(p.L)
            self._state = (tuple(place[f"W{k}"] for k in layers), tuple(place[f"b{k}"] for k in layers))
            if self._method.computes == "value":
                self._state += (self._backend.from_numpy(np.zeros(p.L), self._device, self._dtype),)

    def _arguments(self) -> tuple:
        alpha, checked, small = self._scalars
        given = (self._placed["x"], *self._state, alpha)
        if self._method.in_place:
            given += (small if self._steady else checked,)
        return given if self._results is None else (*given, self._overwritten())

    def _overwritten(self) -> Any:
        """The last results as far as this method's go: those by the weights alone, where it has no others."""
        assert self._results is not None
        return self._results.last[0] if self._method.computes == "products" else self._results.last

    def _answer(self) -> Any:
        if self._results is not None:
            return self._overwrite(self._results)
        out = self._call(*self._arguments())
        if self._method.in_place:
            self._state = tuple(out)
            self._steady = True
        return out

    def _overwrite(self, results: _results.Results) -> Any:
        try:
            out = self._call(*self._arguments())
        except Exception:
            results.repair()
            raise
        results.last = (out, results.last[1]) if self._method.computes == "products" else out
        return out

    def wait(self, out: Any) -> None:
        """As every kernel's. A call that runs out of memory on a device may say so here first: what it should have left
        for the others' calls is not there.
        """
        try:
            super().wait(out)
        except Exception:
            if self._results is not None:
                self._results.repair()
            raise

    def judged(self, out: Any) -> dict[str, Any]:
        if self._device == "cpu":
            return self.to_numpy(out)
        return {
            name: Held(array, self._backend) if math.prod(array.shape) >= FROM else self._backend.to_numpy(array)
            for name, array in self._named(out).items()
        }

    def _named(self, out: Any) -> dict[str, Any]:
        computes = self._method.computes
        if computes == "logdets":
            return {"logabsdet": out}
        if computes == "products":
            return {f"W{k}": a for k, a in enumerate(out)}
        weights, biases, *value = out
        return self._problem.named(weights, biases) | ({"logabsdet": value[0]} if value else {})
