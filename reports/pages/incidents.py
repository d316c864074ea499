"""What happened to a run that makes its numbers less trustworthy: one line each, and none for what did not."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from ..analysis import Analysis, Place
from ..load import Session
from ..states import State, read_state
from ..text import count, write_list, write_seconds, write_share
from .common import name_place, name_series, state_cell

# A session whose instruments were this much slower than those of its state shared its processors with something.
DISTURBED = 1.3
# Kernels larger than the caches leave the canary cold: alone it says something beyond the 1.7 times that this costs.
COLD = 2.0
# Mean number of cores that other work kept busy; more than this shares a core with every thread in turn.
BUSY = 0.5
# Share of the time that the host gave to other guests, or a quota took away: the smallest margin of a verdict is 5 %.
STOLEN = 0.05
# A clock this much below that of its state explains times by itself.
SLOWED = 0.9


def find_incidents(analysis: Analysis) -> Iterator[str]:
    """Lines for the Health section: files, sessions, the machine, rows."""
    yield from analysis.run.problems
    yield from _name_parts(analysis)
    yield from _name_failures(analysis)
    yield from _name_states(analysis)
    for state in analysis.states:
        yield from _name_disturbed(state)
    yield from _name_system(analysis)
    yield from _name_wrong(analysis)


def _name_parts(analysis: Analysis) -> Iterator[str]:
    run = analysis.run
    for part in run.parts:
        where = f"{part.environment} on {part.machine}"
        if not part.asv:
            alone = f"{count(part.sessions, 'session record')} without an asv result file"
            yield f"{where}: {alone} (run without asv, or ended before asv saved)"
        if part.asv and not part.sessions:
            yield f"{where}: asv values without session records, so unpaired and without verdicts"
    dirty = sum(bool(s.get("dirty")) for s in run.sessions)
    if dirty:
        told = f"{count(dirty, 'session')} of {len(run.sessions)} ran from a dirty working tree"
        yield f"{told}: the commit does not say what was measured"
    if len({part.commit for part in run.parts}) > 1:
        yield f"several commits stand side by side: {run.commit}"
    if run.superseded:
        yield f"{count(run.superseded, 'measurement')} of a cell left out for one that is newer or more thorough"


def _name_failures(analysis: Analysis) -> Iterator[str]:
    for session in analysis.run.sessions:
        for line in session.get("failures", default=[]):
            yield f"{_name_session(session)}: {line}"


def _name_states(analysis: Analysis) -> Iterator[str]:
    """Families whose cells were measured in several states of the machine."""
    for family in analysis.families:
        several: dict[Place, dict[str, list[float]]] = {}
        for series in analysis.series(family):
            if series.state:
                several.setdefault(series.place, {}).setdefault(series.state, []).extend(analysis.sizes(series))
        for place, states in several.items():
            most = max(states, key=lambda letter: (len(states[letter]), letter))
            rest = [
                f"{letter} ({analysis.series(family)[0].axis} = {', '.join(f'{d:,.0f}' for d in sorted(set(sizes)))})"
                for letter, sizes in sorted(states.items())
                if letter != most
            ]
            told = f"{name_place(analysis, place)}: {family} was measured in {count(len(states), 'machine state')}"
            yield f"{told}; apart from state {most}, on curves of their own: {write_list(rest)}"


def _name_disturbed(state: State) -> Iterator[str]:
    """Sessions that were slower than others of their state, and those whose machine moved while they ran."""
    where = f"{state_cell(state).text}, state {state.letter}"
    rates = np.log([read_state(session) for session in state.sessions]) * [1, 1, -1]
    usual = np.log([state.gemm_flops_per_s, state.copy_bytes_per_s, state.canary_s]) * [1, 1, -1]
    for session, levels in zip(state.sessions, np.exp(usual - rates), strict=True):
        known, canary = levels[~np.isnan(levels)], float(levels[2])
        if known.size and (slower := float(np.median(known))) > DISTURBED:
            yield f"{where}: the machine was {slower:.2g} times slower than usual in {_name_session(session)}"
        elif canary > COLD:
            yield f"{where}: the canary ran {canary:.2g} times slower than usual in {_name_session(session)}"
    for session in state.sessions:
        if moved := session.get("state", "moved"):
            again = session.get("state", "repeated", default=0)
            told = f", after {count(again, 'repetition')}" if again else ""
            yield f"{where}: the machine's speed moved during {_name_session(session)}: {moved}{told}"
    clocks = {s.path: mhz for s in state.sessions if (mhz := s.get("state", "mhz")) is not None}
    if clocks:
        least = SLOWED * float(np.median(list(clocks.values())))
        slow = [s for s in state.sessions if clocks.get(s.path, math.inf) < least]
        yield from _list_cells(f"{where}: the clock was over 10 % below its usual", slow)


def _name_system(analysis: Analysis) -> Iterator[str]:
    """What took time from sessions, as the system counted it. A load average counts the run's own: it says nothing."""
    for place in analysis.places:
        where, sessions = name_place(analysis, place), analysis.sessions(place)
        busy = _exceed(sessions, "load_of_others", BUSY)
        yield from _list_cells(f"{where}: other work took over half a core", busy)
        stolen = _exceed(sessions, "steal", STOLEN)
        if stolen:
            most = max(s.get("state", "steal") for s in stolen)
            yield from _list_cells(
                f"{where}: the host ran other guests for up to {write_share(most)} of the time", stolen
            )
        held = [
            s for s in sessions if s.get("state", "throttled_s", default=0.0) > STOLEN * s.get("elapsed_s", default=0.0)
        ]
        if held:
            most = write_seconds(max(s.get("state", "throttled_s") for s in held))
            yield from _list_cells(f"{where}: the control group's quota held threads back for up to {most}", held)
        throttled = [s for s in sessions if s.get("environment", "throttled")]
        yield from _list_cells(f"{where}: the clock was throttled", throttled)
    told: dict[str, int] = {}
    for session in analysis.run.sessions:
        for line in session.get("environment", "warnings", default=[]):
            told[line] = told.get(line, 0) + 1
    for line, number in told.items():
        yield f"{line} (in {count(number, 'session')})"


def _name_wrong(analysis: Analysis) -> Iterator[str]:
    wrong = [
        f"{row} at {series.axis} = {size:,.0f} on {name_series(analysis, series)}"
        for series in analysis.series()
        for size in analysis.sizes(series)
        for row in analysis.rows(series)
        if (p := analysis.point(series, size, row)) is not None and p.outcome in ("wrong", "error")
    ]
    if wrong:
        yield f"wrong results or errors, not timed: {_shorten(wrong)}"


def _exceed(sessions: Iterable[Session], name: str, most: float) -> list[Session]:
    """Sessions whose state has more than this of something; one that does not say has none."""
    return [session for session in sessions if session.get("state", name, default=0.0) > most]


def _list_cells(told: str, sessions: list[Session]) -> Iterator[str]:
    """The cells that something happened to; no line for none."""
    if sessions:
        yield f"{told} in {_shorten(sorted({session.cell for session in sessions}))}"


def _name_session(session: Session) -> str:
    return f"{session.cell}, process {session.get('process', default=0)}"


def _shorten(words: list[str]) -> str:
    return f"{write_list(words[:8])}{f' and {len(words) - 8} more' if len(words) > 8 else ''}"
