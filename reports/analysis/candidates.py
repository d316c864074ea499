"""The rows that may be the answer to a question."""

from ..families import FAMILIES
from ..points import Series
from .catalogue import Catalogue, kept

# Largest error of the answer where no method is exact (quadratures): float32's rounding, give or take.
ACCURACY = 1e-6


class Candidates(Catalogue):
    """Candidates of a run."""

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
        found = {row: self.point(series, size, row) for row in rows}
        # Over the budget, those of patient sessions cannot be the answer where others ran.
        timely = any(point is not None and point.in_rounds for point in found.values())
        return tuple(row for row, point in found.items() if not timely or point is None or not point.patient)
