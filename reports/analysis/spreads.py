"""How far the paired log ratios of two rows differ from process to process: measured here, or lent by another machine.

Of a family at its place and state; where that has no several processes, of all families with its backend on the
machine, and where it has them in a few cells, the wider of the two. Where none of this is known, or is of so few cells
that it is luck, a spread that was published for the same family, backend and device, measured the same way (ruler,
allocator, waiting), is lent. No other family's, backend's or device's is: intervals by it have not been shown to cover.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, combinations
from typing import Any

import numpy as np

from ..collect import find_scopes
from ..lenders import Lender, find_lender, read_lenders
from ..load import Session
from ..points import Place, Series, pair_samples
from ..states import read_processor
from ..statistics import ENOUGH_CELLS, Spread, bound_spread, choose_spread, fit_spread, middle, reach_alone
from .catalogue import Catalogue, kept


class Spreads(Catalogue):
    """Spreads between processes of paired log ratios."""

    def ratio_spread(self, series: Series) -> Spread | None:
        """The spread that the ratios of a series have; None where it is neither known nor lent."""
        return self._choose_spread(series)[0]

    def lender(self, series: Series) -> Lender | None:
        """Who lends the spread of a series; None where it is this run's own, or not known."""
        return self._choose_spread(series)[1]

    @kept
    def _choose_spread(self, series: Series) -> tuple[Spread | None, Lender | None]:
        """Its own where that is of enough cells, else the wider of its own, or the machine's, and the lent one."""
        place = series.place
        scopes = find_scopes(series)
        scope = next((scope for scope in scopes if self._fit_spread(scope) is not None), scopes[0])
        own, lender = self._fit_spread(scope), self._find_lender(series.family, place)
        cells = sum(map(bool, self._ratios.get(scope, ())))
        if lender is None and own is not None:
            own = choose_spread(own, cells, self._fit_spread(scopes[1]))
        if lender is None or (own and (cells >= ENOUGH_CELLS or reach_alone(own) > reach_alone(lender.spread))):
            return own, None
        return lender.spread, lender

    def _find_lender(self, family: str, place: Place) -> Lender | None:
        sessions = [s for s in self.sessions(place) if s.get("cell", "family") == family and not s.patient]
        if (manner := find_manner(sessions)) is None:
            return None
        return find_lender(self._shipped, family, place.backend, place.device, *manner, read_processor(sessions[0], ""))

    @cached_property
    def _shipped(self) -> tuple[Lender, ...]:
        return read_lenders()

    @cached_property
    def lenders(self) -> tuple[Lender, ...]:
        """What this run has to lend: a spread for each family, backend and device with enough cells of several."""
        scopes: dict[tuple[str, str, str, str], list[list[np.ndarray]]] = {}
        for scope, cells in self._ratios.items():
            if len(scope) == 3 and isinstance(place := scope[1], Place):
                scopes.setdefault((place.machine, scope[0], place.backend, place.device), []).extend(cells)
        found = (self._lend(scope, [cell for cell in cells if cell]) for scope, cells in sorted(scopes.items()))
        return tuple(lender for lender in found if lender is not None)

    def _lend(self, scope: tuple[str, str, str, str], cells: list[list[np.ndarray]]) -> Lender | None:
        machine, family, backend, device = scope
        timed = [session for session in self.run.sessions if not session.patient]
        names = ("family", "backend", "device")
        sessions = [s for s in timed if (s.machine, *(s.get("cell", name) for name in names)) == scope]
        manner, spread = find_manner(sessions), bound_spread(cells)
        if manner is None or spread is None:
            return None
        return Lender(
            machine=machine,
            processor=read_processor(sessions[0], ""),
            family=family,
            backend=backend,
            device=device,
            ruler=manner[0],
            policy=manner[1],
            cells=len(cells),
            processes=sum(max(row.size for row in rows) for rows in cells),
            spread=spread,
        )

    @kept
    def _fit_spread(self, scope: tuple[Any, ...]) -> Spread | None:
        return fit_spread(chain(*self._ratios.get(scope, ())))

    @cached_property
    def _ratios(self) -> dict[tuple[Any, ...], list[list[np.ndarray]]]:
        """Log ratios (processes,) of all pairs of rows of each cell, by the scopes that lend a spread."""
        found: dict[tuple[Any, ...], list[list[np.ndarray]]] = {}
        for series, sizes in self._points.items():
            for rows in sizes.values():
                points = [p for _, p in sorted(rows.items()) if p.lends and len(p.groups) > 1]
                pairs = (pair_samples(*two) for two in combinations(points, 2))
                logs = [np.array([middle(np.log(a / b)) for a, b in pair]) for pair in pairs if len(pair) > 1]
                for scope in find_scopes(series):
                    found.setdefault(scope, []).append(logs)
        return found


def find_manner(sessions: Sequence[Session]) -> tuple[int, str] | None:
    """Ruler and policy that all these sessions share; None where they differ, or there is none."""
    found = {(int(s.get("ruler", default=1)), _find_policy(s)) for s in sessions}
    return found.pop() if len(found) == 1 else None


def _find_policy(session: Session) -> str:
    """Which allocator and which waiting it chose, "" where it does not say."""
    chosen = session.get("environment", "policy", default={})
    return ", ".join(f"{name} {chosen[name]}" for name in ("allocator", "waiting") if name in chosen)
