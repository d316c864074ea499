"""Parts of a report that need nothing of each other, each in a process of its own."""

import contextlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

# Their threads do not live on in a fork, and who waits for them there waits for ever.
_THREADED = ("jax", "torch")


def map_apart(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """`function` of every item, in their order, in forked processes: as many at a time as there are processors.

    A fork has all that was computed before it, for nothing; what it computes is gone with it, but for what `function`
    returns, which must be picklable. All is done here where there is one item or one processor, on other systems than
    Linux, and where a library is loaded whose threads a fork would lose.

    Raises what `function` raises, and ChildProcessError in one line where a process dies.
    """
    workers = min(len(items), _count_processors())
    if workers < 2 or sys.platform != "linux" or any(name in sys.modules for name in _THREADED):
        return list(map(function, items))
    context = get_context("fork")
    found: dict[int, _R] = {}
    running: dict[Connection, tuple[int, Any]] = {}
    waiting = list(range(len(items)))
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                k = waiting.pop(0)
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_tell, args=(theirs, function, items[k]), daemon=True)
                with _uninterrupted(), warnings.catch_warnings():
                    # From Python 3.12, of numpy's threads, which stop before a fork and start anew after it.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
                    running[ours] = k, process
                theirs.close()
            for ours in wait(list(running)):
                assert isinstance(ours, Connection)
                k, process = running.pop(ours)
                found[k] = _hear(ours, process)
    finally:
        for _, process in running.values():
            process.kill()
            process.join()
    return [found[k] for k in range(len(items))]


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interruption within comes after it: between a fork and its being known it would leave an orphan."""
    if threading.current_thread() is not threading.main_thread():
        yield  # interruptions are the main thread's
        return
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if noted:
        signal.raise_signal(signal.SIGINT)


def _tell(theirs: Connection, function: Callable[[_T], Any], item: _T) -> None:
    """In the fork: send (result, error). Who interrupts the report interrupts the process that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        told = function(item), None
    except Exception as error:
        told = None, error
    theirs.send(told)


def _hear(ours: Connection, process: Any) -> Any:
    """What a fork sends, once it has ended."""
    try:
        result, error = ours.recv()
    except EOFError:
        process.join()
        raise ChildProcessError(
            f"a part of the report ended without a result (exit status {process.exitcode})"
        ) from None
    finally:
        ours.close()
    process.join()
    if error is not None:
        raise error
    return result


def _count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
