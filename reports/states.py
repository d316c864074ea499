"""The machine states of a run: from the readings of its sessions to a letter for each."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .group import group_by
from .load import Session
from .points import find_middle
from .records import is_positive
from .statistics import APART, find_levels, group_levels

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class State:
    """Sessions of one place on one processor (or card) that ran at one speed. `letter` A holds the most; rates are
    medians or NaN.
    """

    letter: str
    processor: str
    sessions: tuple[Session, ...]
    gemm_flops_per_s: float
    copy_bytes_per_s: float
    canary_s: float
    one_thread_s: float


# A rate of a faster machine is larger, a time is shorter: log readings times these are all speeds.
SPEEDS = np.array([1, 1, -1, -1])


def find_states(sessions: Iterable[Session]) -> tuple[State, ...]:
    """The states of each machine, backend, device, precision and number of threads, most sessions first.

    Rates of another precision or number of threads are not comparable. Two processors are two states, however near
    their speeds: what one is good at is not what the other is. Sessions without a reading are in no state.
    """
    comparable = group_by(sessions, _find_scope)
    return tuple(state for _, found in sorted(comparable.items()) for state in _give_letters(found))


def read_state(session: Session) -> tuple[float, float, float, float]:
    """FLOP/s of products, bytes/s of copies, seconds of the canary and of one thread on the slowest processor, NaN
    where a session has none.

    Products and canary are the backend's, whose threads may share a processor for a while. Where one thread says that
    the machine did not move, the better of the two ends' products is what it reaches.
    """
    canary = read_canary(session)
    known = session.get("state", "canary_s", default=float(np.median(canary)) if canary else math.nan)
    rates = (
        session.get("state", name, default=session.get("ceiling", name))
        for name in ("gemm_flops_per_s", "copy_bytes_per_s")
    )
    gemm, copy, canary_s = (read_positive(value) for value in (*rates, known))
    alone = _read_one_thread(session)
    if not math.isnan(alone) and not session.get("state", "moved"):
        gemm = max(gemm, session.get("ceiling", "gemm_at_end_flops_per_s", default=gemm))
    return gemm, copy, canary_s, alone


def _read_one_thread(session: Session) -> float:
    """The mean over both ends of what the slowest processor took."""
    found = session.get("state", "one_thread", default={})
    ends = [max(found[name]) for name in ("start_s", "end_s") if found.get(name)]
    return read_positive(float(np.mean(ends))) if ends else math.nan


def list_readings(state: State) -> tuple[float, float, float, float]:
    """What a state has of each that `read_state` tells of a session."""
    return state.gemm_flops_per_s, state.copy_bytes_per_s, state.canary_s, state.one_thread_s


def read_canary(session: Session) -> list[float]:
    """The seconds of the canary, one a round, of those that are known."""
    return [float(v) for v in session.get("canary", "samples_s", default=[]) if is_positive(v)]


def read_positive(value: Any) -> float:
    """What a record says of a rate or a time; NaN where that is no positive number."""
    return float(value) if is_positive(value) else math.nan


def read_processor(session: Session, unnamed: str = "an unnamed processor") -> str:
    """The card of a session on a GPU, else its processor; a record from before names none of its family and model."""
    on_card = session.get("cell", "device") == "cuda"
    return str(session.get("environment", "gpu" if on_card else "cpu", default=unnamed))


def session_key(session: Session) -> tuple[Any, ...]:
    """What a session and the lines of its rows share."""
    process = int(session.get("process", default=0))
    return session.machine, session.environment, session.commit, session.cell, process, session.patient


def find_astray(states: Iterable[State]) -> frozenset[tuple[Any, ...]]:
    """Keys of the sessions that by their own one thread ran at another speed than the rest of their state: one or two
    make no state.
    """
    return frozenset(
        session_key(session)
        for state in states
        for session in state.sessions
        if abs(math.log(_read_one_thread(session) / state.one_thread_s)) > math.log(APART)
    )


def _give_letters(sessions: list[Session]) -> Iterable[State]:
    found = [state for processor, own in group_by(sessions, read_processor).items() for state in _split(processor, own)]
    found.sort(key=lambda state: (-len(state.sessions), state.processor))
    return (replace(state, letter=LETTERS[min(n, len(LETTERS) - 1)]) for n, state in enumerate(found))


def _split(processor: str, sessions: list[Session]) -> Iterable[State]:
    """The states of one processor, without their letters."""
    ordered = sorted(sessions, key=lambda s: (str(s.get("started_at", default="")), s.path))
    rates = np.array([read_state(session) for session in ordered])
    compared = rates.copy()
    if np.isnan(rates[~np.isnan(rates).all(axis=1), 3]).any():
        # Records from before have no such reading, and to those that have one it says nothing about these.
        compared[:, 3] = math.nan
    states = group_levels(find_levels(np.log(compared) * SPEEDS))
    for number in range(states.max() + 1):
        inside = states == number
        chosen = tuple(session for session, here in zip(ordered, inside, strict=True) if here)
        yield State("", processor, chosen, *map(find_middle, rates[inside].T))


def _find_scope(session: Session) -> tuple[str, ...]:
    cell = (str(session.get("cell", name)) for name in ("backend", "device", "dtype"))
    return session.machine, *cell, str(session.get("environment", "threads", default=""))
