"""Ladders: rows of one method that differ in one number."""

from ..points import Ladder, Point, Series
from ..statistics import Exponent
from .catalogue import Catalogue, kept
from .fits import fit_peaks, fit_times

# Fewer settings of one method are rows beside each other, not a curve.
LADDER_RUNGS = 3


class Ladders(Catalogue):
    """Ladders of a run."""

    @kept
    def ladders(self, series: Series) -> tuple[Ladder, ...]:
        """Rows whose names end in the value of a numeric setting, where at least three share the rest."""
        found: dict[tuple[str, str], list[tuple[float, str]]] = {}
        for row in self.rows(series):
            for letter, value in self.facts(series, row).settings.items():
                if not isinstance(value, bool) and isinstance(value, int | float) and row.endswith(f"_{value:g}"):
                    stem = row.removesuffix(f"_{value:g}")
                    found.setdefault((stem, letter), []).append((float(value), row))
        return tuple(
            Ladder(stem, letter, tuple(sorted(rungs)))
            for (stem, letter), rungs in sorted(found.items())
            if len(rungs) >= LADDER_RUNGS
        )

    def climb(self, series: Series, size: float, ladder: Ladder) -> list[tuple[float, Point]]:
        """The rungs of a ladder that ran at a size."""
        known = ((value, self.point(series, size, row)) for value, row in ladder.rungs)
        return [(value, point) for value, point in known if point is not None and point.in_rounds]

    def climbs(self, series: Series) -> list[tuple[Ladder, float]]:
        """Each ladder with the largest size at which most of its rungs ran, where these are enough for a line."""
        found = []
        for ladder in self.ladders(series):
            size = max(self.sizes(series), key=lambda d: (len(self.climb(series, d, ladder)), d))
            if len(self.climb(series, size, ladder)) >= LADDER_RUNGS:
                found.append((ladder, size))
        return found

    @kept
    def ladder_exponent(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        """Fitted floor and power of the time against the ladder's number at one size; None where nothing ran."""
        ran = self.climb(series, size, ladder)
        return fit_times({ladder: ran})[ladder] if ran else None

    @kept
    def ladder_memory(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        """Floor and power of the peak bytes against the ladder's number at one size; None with fewer than four."""
        return fit_peaks({ladder: self.climb(series, size, ladder)}).get(ladder)
