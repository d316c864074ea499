"""The answer at one size: the arithmetic of the terminal and of the page's form, once.

The terminal calls these functions, the page calls what `reports.translate` makes of them. So they read only fields of
`FormRow`, `CellAnswer` and `Measured`, which the page's own objects have too, and keep to what PScript knows of Python:
no sets, generators or dict comprehensions, no tuples to sort by, no `if` in a list comprehension that asks whether a
list is empty, and of what is imported only what `reports.translate` gives.

Seconds, bytes and bounds are straight lines in log-log between the knots of the digest, and nothing outside them.
Between two measured sizes a row's regret is the larger of its regrets at both: where times are straight lines in
log-log the log of a ratio is one too, and its ends bound it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .text import write_size

if TYPE_CHECKING:
    from .digest.answers import CellAnswer
    from .digest.form import FormRow
    from .digest.series import Measured

# A regret that may be larger leaves the choice open: a quarter more time is worth a measurement.
OPEN = 0.25
# Of the intervals of times: measured, interpolated and extrapolated ones alike.
CONFIDENCE = 0.90
# An interval wider than this factor is no knowledge: such a prediction is refused.
TOO_WIDE = 10.0


def find_answer(
    rows: Sequence[FormRow],
    cells: Sequence[CellAnswer],
    axis: str,
    size: float,
    accuracy: float | None,
    own: float | None,
) -> dict[str, Any]:
    """The method of least regret at a size; of those without a known regret the fastest by predicted times.

    rows      of one series, those that answer the question
    cells     answers of the series to the question, those of exact methods and of approximate ones
    accuracy  largest error allowed; None is `own`, the question's, where no row is exact, and exact where one is

    Returns the `accuracy` that holds, `ranked` and `excluded` predictions, what the first may lose (`regret`, NaN where
    that is not known) at which sizes (`at`), whether that leaves it `open`, and `minutes` that would settle it.
    """
    if any([row.exact for row in rows]):
        own = None
    allowed = own if accuracy is None else accuracy
    near = find_cells(choose_cells(cells, allowed, own), size)
    regrets = merge_regrets(near)
    known = [predict(row, axis, size, regrets.get(row.row, math.nan)) for row in rows]
    fits = [p for p in known if not p["reason"] and (p["exact"] if allowed is None else p["error"] <= allowed)]
    times = {}
    for p in fits:
        times[p["row"]] = p["seconds"]
    ranked = [p for row in rank_rows(times, regrets) for p in fits if p["row"] == row]
    bounded = is_bounded(times, regrets)
    regret = ranked[0]["regret"] if ranked and bounded else math.nan
    minutes = [cell.minutes for cell in near if not math.isnan(cell.minutes)]
    return {
        "accuracy": allowed,
        "regret": regret,
        "at": [cell.size for cell in near] if bounded else [],
        "open": regret > OPEN,
        "minutes": max(minutes) if minutes else math.nan,
        "ranked": ranked,
        "excluded": [p for p in known if p["row"] not in times],
    }


def choose_cells(cells: Sequence[CellAnswer], allowed: float | None, own: float | None) -> list[CellAnswer]:
    """The cells of what is asked without an error, or those of the largest known error that is allowed."""
    if allowed is None or allowed == own:
        return [cell for cell in cells if cell.accuracy is None]
    known = [cell.accuracy for cell in cells if cell.accuracy and cell.accuracy <= allowed * (1 + 1e-9)]
    return [cell for cell in cells if known and cell.accuracy == max(known)]


def find_cells(cells: Sequence[CellAnswer], size: float) -> list[CellAnswer]:
    """The cell at a measured size, or those at the measured sizes on both sides; none beyond them."""
    known = sorted([cell for cell in cells if len(cell.candidates) > 0], key=lambda cell: cell.size)
    at = [cell for cell in known if cell.size == size]
    below, above = [cell for cell in known if cell.size < size], [cell for cell in known if cell.size > size]
    if at:
        return at
    return [below[-1], above[0]] if below and above else []


def merge_regrets(cells: Sequence[CellAnswer]) -> dict[str, float]:
    """The worst regret of each row that is a candidate with a known regret in all of these cells."""
    merged = {}
    for row in [candidate.row for candidate in cells[0].candidates] if cells else []:
        known = [c.regret for cell in cells for c in cell.candidates if c.row == row and not math.isnan(c.regret)]
        if len(known) == len(cells):
            merged[row] = max(known)
    return merged


def rank_rows(times: Mapping[str, float], regrets: Mapping[str, float]) -> list[str]:
    """Rows, the best first: by what they may lose where that is known of all of them, else by their times."""
    rows = sorted(sorted(times), key=lambda row: times[row])
    return sorted(rows, key=lambda row: regrets[row]) if is_bounded(times, regrets) else rows


def is_bounded(times: Mapping[str, float], regrets: Mapping[str, float]) -> bool:
    """Whether bounds hold: they do among the candidates they were found with, and a row that was none breaks them."""
    return all([row in regrets for row in times])


def predict(row: FormRow, axis: str, size: float, regret: float) -> dict[str, Any]:
    """A row at a size: seconds with their interval, how they are known, error and bytes; or the reason for none."""
    sizes = [knot.size for knot in row.knots]
    measured = [knot.size for knot in row.knots if knot.how == "measured"]
    seconds = interpolate(sizes, [knot.seconds for knot in row.knots], size)
    low = interpolate(sizes, [knot.low for knot in row.knots], size)
    high = interpolate(sizes, [knot.high for knot in row.knots], size)
    # The larger of the errors at the measured sizes around this one.
    errors = [error for at, error in row.errors if at <= size][-1:] + [error for at, error in row.errors if at >= size][
        :1
    ]
    return {
        "row": row.row,
        "exact": row.exact,
        "seconds": seconds,
        "low": low,
        "high": high,
        "how": say_how(measured, axis, size),
        "error": max(errors) if errors else math.nan,
        "peak_bytes": interpolate([at for at, peak in row.bytes], [peak for at, peak in row.bytes], size),
        "regret": regret,
        "reason": refuse(row, measured, size) or doubt(measured, seconds, low, high),
    }


def refuse(row: FormRow, measured: Sequence[float], size: float) -> str:
    """Why a row cannot run at a size, "" if it can."""
    for at, reason in row.refused:
        if at == size:
            return reason
    if row.ends and size >= row.ends[0]:
        return row.ends[1]
    return "" if measured else "never ran"


def doubt(measured: Sequence[float], seconds: float, low: float, high: float) -> str:
    """Why too little is known of the time of a row to recommend it, "" if enough is."""
    if math.isnan(seconds):
        return f"measured from {write_size(measured[0])} to {write_size(measured[-1])}: too far to tell"
    return f"known no better than within a factor {write_size(TOO_WIDE)}" if high > TOO_WIDE * low else ""


def say_how(measured: Sequence[float], axis: str, size: float) -> str:
    """measured, interpolated between two sizes, or extrapolated from the nearest."""
    if not measured or size in measured:
        return "measured" if measured else ""
    below, above = [at for at in measured if at < size], [at for at in measured if at > size]
    if below and above:
        return f"interpolated between {axis} = {write_size(below[-1])} and {write_size(above[0])}"
    return f"extrapolated from {axis} = {write_size(below[-1] if below else above[0])}"


def interpolate(sizes: Sequence[float], values: Sequence[float], size: float) -> float:
    """The value at a size on straight lines in log-log; NaN outside the sizes and beside a value that is NaN.

    At one of the sizes its own value.
    """
    if size in sizes:
        return values[sizes.index(size)]
    j = len([at for at in sizes if at < size])
    if j == 0 or j == len(sizes) or not (values[j - 1] > 0 and values[j] > 0):
        return math.nan
    share = math.log(size / sizes[j - 1]) / math.log(sizes[j] / sizes[j - 1])
    return math.exp((1 - share) * math.log(values[j - 1]) + share * math.log(values[j]))


def find_series(known: Sequence[Measured], wanted: Mapping[str, Any]) -> Measured:
    """The series nearest to the sizes asked for, of several the first."""
    found = known
    for j in range(4):
        least = min([measure_distance(series, wanted)[j] for series in found])
        found = [series for series in found if measure_distance(series, wanted)[j] == least]
    return found[0]


def measure_distance(series: Measured, wanted: Mapping[str, Any]) -> list[float]:
    """What weighs most first: words that differ, numbers by their ratio, the batch, and how few its sizes are."""
    fixed = dict(series.fixed)
    words, numbers, batch = 0, 0.0, 0.0
    for letter, value in wanted.items():
        if letter not in fixed:
            continue
        if isinstance(fixed[letter], str):
            words += 0 if fixed[letter] == value else 1
        elif letter == "B":
            batch = abs(math.log(fixed[letter] / value))
        else:
            numbers += abs(math.log(fixed[letter] / value))
    return [words, numbers, batch, -len(series.sizes)]


def list_unlike(fixed: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[list[Any]]:
    """[letter, asked, measured] of what is not as it was asked for."""
    return [
        [letter, value, fixed[letter]] for letter, value in wanted.items() if letter in fixed and fixed[letter] != value
    ]


def write_bound(regret: float) -> str:
    """A bound of a regret in percent, rounded up: 3 %, 0.4 %."""
    if math.isnan(regret):
        return "not known"
    percent = 100 * regret
    return f"{write_size(math.ceil(10 * percent - 1e-9) / 10 if percent < 1 else math.ceil(percent - 1e-9))} %"
