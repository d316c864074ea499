"""The fastest of the rows that answer a question, judged pair by pair."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..families import FAMILIES
from ..points import Series
from .catalogue import kept
from .ratios import Ratios

# Largest error of the answer where no method is exact (quadratures): float32's rounding, give or take.
ACCURACY = 1e-6


@dataclass(frozen=True)
class Winner:
    """The fastest of some rows at one size, first of `rows`. `state`: won, tie, undetermined or none."""

    state: str
    rows: tuple[str, ...]


class Winners(Ratios):
    """Candidates and winners of a run."""

    def winner(self, series: Series, size: float, rows: Iterable[str]) -> Winner:
        """The fastest of `rows` at a size, judged pair by pair against the fastest median."""
        return self._find_winner(series, size, tuple(sorted(set(rows))))

    @kept
    def _find_winner(self, series: Series, size: float, rows: tuple[str, ...]) -> Winner:
        points = [p for row in self._list_judged(series, size, rows) if (p := self.point(series, size, row)) and p.ok]
        if not points:
            return Winner("none", ())
        points.sort(key=lambda p: (p.seconds.value, p.row))
        best, *others = (point.row for point in points)
        words = {row: self.verdict(series, size, best, row) for row in others}
        same = [row for row, word in words.items() if word == "same"]
        unsettled = [row for row, word in words.items() if word not in ("faster", "same")]
        state = "undetermined" if unsettled else "tie" if same else "won"
        return Winner(state, (best, *same, *unsettled))

    def _list_judged(self, series: Series, size: float, rows: tuple[str, ...]) -> tuple[str, ...]:
        """Rows without the patient ones, where others ran: over the budget, these cannot be the answer."""
        known = [(row, self.point(series, size, row)) for row in rows]
        if not any(point is not None and point.in_rounds for _, point in known):
            return rows
        return tuple(row for row, point in known if point is None or not point.patient)

    @kept
    def gradient_rows(self, series: Series, computes: str | None = None) -> tuple[str, ...]:
        """Rows that are exact and return a gradient (of one kind)."""
        facts = ((row, self.facts(series, row)) for row in self.rows(series))
        return tuple(row for row, fact in facts if fact.is_gradient and computes in (None, fact.computes))

    def approximate_rows(self, series: Series) -> tuple[str, ...]:
        """Rows that return a gradient which is not meant to be exact."""
        return tuple(row for row in self.rows(series) if self.facts(series, row).is_approximate)

    @kept
    def questions(self, family: str) -> tuple[str, ...]:
        """What a reader wants the fastest of: a `gradient` of any kind, or where these belong to different models, of
        each.
        """
        kinds = {self.facts(s, row).computes for s in self.series(family) for row in self.gradient_rows(s)}
        return tuple(kind for kind in FAMILIES[family].models if kind in kinds) or ("gradient",)

    def candidates(self, series: Series, size: float, question: str = "gradient") -> tuple[str, ...]:
        """Rows that may be the answer at a size: exact gradients, or where there are none those within ACCURACY."""
        if self.gradient_rows(series):
            rows = self.gradient_rows(series, None if question == "gradient" else question)
        else:
            known = ((row, self.point(series, size, row)) for row in self.approximate_rows(series))
            rows = tuple(row for row, point in known if point is not None and not point.error > ACCURACY)
        return self._list_judged(series, size, rows)
