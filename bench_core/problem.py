"""What all families' problems share: seeded or given data, float64 views of them, and judging a result."""

from __future__ import annotations

import copy
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np

from bench_core.held import is_finite
from bench_core.masters import Float64View, adopt, align
from bench_core.method import Method, check_choice
from bench_core.precision import DTYPES

# What an oracle computes and keeps: arrays by name.
Arrays = dict[str, np.ndarray]
# Gives the oracle's arrays, see ``Problem.recall``: what the function computes, or what it has computed before.
Keeper = Callable[[str, Callable[[], Arrays], bool], Arrays]


class Problem(ABC):
    """Sizes, seeded data and how a result is judged; each family's ``problem.py`` has one.

    The master copy is float32: every number of it is exact in float64, so float32 and float64 kernels answer the same
    question and the error of a float32 result is the arithmetic's alone. A problem does not know its oracle: the
    family's ``oracle.py`` reads the problem, and is found by the family's name when a result is first judged.
    """

    family: str
    data: tuple[str, ...]  # names of the arrays that are data and not parameters: a training loop draws them anew
    kept: tuple[str, ...] = ()  # names of results that other data may leave as they are, see ``unseen``
    optional: tuple[str, ...] = ()  # sizes that are among ``sizes`` only where they are given
    dtypes: tuple[str, ...] = DTYPES  # precisions in which there is an answer to tell from rounding
    seed: int
    keeper: Keeper | None = None  # of these data: other data have another one, or none

    @property
    @abstractmethod
    def sizes(self) -> dict[str, Any]:
        """The sizes by their letters."""

    @abstractmethod
    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array of this name."""

    @abstractmethod
    def draw(self) -> dict[str, np.ndarray]:
        """The masters from the seed."""

    @cached_property
    def masters(self) -> dict[str, np.ndarray]:
        """The data as they are held, float32 (given ones float64); backends place these."""
        return self.draw()

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """The data as float64, one array converted whenever it is asked for."""
        return Float64View(self.masters)

    @cached_property
    def oracle(self) -> Any:
        """The family's float64 reference for this problem."""
        return importlib.import_module(f"bench_core.{self.family}.oracle").Oracle(self)

    def recall(self, name: str, compute: Callable[[], Arrays], data: bool = True) -> Arrays:
        """The oracle's arrays of this name, which ``compute`` computes: from the ``keeper``, where there is one.

        Oracles ask this way for what takes long and follows from the problem, or (``data`` is False) from its
        parameters, so that a harness may compute it once for many processes. The arrays are not to be written to.
        """
        return compute() if self.keeper is None else self.keeper(name, compute, data)

    def unseen(self) -> Self:
        """The same parameters with other data, the same every time: their entries shuffled, and with the other sign.

        What a kernel has not seen: one that remembers its input or its answer is found out by it.
        """
        rng = np.random.default_rng([self.seed, 0xDA7A])
        return self.with_data({n: rng.permutation(-self.masters[n].ravel()).reshape(self.shape(n)) for n in self.data})

    def with_data(self, data: Mapping[str, Any]) -> Self:
        """The same parameters with these data, by value: in float32 as they are, others as float64 (see ``adopt``).

        Raises ``ValueError`` for a name that is none of the data's, a wrong shape, and numbers that are not finite.
        """
        for name in data:
            check_choice("data", name, self.data)
        taken = adopt(data, self.shape)
        other = copy.copy(self)
        for known in ("oracle", "keeper"):
            vars(other).pop(known, None)
        other.masters = self.masters | {n: align(a) if _is_master(data[n]) else a for n, a in taken.items()}
        return other

    def guess_iterations(self, method: Method) -> int:
        """How many iterations an iterative method may take."""
        raise ValueError(f"{method.name} of {self.family} does not iterate")

    def tolerance(self, method: Method, dtype: str) -> float:
        """What the error (of an iterative method its residual) is held to."""
        return method.tolerance(dtype)

    def error(self, arrays: dict[str, np.ndarray], method: Method) -> float:
        """Largest relative error of the named results against the float64 oracle.

        A result that is not finite has error ``inf``. Raises ``ValueError`` for a missing name or a wrong shape.
        """
        return self.oracle.error(arrays, method)

    def measure(self, method: Method) -> str:
        """What :meth:`error` is: ``reference`` (against the true result, entry by entry), ``probes`` (the same norm
        estimated by random probes), ``residual`` (of the equation that the true result solves) or ``rule`` (against
        the same steps or probes in float64: rounding and faults of the code, not what the rule itself misses).
        """
        return self.oracle.measure(method)

    def quality(self, arrays: dict[str, np.ndarray], method: Method) -> dict[str, float]:
        """What else there is to say of a result, by name; a family that has something to say says it."""
        return {}

    def fault(
        self,
        arrays: dict[str, np.ndarray],
        method: Method,
        dtype: str,
        error: float | None = None,
        quality: dict[str, float] | None = None,
    ) -> str:
        """Why a result is none, in one line; empty where it is one.

        No row may hold numbers that are not finite; an exact one must be within its tolerance. ``error`` and
        ``quality`` are those of the result, where they are known already.
        """
        if broken := [name for name, array in arrays.items() if not is_finite(array)]:
            return f"not finite: {', '.join(broken)}"
        return self._miss(arrays, method, dtype, error, quality) if method.exact else ""

    def _miss(
        self, arrays: dict[str, np.ndarray], method: Method, dtype: str, error: float | None, quality: dict | None
    ) -> str:
        """By what an exact method's finite result misses its tolerance, in one line; empty where it does not."""
        error = self.error(arrays, method) if error is None else error
        limit = self.tolerance(method, dtype)
        return "" if error <= limit else f"error {error:.3g} exceeds the tolerance {limit:.0e}"


def _is_master(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == np.float32
