"""From a method's function to a kernel: the family's arguments, state and names, the same for both backends."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np

from bench_core.held import FROM, Held, is_finite
from bench_core.kernel import Kernel
from bench_core.logdet import _results
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.settings import LEARNED, PROBED, STEADY_RATE, chunk, rate
from bench_core.logdet.singular import SingularWeight, find_singular
from bench_core.precision import PRECISIONS

# What needs W^-1 or log|det W|, and by which words torch says that a matrix has none.
_INVERTED = ("ordinary", "ordinary_with_value", "logdets", "tracked")
_SINGULAR = ("singular", "is zero")


class Prepare(Protocol):
    """The ``prepare`` of a method that has one: what every call of it is given after the slope (a library's layer, a
    learned inverse, probes), and the settings that are left for the method itself. ``place`` puts an array where the
    kernel computes.
    """

    def __call__(
        self, problem: LogdetProblem, place: Callable[[np.ndarray], Any], /, **settings: Any
    ) -> tuple[tuple, dict[str, Any]]: ...


class LogdetKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`.

    A method that works in place goes on from its last result. Its first call after ``reset`` takes a step large enough
    to be checked; all later ones take steps so small that thousands of them leave the parameters where they are.
    (Repeated steps of a checkable size leave the finite numbers within a few calls.) ``reset(steady=True)`` starts with
    the small steps.

    ``run`` (torch) and ``to_numpy`` (JAX, whose programs cannot raise) raise ``SingularWeight`` for a W without an
    inverse where the answer needs one; a method that carries inverses or factors does when it is built.
    """

    def _build(self) -> None:
        backend, method = self._backend, self._method
        scalars = (self._problem.alpha, rate(method.computes), STEADY_RATE)
        self._scalars = [backend.scalar(value, self._device, self._dtype) for value in scalars]
        self._results: _results.Results | None = None  # what the next call overwrites
        self._learned: _results.Results | None = None  # and by the inverses, where the method learns them
        self._inverses: list[np.ndarray] = []  # W^-T as it is placed, where the method carries them
        self._extra: tuple = ()  # what a rival has beside the parameters: a library's layer, a learned inverse, probes
        self.reset()
        donated = tuple(range(1, 1 + len(self._state))) if method.in_place else ()
        function = method.function
        if method.declaration.chunked:
            function = partial(function, chunk=chunk(self._device))
        if method.declaration.prepares:
            place = partial(backend.from_numpy, device=self._device, dtype=self._dtype)
            prepare: Prepare = method.module.prepare
            self._extra, settings = prepare(self._problem, place, **method.settings)
            function = partial(function, **settings)
        if method.overwrites(self._form):
            weights, biases = (list(side) for side in self._state[:2])
            borrow = partial(_results.borrow, self._problem, backend, self._device, self._dtype)
            self._results = borrow((weights, biases))
            sides = self._results.last[:1] if method.computes == "products" else self._results.last
            self.held_bytes = self.lent_bytes = sum(a.nbytes for side in sides for a in side)
            if method.computes == "tracked":
                self.held_bytes += sum(V.nbytes for V in self._state[2])
            if method.computes in LEARNED:
                self._learned = borrow((weights,), by="inverses")
                self.held_bytes += sum(R.nbytes for R in self._learned.last[0])
            function, more = backend.into_buffers(function, len(self._arguments()))
            donated += more
        self._call = backend.prepare(function, self._arguments(), self._form, donated)

    def reset(self, steady: bool = False) -> None:
        """Back to the problem's own parameters (only a method that works in place has moved)."""
        self._state: tuple = ()  # the old copies go before the new ones come
        self._steady = steady
        with self._backend.pinned(self._dtype):
            self._state = self._start()

    def _start(self) -> tuple:
        """The parameters, by the weights and by the biases, and what else the method takes or carries along."""
        p, backend, computes = self._problem, self._backend, self._method.computes
        at, layers = (self._device, self._dtype), range(p.L)
        names = [name for name in p.masters if name[0] != "W" or computes != "factors"]
        place = self._place(names, own=p.parameters if self._method.in_place else ())
        biases = tuple(place[f"b{k}"] for k in layers)
        if computes == "factors" and self._method.role == "peer":  # a library's layer holds its own
            return (), biases
        if computes == "factors":
            packed = tuple(backend.place(p.factors, f"W{k}", *at) for k in layers)
            return packed, biases, tuple(backend.from_indices(p.factors.orders[f"W{k}"], at[0]) for k in layers)
        weights = tuple(place[f"W{k}"] for k in layers)
        if computes == "value":
            return weights, biases, backend.from_numpy(np.zeros(p.L), *at)
        if computes == "tracked":
            # Kept, for an inverse takes far longer than a reset. What is placed has no more digits.
            numbers = np.float64 if self._dtype == "float64" else np.float32
            self._inverses = self._inverses or [self._invert(f"W{k}").astype(numbers, copy=False) for k in layers]
            return weights, biases, tuple(backend.from_numpy(V, *at) for V in self._inverses)
        return weights, biases

    def _invert(self, name: str) -> np.ndarray:
        try:
            return np.linalg.inv(self._problem.arrays[name].T)
        except np.linalg.LinAlgError:
            raise SingularWeight(name) from None

    def _arguments(self) -> tuple:
        alpha, checked, small = self._scalars
        given = (self._placed["x"], *self._state, alpha, *self._extra)
        if self._method.in_place:
            given += (small if self._steady else checked,)
        return given if self._results is None else (*given, self._overwritten())

    def _overwritten(self) -> Any:
        """The last results as far as this method's go: those by the weights alone, where it has no others."""
        assert self._results is not None
        if self._method.computes == "products":
            return self._results.last[0]
        return self._results.last if self._learned is None else (*self._results.last, *self._learned.last)

    def _answer(self) -> Any:
        try:
            out = self._call(*self._arguments()) if self._results is None else self._overwrite(self._results)
        except RuntimeError as error:
            if any(word in str(error) for word in _SINGULAR) and (singular := self._find_singular()):
                raise singular from None
            raise
        if self._method.in_place:
            self._state = tuple(out[: len(self._state)])
            self._steady = True
        return out

    def _overwrite(self, results: _results.Results) -> Any:
        try:
            out = self._call(*self._arguments())
        except Exception:
            self._repair()
            raise
        if self._method.computes == "products":
            results.last = (out, results.last[1])
        else:
            first = len(self._state) if self._method.in_place else 0
            results.last = tuple(out[first : first + 2])
        if self._learned is not None:
            self._learned.last = tuple(out[2:])
        return out

    def _repair(self) -> None:
        for results in (self._results, self._learned):
            if results is not None:
                results.repair()

    def wait(self, out: Any) -> None:
        """As every kernel's. A call that runs out of memory on a device may say so here first: what it should have left
        for the others' calls is not there.
        """
        try:
            super().wait(out)
        except Exception:
            self._repair()
            raise

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        return self._checked(super().to_numpy(out))

    def _checked(self, arrays: dict[str, Any]) -> dict[str, Any]:
        finite = self._method.computes not in _INVERTED or all(is_finite(array) for array in arrays.values())
        if not finite and (singular := self._find_singular()):
            raise singular
        return arrays

    def _find_singular(self) -> SingularWeight | None:
        """Why an answer is none, if it is that."""
        weights = {name: self._problem.masters[name] for name in self._problem.parameters if name[0] == "W"}
        return find_singular(weights, PRECISIONS[self._dtype].eps)

    def judged(self, out: Any) -> dict[str, Any]:
        if self._device == "cpu":
            return self.to_numpy(out)
        return self._checked(
            {
                name: Held(array, self._backend) if math.prod(array.shape) >= FROM else self._backend.to_numpy(array)
                for name, array in self._named(out).items()
            }
        )

    def _named(self, out: Any) -> dict[str, Any]:
        computes = self._method.computes
        if computes == "logdets":
            return dict(zip(("logabsdet", PROBED), out)) if isinstance(out, tuple) else {"logabsdet": out}
        if computes == "products":
            return {f"W{k}": a for k, a in enumerate(out)}
        if isinstance(out, dict):  # a library's, by its own parameters
            return out
        if computes == "tracked":
            weights, biases, inverses, *gradients = out
            more = {"V": inverses, **dict(zip("Gg", gradients))}
            named = {f"{letter}{k}": array for letter, arrays in more.items() for k, array in enumerate(arrays)}
            return self._problem.named(weights, biases) | named
        weights, biases, *more = out
        named = self._problem.named(weights, biases)
        if computes in LEARNED:
            turned = computes == "self_normalizing"  # which has its inverses transposed
            return named | {f"R{k}": array.T if turned else array for k, array in enumerate(more[0])}
        return named | ({"logabsdet": more[0]} if more else {})
