"""The answer at one size, from the digest alone: the arithmetic of the page's form, for the terminal.

Seconds, bytes and bounds are straight lines in log-log between the knots of the digest, and nothing outside them.
Between two measured sizes a row's regret is the larger of its regrets at both: where times are straight lines in
log-log the log of a ratio is one too, and its ends bound it.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .digest import FamilyDigest
from .digest.answers import OPEN, CellAnswer, answers, merge_regrets
from .digest.form import TOO_WIDE, FormRow
from .digest.series import Measured
from .families import Question
from .points import Place


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
    regret: float = math.nan
    reason: str = ""


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
    accuracy: float | None
    unlike: tuple[tuple[str, Any, Any], ...]
    pick: Prediction | None
    regret: float
    at: tuple[float, ...]
    open: bool
    minutes: float
    ranked: tuple[Prediction, ...]
    excluded: tuple[Prediction, ...]


def find_series(known: Iterable[Measured], wanted: Mapping[str, Any]) -> Measured:
    """The series nearest to the sizes asked for: words first, then numbers by their ratio, the batch last.

    Of several the one with most sizes, of these the first.
    """

    def distance(series: Measured) -> tuple[float, ...]:
        fixed = dict(series.fixed)
        pairs = [(letter, fixed[letter], value) for letter, value in wanted.items() if letter in fixed]
        words = sum(found != value for _, found, value in pairs if isinstance(found, str))
        ratios = {letter: abs(math.log(found / value)) for letter, found, value in pairs if not isinstance(found, str)}
        batch = ratios.pop("B", 0.0)
        return words, sum(ratios.values()), batch, -len(series.sizes)

    return min(known, key=distance)


def find_answer(
    family: FamilyDigest,
    series: Measured,
    question: Question,
    size: float,
    accuracy: float | None = None,
    wanted: Mapping[str, Any] | None = None,
) -> Answer:
    """The method of least regret at a size; of those without a known regret the fastest by predicted times."""
    form = next(entry for entry in family.form if entry.series == series.key)
    rows = [row for row in form.rows if answers(row.computes, question)]
    own = None if any(row.exact for row in rows) else question.accuracy
    accuracy = own if accuracy is None else accuracy
    known = family.answers if accuracy is None or accuracy == own else _list_approximate(family, accuracy)
    cells = find_cells(known, series.key, question.key, size)
    regrets = merge_regrets(cells)
    predictions = [_predict(row, size, series.axis, regrets.get(row.row, math.nan)) for row in rows]
    allowed = [p for p in predictions if not p.reason and (p.exact if accuracy is None else p.error <= accuracy)]
    # Bounds hold among the candidates they were found with: a row that was none of them breaks them.
    bounded = all(not math.isnan(p.regret) for p in allowed)
    ranked = sorted(allowed, key=lambda p: (p.regret if bounded else 0.0, p.seconds, p.row))
    pick = ranked[0] if ranked else None
    regret = pick.regret if pick and bounded else math.nan
    fixed = dict(series.fixed) | {"dtype": series.place.dtype}
    return Answer(
        family=family.name,
        question=question.key,
        series=series,
        size=size,
        accuracy=accuracy,
        unlike=tuple(
            (letter, value, fixed[letter])
            for letter, value in (wanted or {}).items()
            if letter in fixed and fixed[letter] != value
        ),
        pick=pick,
        regret=regret,
        at=tuple(cell.size for cell in cells) if bounded else (),
        open=regret > OPEN,
        minutes=max((cell.minutes for cell in cells), key=lambda m: (not math.isnan(m), m), default=math.nan),
        ranked=tuple(ranked),
        excluded=tuple(p for p in predictions if p not in allowed),
    )


def _list_approximate(family: FamilyDigest, accuracy: float) -> tuple[CellAnswer, ...]:
    """The answers of the largest known error that is allowed."""
    allowed = {cell.accuracy for cell in family.approximate if cell.accuracy and cell.accuracy <= accuracy * (1 + 1e-9)}
    return tuple(cell for cell in family.approximate if allowed and cell.accuracy == max(allowed))


def find_cells(known: Sequence[CellAnswer], series: str, question: str, size: float) -> tuple[CellAnswer, ...]:
    """The answer at a measured size, or those at the measured sizes on both sides; none beyond them."""
    cells = sorted(
        (cell for cell in known if (cell.series, cell.question) == (series, question) and cell.candidates),
        key=lambda cell: cell.size,
    )
    sizes = [cell.size for cell in cells]
    below, above = bisect_right(sizes, size), bisect_left(sizes, size)
    if below == above:
        return (cells[below - 1], cells[above]) if 0 < above < len(cells) else ()
    return (cells[above],)


def _predict(row: FormRow, size: float, axis: str, regret: float) -> Prediction:
    sizes = [knot.size for knot in row.knots]
    seconds, low, high = (
        interpolate(sizes, [getattr(knot, name) for knot in row.knots], size) for name in ("seconds", "low", "high")
    )
    measured = [knot.size for knot in row.knots if knot.how == "measured"]
    return Prediction(
        row=row.row,
        exact=row.exact,
        seconds=seconds,
        low=low,
        high=high,
        how=_say_how(measured, size, axis),
        error=_find_error(row, size),
        peak_bytes=interpolate([at for at, _ in row.bytes], [peak for _, peak in row.bytes], size),
        regret=regret,
        reason=_refuse(row, measured, size, seconds, low, high),
    )


def _refuse(row: FormRow, measured: Sequence[float], size: float, seconds: float, low: float, high: float) -> str:
    """Why a row cannot be recommended at a size, "" if it can."""
    hole = next((reason for at, reason in row.refused if at == size), "")
    if hole or (row.ends and size >= row.ends[0]):
        return hole or (row.ends[1] if row.ends else "")
    if not measured:
        return "never ran"
    if math.isnan(seconds):
        return f"measured from {measured[0]:,.0f} to {measured[-1]:,.0f}: too far to tell"
    return f"known no better than within a factor {TOO_WIDE:g}" if high > TOO_WIDE * low else ""


def _say_how(measured: Sequence[float], size: float, axis: str) -> str:
    """measured, interpolated between two sizes, or extrapolated from the nearest."""
    if not measured or size in measured:
        return "measured" if measured else ""
    if size < measured[0] or size > measured[-1]:
        return f"extrapolated from {axis} = {measured[0] if size < measured[0] else measured[-1]:,.0f}"
    j = bisect_left(measured, size)
    return f"interpolated between {axis} = {measured[j - 1]:,.0f} and {measured[j]:,.0f}"


def _find_error(row: FormRow, size: float) -> float:
    """The larger of the errors at the measured sizes around this one."""
    below = [error for at, error in row.errors if at <= size][-1:]
    above = [error for at, error in row.errors if at >= size][:1]
    return max(below + above, default=math.nan)


def interpolate(sizes: Sequence[float], values: Sequence[float], size: float) -> float:
    """The value at a size on straight lines in log-log; NaN outside the sizes and beside a value that is NaN.

    At one of the sizes its own value.
    """
    j = bisect_left(sizes, size)
    if j < len(sizes) and sizes[j] == size:
        return values[j]
    if not 0 < j < len(sizes):
        return math.nan
    share = math.log(size / sizes[j - 1]) / math.log(sizes[j] / sizes[j - 1])
    return math.exp((1 - share) * _log(values[j - 1]) + share * _log(values[j]))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan


def list_places(
    family: FamilyDigest, backend: str | None, device: str | None, dtype: str | None = None
) -> list[list[Measured]]:
    """The series of each place with that backend, device and dtype, None standing for any; of those that are about
    times, which the form has.

    A backend and device without the dtype are there with those they have: the answer says so.
    """
    places: dict[Place, list[Measured]] = {}
    for series in (family.find(form.series) for form in family.form):
        if backend in (None, series.place.backend) and device in (None, series.place.device):
            places.setdefault(series.place, []).append(series)
    exact = {(place.machine, place.backend, place.device) for place in places if place.dtype == dtype}
    return [
        series
        for place, series in places.items()
        if place.dtype == dtype or (place.machine, place.backend, place.device) not in exact
    ]
