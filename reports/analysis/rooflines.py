"""What the measured ceilings of the machine allow for a row's work."""

import math
from functools import cached_property
from typing import Any

from ..ceilings import Ceiling, Ceilings
from ..load import Session
from ..points import Point, Series, find_middle
from ..states import read_positive, session_key
from .catalogue import Catalogue, find_place, kept


class Rooflines(Catalogue):
    """Ceilings of the cells, curves and states of a run."""

    @kept
    def ceiling(self, series: Series, size: float | None = None, patient: bool = False) -> Ceiling | None:
        """Measured ceiling of a cell: that of its own (`patient`) sessions. Without a size, of a curve: its state's."""
        if size is not None:
            sessions = self.cell_sessions(series, size)
            return self._ceilings.of([s for s in sessions if s.patient == patient])
        own = {session.path for size in self.sizes(series) for session in self.cell_sessions(series, size)}
        states = (state for state in self.states if any(session.path in own for session in state.sessions))
        return self._ceilings.of([session for state in states for session in state.sessions])

    def attainable(self, series: Series, point: Point, curve: bool = False) -> float | None:
        """Seconds that the ceiling of its cell allows for a row's work; for a `curve`, that of its state.

        Source: Williams, Waterman and Patterson (2009), Commun. ACM 52(4), 65; the rates are measured, no datasheet's.
        """
        ceiling = self.ceiling(series) if curve else self.ceiling(series, point.size, point.patient)
        if ceiling is None or math.isnan(point.flops) or math.isnan(point.bytes) or not point.flops + point.bytes > 0:
            return None
        return max(point.flops / ceiling.flops_per_s, point.bytes / ceiling.bytes_per_s)

    def launch_s(self, series: Series, size: float) -> float:
        """Seconds of an empty launch by the sessions of a cell, the median; NaN where none of them timed one."""
        timed = (session for session in self.cell_sessions(series, size) if not session.patient)
        return find_middle(read_positive(session.get("ceiling", "launch_s")) for session in timed)

    def cell_sessions(self, series: Series, size: float) -> list[Session]:
        """Sessions of a cell in the series' state; those of an unknown state are in that of the series."""
        cell = self._cells.get((series.family, series.place, frozenset((*series.fixed, (series.axis, size)))), [])
        known = (self._letters.get(session_key(session), series.state) for session in cell)
        return [s for s, letter in zip(cell, known, strict=True) if series.state in ("", letter)]

    @cached_property
    def _ceilings(self) -> Ceilings:
        return Ceilings(self.run.sessions)

    @cached_property
    def _cells(self) -> dict[tuple[Any, ...], list[Session]]:
        found: dict[tuple[Any, ...], list[Session]] = {}
        for session in self.run.sessions:
            sizes = frozenset(session.get("cell", "sizes", default={}).items())
            found.setdefault((session.get("cell", "family"), find_place(session), sizes), []).append(session)
        return found
