"""torch: a function as CUDA graphs, captured once and replayed with one launch."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from bench_core.method import Unavailable


class Graph:
    """A function of tensors and numbers whose calls are replays: what the host does in a call is done once.

    A graph reads and writes the memory that it was captured with: ``function`` is given the tensors of ``arguments``
    for ever, and a call's other tensors are copied into them first. Numbers are constants of a graph: other numbers
    are captured when they first come. The tensors at ``updated`` are written by the function; capturing leaves them
    as they were. Results are the same tensors in every call.

    Raises ``Unavailable`` for a function that waits for the device, which no graph can.
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple, updated: tuple[int, ...]):
        self._function, self._updated = function, updated
        self._held = arguments
        self._known = list(arguments)  # what a call may be given without a tensor to be copied
        self._replays: dict[tuple, tuple[Callable[[], None], Any]] = {}
        self._pool: Any = None  # of all graphs of this function: only one runs at a time
        self.held_bytes = 0  # the most that a call holds of what it takes itself, which the graphs keep
        self._capture(arguments)

    def __call__(self, *arguments: Any) -> Any:
        numbers = tuple(given for given in arguments if isinstance(given, float))
        replay, out = self._replays.get(numbers) or self._capture(arguments)
        for k, given in enumerate(arguments):
            if given is not self._known[k]:
                self._take(k, given)
        replay()
        return out

    def _capture(self, arguments: tuple) -> tuple[Callable[[], None], Any]:
        """The graph for these numbers, and its results, which hold nothing yet."""
        mixed = tuple(given if isinstance(given, float) else held for given, held in zip(arguments, self._held))
        updated = [tensor for k in self._updated for tensor in _tensors(mixed[k])]
        before = [tensor.clone() for tensor in updated]
        _warm_up(self._function, mixed)
        for tensor, kept in zip(updated, before):
            tensor.copy_(kept)
        del before
        replay, out, self._pool, taken = _record(self._function, mixed, self._pool)
        self.held_bytes = max(self.held_bytes, taken)
        key = tuple(given for given in arguments if isinstance(given, float))
        self._replays[key] = replay, out
        return replay, out

    def _take(self, k: int, given: Any) -> None:
        """Copy what is not in the graphs' own memory into it."""
        pairs = zip(_tensors(self._held[k]), _tensors(given), strict=True)
        moved = [(held, tensor) for held, tensor in pairs if not _is_same_memory(held, tensor)]
        for held, tensor in moved:
            held.copy_(tensor)
        if not moved:
            self._known[k] = given


def _tensors(argument: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(argument) if isinstance(leaf, Tensor)]


def _is_same_memory(held: Tensor, given: Tensor) -> bool:
    """Whether the tensors are one, or views of the same numbers: a function may return a view of its ``out``."""
    return held is given or (held.data_ptr(), held.shape, held.stride()) == (
        given.data_ptr(),
        given.shape,
        given.stride(),
    )


@functools.cache
def _side_stream() -> torch.cuda.Stream:
    """Where functions are warmed up and captured: libraries keep a workspace for every stream, which is no graph's."""
    return torch.cuda.Stream()


def _warm_up(function: Callable[..., Any], arguments: tuple) -> None:
    """Two calls beside the current stream: libraries take what they need in the first, and nothing may wait in the
    second. A capture that fails leaves torch's allocator as it is while one is underway: it is better not begun.
    """
    stream = _side_stream()
    stream.wait_stream(torch.cuda.current_stream())
    try:
        with torch.cuda.stream(stream):
            function(*arguments)
            with _waits_are_errors():
                function(*arguments)
    finally:  # what it has begun to write may be others' too
        torch.cuda.current_stream().wait_stream(stream)


@contextlib.contextmanager
def _waits_are_errors() -> Iterator[None]:
    """Operations of torch's that wait for the device raise ``Unavailable``."""
    before = torch.cuda.get_sync_debug_mode()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it does not know of all of them
            torch.cuda.set_sync_debug_mode("error")
        yield
    except RuntimeError as error:
        if "synchronizing" not in str(error):
            raise
        raise Unavailable("form 'graph' needs a function that does not wait for the device; this one does") from error
    finally:
        torch.cuda.set_sync_debug_mode(before)


def _record(function: Callable[..., Any], arguments: tuple, pool: Any) -> tuple[Callable[[], None], Any, Any, int]:
    """What replays the function, its results, the pool that they and everything between live in, and its bytes."""
    graph = torch.cuda.CUDAGraph()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    try:
        # A capture that fails forgets to go back to the stream that was current.
        with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph, pool, _side_stream()):
            out = function(*arguments)
    except RuntimeError as error:
        first = error.__context__ or error  # a capture that ends early raises another error when it is closed
        if isinstance(first, torch.OutOfMemoryError):
            raise first from None
        raise Unavailable(f"form 'graph' cannot capture this function: {str(first).partition(chr(10))[0]}") from error
    return graph.replay, out, graph.pool(), torch.cuda.max_memory_allocated() - before
