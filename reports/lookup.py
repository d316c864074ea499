"""The answer at one size, from the digest alone, for the terminal: `reports.arithmetic` on a family's own values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import arithmetic
from .digest import FamilyDigest
from .digest.answers import answers
from .digest.series import Measured
from .families import Question
from .group import group_by


@dataclass(frozen=True)
class Prediction:
    """A row at a size: seconds with their 90 % interval, how they are known, error and bytes; or why there are none."""

    row: str
    exact: bool
    seconds: float
    low: float
    high: float
    how: str
    error: float
    peak_bytes: float
    regret: float
    reason: str


@dataclass(frozen=True)
class Answer:
    """What to use at a size, `pick` None where nothing can be recommended.

    series   the series it is from; `unlike` are (letter or dtype, asked, measured) where it is not what was asked
    accuracy largest error allowed, None for exact methods
    regret   what the pick may lose, at the measured sizes `at`; NaN where it is not known
    open     whether the regret is above OPEN, `minutes` of measuring that would settle it
    """

    family: str
    question: str
    series: Measured
    size: float
    unlike: tuple[tuple[str, Any, Any], ...]
    accuracy: float | None
    regret: float
    at: tuple[float, ...]
    open: bool
    minutes: float
    ranked: tuple[Prediction, ...]
    excluded: tuple[Prediction, ...]

    @property
    def pick(self) -> Prediction | None:
        """The first of those ranked."""
        return self.ranked[0] if self.ranked else None


def find_answer(
    family: FamilyDigest,
    series: Measured,
    question: Question,
    size: float,
    accuracy: float | None = None,
    wanted: Mapping[str, Any] | None = None,
) -> Answer:
    """What a series answers to a question at a size; `wanted` are the sizes and the dtype that were asked for."""
    form = next(entry for entry in family.form if entry.series == series.key)
    rows = [row for row in form.rows if answers(row.computes, question)]
    cells = [c for c in (*family.answers, *family.approximate) if (c.series, c.question) == (series.key, question.key)]
    found = arithmetic.find_answer(rows, cells, series.axis, size, accuracy, question.accuracy)
    for name in ("ranked", "excluded"):
        found[name] = tuple(Prediction(**entry) for entry in found[name])
    found["at"] = tuple(found["at"])
    fixed = dict(series.fixed) | {"dtype": series.place.dtype}
    unlike = tuple((letter, asked, known) for letter, asked, known in arithmetic.list_unlike(fixed, wanted or {}))
    return Answer(family.name, question.key, series, size, unlike, **found)


def list_places(
    family: FamilyDigest, backend: str | None, device: str | None, dtype: str | None = None
) -> list[list[Measured]]:
    """The series of each place with that backend, device and dtype, None standing for any; of those that are about
    times, which the form has.

    A backend and device without the dtype are there with those they have: the answer says so.
    """
    timed = (family.find(form.series) for form in family.form)
    found = (s for s in timed if backend in (None, s.place.backend) and device in (None, s.place.device))
    places = group_by(found, lambda series: series.place)
    exact = {(place.machine, place.backend, place.device) for place in places if place.dtype == dtype}
    return [
        series
        for place, series in places.items()
        if place.dtype == dtype or (place.machine, place.backend, place.device) not in exact
    ]
