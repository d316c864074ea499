"""Nothing lives on: processes of a run end in order when they are told to, and with whoever started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


class Terminated(KeyboardInterrupt):
    """A request to end (SIGTERM, a closed terminal): it takes the same way out as an interrupt from the keyboard."""


def end_in_order() -> None:
    """SIGTERM and SIGHUP raise :class:`Terminated` in the main thread, so that every ``finally`` is run.

    A signal that is ignored stays so: ``nohup`` asks for that.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _terminate)


def _terminate(number: int, frame: object) -> None:
    raise Terminated(signal.Signals(number).name)


def die_with(parent: int, number: int = signal.SIGTERM) -> None:
    """Receive a signal when the process ``parent``, which started this one, is gone; at once if it is by now.

    Linux keeps the promise even where the parent was killed and could do nothing any more; elsewhere there is none.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
