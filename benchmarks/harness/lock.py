"""One session at a time on a machine, whoever started it: two would time each other."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import math
import os
import shlex
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness.outcome import one_line
from benchmarks.harness.stream import say

TELL_EVERY_S = 10.0


class BusyError(ValueError):
    """The machine was not free in time."""


def path() -> Path:
    """``BENCH_LOCK``, else a file in ``/tmp``, whatever ``TMPDIR`` says: users of one machine must meet at one place.

    Containers that share a machine need a folder that they share, too.
    """
    folder = Path("/tmp") if os.path.isdir("/tmp") else Path(tempfile.gettempdir())
    return Path(os.environ.get("BENCH_LOCK") or folder / "jacobench.lock")


@contextlib.contextmanager
def machine_lock(what: str, tell: Callable[[str], None] | None = None, until: float = math.inf) -> Iterator[None]:
    """Hold the machine while measuring ``what``; others wait, and are told for whom.

    The kernel releases the lock when its holder ends, however it ends. A session on a GPU holds it too: one on the
    processor beside it would spoil the times of its host.

    tell    called with one line as soon as there is something to wait for, and every ten seconds after
    until   when waiting ends (``time.monotonic``), with ``BusyError``

    Raises
    ------
    ValueError
        in one line, where the lock's file cannot be opened
    """
    try:
        descriptor, held = _open(path()), False
    except OSError as error:
        raise ValueError(
            f"the machine's lock {path()} cannot be opened ({error.strerror}); allowed: BENCH_LOCK = a file in a folder"
            " that may be written"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _telling(descriptor, tell or say):
                if not _wait(descriptor, until):
                    raise BusyError(f"the machine was not free in time: {_holder(descriptor)}") from None
        held = True
        _sign(descriptor, {"pid": os.getpid(), "user": _user(), "what": what, "command": _command(), "up": _up()})
        yield
    finally:
        # Empty before it is free: what is read while one waits is the holder's.
        if held:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
        os.close(descriptor)


@contextlib.contextmanager
def alone(file: Path, what: str) -> Iterator[None]:
    """Be the only process that does ``what``, as long as it holds ``file``; ``ValueError`` where another one does.

    A file system without locks lets everyone through.
    """
    with open(file, "a+", encoding="utf-8", opener=_follow_no_link) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            hand = stream.read() or "another process"
            raise ValueError(f"{what} is in the hands of {hand}; allowed: one at a time") from None
        except OSError:
            yield
            return
        with contextlib.suppress(OSError):  # where that cannot be written it is held all the same
            stream.truncate(0)
            stream.write(f"process {os.getpid()}")
            stream.flush()
        yield


def _follow_no_link(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NOFOLLOW, 0o666)


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_NOFOLLOW)  # it may be another user's: creating it anew is then refused
    except FileNotFoundError:
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except PermissionError:  # another user's, of a moment ago
            return os.open(file, os.O_RDWR | os.O_NOFOLLOW)
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, 0o666)  # whatever the umask: another user's session must be able to wait on it
        return descriptor
    except PermissionError:
        return os.open(file, os.O_RDONLY | os.O_NOFOLLOW)  # enough to wait for it and to hold it


def _wait(descriptor: int, until: float) -> bool:
    """Wait for the lock; whether it was had in time.

    A thread waits, as nothing ends a wait that has begun: whoever asks again and again instead is passed over by those
    who wait. What comes too late is given back.
    """
    if until == math.inf:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    own, turn, had, late = os.dup(descriptor), threading.Lock(), threading.Event(), threading.Event()

    def wait() -> None:
        try:
            fcntl.flock(own, fcntl.LOCK_EX)
            with turn:
                if late.is_set():
                    fcntl.flock(own, fcntl.LOCK_UN)
                had.set()
        finally:
            os.close(own)

    threading.Thread(target=wait, daemon=True).start()
    had.wait(max(0.0, until - time.monotonic()))
    with turn:
        late.set()
        return had.is_set()


def _sign(descriptor: int, holder: dict[str, Any]) -> None:
    """Say who holds the lock. Where that cannot be written the lock is held all the same."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


@contextlib.contextmanager
def _telling(descriptor: int, tell: Callable[[str], None]) -> Iterator[None]:
    """Tell who is waited for, now and every so often, until the lock is ours."""
    ours, began = threading.Event(), time.monotonic()

    def repeat() -> None:
        while True:
            tell(f"waiting for the machine ({time.monotonic() - began:.0f} s so far): {_holder(descriptor)}")
            if ours.wait(TELL_EVERY_S):
                return

    teller = threading.Thread(target=repeat, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ours.set()
        teller.join()


def _holder(descriptor: int) -> str:
    """Who holds the lock, in words. The file is anyone's to write: what is not understood is no holder."""
    try:
        holder = json.loads(os.pread(descriptor, 65536, 0))
        since = float(holder["up"]) + time.time() - _up()
        clock = time.strftime("%H:%M:%S", time.localtime(since))
        return one_line(
            f"process {int(holder['pid'])} of {holder['user']} ({holder['command']}) holds it since {clock}"
            f" for {holder['what']}",
            limit=500,
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "another session holds it"


def _up() -> float:
    """Seconds since the machine's start: the same clock in all processes, and nobody sets it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _command() -> str:
    """The command in one line: of asv's benchmarks it is the run that they belong to."""
    return os.environ.get("BENCH_COMMAND") or shlex.join(["python", *sys.orig_argv[1:]])[:200]
