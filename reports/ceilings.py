"""Measured ceilings: the rates of the machine as a session, or the sessions of one state, found them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .load import Session
from .records import read_time
from .states import read_state
from .statistics import NEAR


@dataclass(frozen=True)
class Ceiling:
    """Measured best rates of a machine: floating-point operations and copied bytes per second."""

    flops_per_s: float
    bytes_per_s: float


class Ceilings:
    """Ceilings of the sessions of a run. Of another state of the machine no session says anything.

    Products are a session's own. The memory is the same for all backends of a device, and one that writes every copy
    to fresh pages measures what those cost, six times the copy: its methods would beat that roofline. So the copy is
    the best of its own and the medians of the other backends' sessions nearest to it in time.
    """

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._sessions = tuple(sessions)
        self._found: dict[str, tuple[float, float] | None] = {}

    def of(self, sessions: Sequence[Session]) -> Ceiling | None:
        """Medians over sessions of one cell or one state; None where none of them measured both rates."""
        found = [rates for session in sessions if (rates := self._measure(session)) is not None]
        return Ceiling(*(float(np.median(column)) for column in zip(*found, strict=True))) if found else None

    def _measure(self, session: Session) -> tuple[float, float] | None:
        """FLOP/s and bytes/s of one session."""
        if session.path not in self._found:
            gemm, own = read_state(session)[:2]
            known = not (math.isnan(gemm) or math.isnan(own))
            self._found[session.path] = (gemm, max(own, *self._read_others(session))) if known else None
        return self._found[session.path]

    def _read_others(self, session: Session) -> list[float]:
        """The copy of each other backend of the device around the time of the session, in bytes/s."""
        at, (*memory, own) = _read_time(session), _find_backend(session)
        found = [0.0]
        for (*there, backend), (times, copies) in self._copies.items():
            if there == memory and backend != own:
                near = np.argsort(np.abs(times - at), kind="stable")[:NEAR]
                found.append(float(np.median(copies[near])))
        return found

    @cached_property
    def _copies(self) -> dict[tuple[str, ...], np.ndarray]:
        """Times (seconds) and copies (bytes/s) of the sessions of each backend, two rows."""
        backends: dict[tuple[str, ...], list[tuple[float, float]]] = {}
        for session in self._sessions:
            copy = read_state(session)[1]
            if not math.isnan(copy):
                backends.setdefault(_find_backend(session), []).append((_read_time(session), copy))
        return {backend: np.array(sorted(known)).T for backend, known in sorted(backends.items())}


def _find_backend(session: Session) -> tuple[str, ...]:
    return session.machine, *(str(session.get("cell", name)) for name in ("device", "backend"))


def _read_time(session: Session) -> float:
    """Seconds since the epoch; 0 where the record does not say."""
    return read_time(session.get("started_at")) or 0.0
