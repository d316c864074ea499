"""What happened to a run: plain facts, one for each kind and place, and none for what did not happen."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..analysis.catalogue import find_place
from ..load import Session, shorten
from ..load.session import BUSY
from ..points import Place
from ..states import SPEEDS, State, list_readings, read_state
from ..statistics import APART
from .gpu import list_clocks, read_card

# A session whose instruments were this much slower than those of its state shared its processors with something: where
# none of them is one thread's, whose reading is steady.
DISTURBED = 1.3
# Kernels larger than the caches leave the canary cold: alone it says something beyond the 1.7 times that this costs.
COLD = 2.0
# Share of the time that the host gave to other guests, or a quota took away: the smallest margin of a verdict is 5 %.
STOLEN = 0.05
# A clock this much below that of its state explains times by itself.
SLOWED = 0.9
# What the harness tells of a system that is only its size: nothing happened.
LIMITS = ("the control group may hold",)
# Kinds that make numbers less trustworthy, by weight: a machine that was slower, that was held back, that others used,
# that moved, and what is not known of it. Kinds of one rank are told by their factor. All others, such as asv's medians
# where the records that are used say something else, tell what stands where.
_RANKS = (
    ("disturbed", "canary", "faster"),
    ("throttled", "card-clock", "clock"),
    *(("stolen",), ("held",), ("busy",), ("card-shared",)),
    *(("moved",), ("dirty",), ("file",), ("system",)),
)
# Outcomes that say something of the code that ran, by kind.
LOST = {"wrong": ("wrong", "error"), "retracted": ("retracted",)}
WARNING = {kind: rank for rank, kinds in enumerate(_RANKS) for kind in kinds}


@dataclass(frozen=True)
class Incident:
    """A fact: its `kind` and the values of its sentence. `reports/pages/incidents.py` writes it.

    `place` is where, `cells` are the cells that it happened to, `most` the largest of what was exceeded; numbers are
    factors, shares or seconds as their names say.
    """

    kind: str
    values: dict[str, Any]

    @property
    def warns(self) -> bool:
        """Whether numbers are less trustworthy for it."""
        return self.kind in WARNING


def weigh(incident: Incident) -> tuple[float, float, float]:
    """A key that sorts warnings by their kind, then by how much, then by how many cells, the worst first."""
    most, cells = incident.values.get("most", 0.0), len(incident.values.get("cells", ()))
    return WARNING[incident.kind], -most, -cells


def find_incidents(analysis: Analysis) -> tuple[Incident, ...]:
    """All that happened: to files, the tree, the machine's states, sessions, the system and rows."""
    return (
        *(Incident("file", {"line": line}) for line in analysis.run.problems),
        *(Incident("differs", {"line": line}) for line in analysis.run.differences),
        *_find_parts(analysis),
        *_find_states(analysis),
        *(incident for state in analysis.states for incident in _find_disturbed(state)),
        *(incident for place in analysis.places for incident in _find_system(place, analysis.sessions(place))),
        *(incident for place in analysis.places for incident in _find_card(place, analysis.sessions(place))),
        *_find_warnings(analysis),
        *_find_failures(analysis),
        *_find_lost(analysis),
    )


def _find_parts(analysis: Analysis) -> Iterator[Incident]:
    run = analysis.run
    for part in run.parts:
        where = {"machine": part.machine, "environment": part.environment}
        if not (part.asv or part.plain):
            yield Incident("without-asv", where | {"sessions": part.sessions})
        if part.asv and not part.sessions:
            yield Incident("without-sessions", where)
    dirty = sum(bool(s.get("dirty")) for s in run.sessions)
    if dirty:
        yield Incident("dirty", {"sessions": dirty, "of": len(run.sessions)})
    commits = sorted({shorten(part.commit) for part in run.parts})
    if len(commits) > 1:
        yield Incident("commits", {"commits": tuple(commits)})
    if run.superseded:
        yield Incident("superseded", {"measurements": run.superseded})


def _find_states(analysis: Analysis) -> Iterator[Incident]:
    """Families whose cells were measured in several states of the machine."""
    for family in analysis.families:
        several: dict[Place, dict[str, set[float]]] = {}
        for series in analysis.series(family):
            if series.state:
                several.setdefault(series.place, {}).setdefault(series.state, set()).update(analysis.sizes(series))
        axis = analysis.series(family)[0].axis
        for place, states in several.items():
            sizes = tuple((letter, tuple(sorted(found))) for letter, found in sorted(states.items()))
            yield Incident("states", {"place": place, "family": family, "axis": axis, "sizes": sizes})


def _find_disturbed(state: State) -> Iterator[Incident]:
    """Sessions that were slower or faster than others of their state, and those whose machine, or whose pool alone,
    moved while they ran.

    Where one thread was measured alone it says how slow; canary and products are those of a pool, which may share a
    processor for a while.
    """
    where = {"place": find_place(state.sessions[0]), "state": state.letter}
    rates = np.log([read_state(session) for session in state.sessions]) * SPEEDS
    usual = np.log(list_readings(state)) * SPEEDS
    slow: dict[str, list[tuple[float, Session]]] = {"disturbed": [], "canary": [], "faster": []}
    for session, levels in zip(state.sessions, np.exp(usual - rates), strict=True):
        alone = not math.isnan(levels[3])
        known, canary = (levels[3:], 1.0) if alone else (levels[~np.isnan(levels)], float(levels[2]))
        if known.size and (slower := float(np.median(known))) > (APART if alone else DISTURBED):
            slow["disturbed"].append((slower, session))
        elif canary > COLD:
            slow["canary"].append((canary, session))
        elif alone and levels[3] < 1 / APART:
            slow["faster"].append((1 / float(levels[3]), session))
    for kind, found in slow.items():
        if found:
            most = max(factor for factor, _ in found)
            yield Incident(kind, where | {"most": most, "cells": _list_cells(session for _, session in found)})
    moved = [session for session in state.sessions if session.get("state", "moved")]
    if moved:
        again = sum(session.get("state", "repeated", default=0) for session in moved)
        how = str(moved[0].get("state", "moved"))
        yield Incident("moved", where | {"how": how, "repeated": again, "cells": _list_cells(moved)})
    pool = [s for s in state.sessions if s.get("state", "pool_moved") and not s.get("state", "moved")]
    if pool:
        how = str(pool[0].get("state", "pool_moved"))
        yield Incident("pool", where | {"how": how, "cells": _list_cells(pool)})
    clocks = {s.path: mhz for s in state.sessions if (mhz := s.get("state", "mhz")) is not None}
    least = SLOWED * float(np.median(list(clocks.values()))) if clocks else -math.inf
    slowed = [s for s in state.sessions if clocks.get(s.path, math.inf) < least]
    if slowed:
        yield Incident("clock", where | {"cells": _list_cells(slowed)})


def _find_system(place: Place, sessions: list[Session]) -> Iterator[Incident]:
    """What took time from sessions, as the system counted it. A load average counts the run's own: it says nothing."""
    for kind, name, limit in (("busy", "load_of_others", BUSY), ("stolen", "steal", STOLEN)):
        found = [s for s in sessions if s.get("state", name, default=0.0) > limit]
        if found:
            most = max(s.get("state", name) for s in found)
            yield Incident(kind, {"place": place, "most": most, "cells": _list_cells(found)})
    held = [s for s in sessions if _held(s) > STOLEN * s.get("elapsed_s", default=0.0)]
    if held:
        yield Incident("held", {"place": place, "most": max(map(_held, held)), "cells": _list_cells(held)})
    throttled = [s for s in sessions if s.get("environment", "throttled")]
    if throttled:
        yield Incident("throttled", {"place": place, "cells": _list_cells(throttled)})


def _find_card(place: Place, sessions: list[Session]) -> Iterator[Incident]:
    """What held a GPU's clock back, which warns where it explains times, and who else had memory there."""
    capped: dict[str, list[Session]] = {}
    for session in sessions:
        card = read_card(session)
        default = card.get("default_sm_mhz") or 0.0
        slow = min(list_clocks(card), default=math.inf) < SLOWED * default
        if slow or card.get("reasons"):
            capped.setdefault("card-clock" if slow else "card-capped", []).append(session)
    for kind, found in sorted(capped.items()):
        cards = [read_card(session) for session in found]
        reasons = tuple(sorted({reason for card in cards for reason in card.get("reasons") or ()}))
        least = min((mhz for card in cards for mhz in list_clocks(card)), default=math.nan)
        default = max((mhz for card in cards if (mhz := card.get("default_sm_mhz"))), default=math.nan)
        usual = min((mhz for card in cards if (mhz := card.get("sm_mhz"))), default=math.nan)
        clock = {"reasons": reasons, "usual": usual, "least": least, "default": default}
        yield Incident(kind, {"place": place, "cells": _list_cells(found)} | clock)
    shared = [s for s in sessions if _read_others(s) > 0]
    if shared:
        most = max(map(_read_others, shared))
        yield Incident("card-shared", {"place": place, "most": most, "cells": _list_cells(shared)})


def _read_others(session: Session) -> float:
    """Bytes of the card that other processes held before or after the rounds, the most."""
    card = read_card(session)
    return max(float((card.get(end) or {}).get("others_bytes") or 0.0) for end in ("before", "after"))


def _held(session: Session) -> float:
    return session.get("state", "throttled_s", default=0.0)


def _find_warnings(analysis: Analysis) -> Iterator[Incident]:
    """What the harness warned of before it measured."""
    told = Counter(line for s in analysis.run.sessions for line in s.get("environment", "warnings", default=[]))
    for line, number in told.items():
        yield Incident("limit" if line.startswith(LIMITS) else "system", {"line": line, "sessions": number})


def _find_failures(analysis: Analysis) -> Iterator[Incident]:
    """Child processes that were killed or gave up, whose rows are holes."""
    found = [
        f"{session.cell}, process {session.get('process', default=0)}: {line}"
        for session in analysis.run.sessions
        for line in session.get("failures", default=[])
    ]
    if found:
        yield Incident("failures", {"lines": tuple(found)})


def _find_lost(analysis: Analysis) -> Iterator[Incident]:
    """Rows whose results were wrong, and those whose numbers are withdrawn."""
    for kind, outcomes in LOST.items():
        found: Counter[tuple[str, str]] = Counter()
        for series in analysis.series():
            for row in analysis.rows(series):
                found[series.family, row] += sum(p.outcome in outcomes for p in analysis.points(series, row))
        if rows := tuple((family, row, number) for (family, row), number in sorted(found.items()) if number):
            yield Incident(kind, {"rows": rows})


def _list_cells(sessions: Iterable[Session]) -> tuple[str, ...]:
    """By name, numbers in it by their value."""
    cells = {session.cell for session in sessions}
    return tuple(sorted(cells, key=lambda cell: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", cell)]))
