"""The gradients that all kernels of one problem overwrite in turn: one set, however many kernels are built, and one
more for those that learn an inverse beside W.
"""

from __future__ import annotations

import weakref
from typing import Any


class Results:
    """``last`` is what the last call of any of the kernels has left, by the weights and by the biases, or by the
    learned inverses.

    A call writes into it (torch) or is given its memory (JAX); what it returns is the next ``last``.
    """

    last: tuple[list[Any], ...]

    def __init__(self, backend: Any, like: tuple[list[Any], ...]):
        self._backend, self._like = backend, like
        self.last = backend.buffers(like)

    def repair(self) -> None:
        """After a call that failed: new arrays where the old ones went with it, or are what it left."""
        if not self._backend.is_there(self.last):
            self.last = self._backend.buffers(self._like)


_held: weakref.WeakKeyDictionary[Any, weakref.WeakValueDictionary[tuple[str, ...], Results]] = (
    weakref.WeakKeyDictionary()
)


def borrow(
    problem: Any, backend: Any, device: str, dtype: str, like: tuple[list[Any], ...], by: str = "parameters"
) -> Results:
    """The problem's results on this device, with arrays like these, gradients ``by`` what this says; they live as
    long as a kernel that borrows them.
    """
    known = _held.setdefault(problem, weakref.WeakValueDictionary())
    key = (backend.__name__, device, dtype, by)
    results = known.get(key)
    if results is None:
        results = known[key] = Results(backend, like)
    else:
        results.repair()  # nobody need have waited for the last call of another kernel
    return results
