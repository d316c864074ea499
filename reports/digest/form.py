"""What the form and the terminal need to answer at a size that nobody measured, and how well that works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Knot:
    """Seconds of a row at a size, with a 90 % interval or NaN: measured, interpolated or extrapolated (`how`)."""

    size: float
    seconds: float
    low: float
    high: float
    how: str


@dataclass(frozen=True)
class FormRow:
    """A row of the form. `bytes` are (size, peak bytes) of measured cells, `errors` (size, error).

    `refused` are (size, reason) of cells that did not run, `ends` the size from which it cannot run, with the reason.
    """

    row: str
    computes: str
    exact: bool
    knots: tuple[Knot, ...]
    errors: tuple[tuple[float, float], ...]
    bytes: tuple[tuple[float, float], ...]
    refused: tuple[tuple[float, str], ...]
    ends: tuple[float, str] | None


@dataclass(frozen=True)
class FormSeries:
    """The rows of a series, with the answers of its measured cells for each question: size -> (row, regret)."""

    series: str
    rows: tuple[FormRow, ...]


@dataclass(frozen=True)
class Quality:
    """How well predictions hold where a measured size is left out, over a family.

    left_out    cells left out
    error       median of |log(predicted / measured)|, as a share
    coverage    share of 90 % intervals that held the measured time; NaN where none had one
    picks       share of left-out cells whose predicted pick is within 5 % of the best measured
    """

    family: str
    left_out: int
    error: float
    coverage: float
    picks: float
