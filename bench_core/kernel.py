"""What all families' kernels share: placing, preparing, running, reading out, and new data in the same buffers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from bench_core.method import Method


class Kernel(ABC):
    """A method built for a problem on a device.

    ``run`` dispatches one call and returns its result without waiting; ``wait`` returns when the device has finished
    every part of it; ``to_numpy`` reads it out, named as the parameters. A result is valid until the next ``run`` of
    this kernel or, of a method with ``buffers``, of any kernel that shares them: all that are built for one problem on
    one device in one dtype write into one set of results, as a training loop has one. (torch overwrites the old arrays,
    JAX deletes them.) A result of a method that works in place is the kernel's parameters: ``reset`` ends it too. With
    JAX all compilation is in ``Method.build``, with torch.compile in the first ``run``. Nothing here reads a clock.

    A kernel's precision is its own: whatever the framework's global switches say, before, between and after its calls,
    it computes in its dtype with true float32 products (TF32 ones where that is the dtype), and leaves the switches as
    they were.
    """

    # Whether ``count`` has an answer.
    counts = False
    # What its build found that a record says beside the quality of its result, by name.
    found: Mapping[str, float] = MappingProxyType({})
    # Memory that the kernel keeps and overwrites, its results' or a graph's: no call allocates it, and a user needs it
    # all the same. ``lent_bytes`` of it are there already for the next kernel that shares them.
    held_bytes = 0
    lent_bytes = 0

    def __init__(self, method: Method, backend: Any, problem: Any, device: str, dtype: str, form: str):
        self._method, self._backend, self._problem = method, backend, problem
        self._device, self._dtype, self._form = device, dtype, form
        self._placed: dict[str, Any] = {}
        with backend.pinned(dtype):
            self._build()
        self.held_bytes += backend.held_bytes(self._call)

    # -- what a family says -----------------------------------------------------------------------------------------

    @abstractmethod
    def _build(self) -> None:
        """Place what the method needs and prepare ``self._call``."""

    @abstractmethod
    def _arguments(self) -> tuple:
        """What the next call is given."""

    @abstractmethod
    def _named(self, out: Any) -> dict[str, Any]:
        """The arrays of a result by name."""

    # -- the contract -----------------------------------------------------------------------------------------------

    def run(self) -> Any:
        if self._backend.is_pinned(self._dtype):
            return self._answer()
        with self._backend.pinned(self._dtype):
            return self._answer()

    def wait(self, out: Any) -> None:
        self._backend.wait(out)

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        return {name: self._backend.to_numpy(array) for name, array in self._named(out).items()}

    def judged(self, out: Any) -> dict[str, Any]:
        """The arrays of a result by name as the oracle reads them: ``to_numpy``, or where a family's oracle knows
        ``Held`` ones, large arrays on their device.
        """
        return self.to_numpy(out)

    def reset(self, steady: bool = False) -> None:
        """Back to the problem's parameters where the kernel updates them in place, ``steady`` with calls that keep them
        where they are; elsewhere nothing moves.
        """
        return

    def refill(self, problem: Any) -> None:
        """Other data, of ``problem.unseen()``, written into the very buffers that the calls read."""
        with self._backend.pinned(self._dtype):
            for name in problem.data:
                if name in self._placed:
                    self._placed[name] = self._backend.overwrite(self._placed[name], problem.masters[name])

    def memory_analysis(self) -> Any:
        """What the compiled program says of its memory; None where the backend has no such thing."""
        return self._backend.memory_analysis(self._call)

    def iterations(self, out: Any) -> int | None:
        """Iterations (evaluations) that the slowest sample took; None of a method that does not iterate, or does not
        say.
        """
        return None

    def count(self) -> dict[str, float]:
        """Products per sample of one more call, counted by the operator itself (untimed); see ``counts``."""
        raise ValueError(f"{self._method.name} of {self._method.family} counts no products")

    # -- shared by the families -------------------------------------------------------------------------------------

    _call: Callable[..., Any]

    def _place(self, names: Any, own: Any = ()) -> dict[str, Any]:
        """The problem's arrays of these names on the device; the data and those in ``own`` are the kernel's own copies,
        the others one copy for all kernels of the problem. Data that are there already stay; other copies of its own
        begin anew, in the same memory where it is still there (JAX has given it to a call).
        """
        data = set(self._problem.data)
        own = {*own, *data}
        before = self._placed

        def placed(name: str) -> Any:
            if name in before and name in data:
                return before[name]
            if name in before and name in own and self._backend.is_there(before[name]):
                return self._backend.overwrite(before[name], self._problem.masters[name])
            return self._backend.place(self._problem, name, self._device, self._dtype, name in own)

        self._placed = {name: placed(name) for name in names}
        return self._placed

    def _answer(self) -> Any:
        return self._call(*self._arguments())
