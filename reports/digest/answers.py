"""The answer in every measured cell: the method whose worst-case regret is least."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..arithmetic import OPEN
from ..families import FAMILIES, Question
from ..group import group_by
from ..load import PATIENT, PROFILES
from ..points import NOT_GRADIENTS, Point, Series
from ..statistics import Coverage, Estimate, bound_ratio, bound_regrets, processes_needed, split_confidence
from ..text import write_error, write_size

# Errors that a user may allow: the answer to another is that of the next smaller one.
ACCURACIES = (1e-1, 1e-2, 1e-3, 1e-4)
# Over the budget of the rounds, where others were within it: never the answer, and nothing bounds what it would lose.
_APART = "over the budget of the rounds: timed apart"


@dataclass(frozen=True)
class Candidate:
    """A row that may be the answer in a cell. `ratio` is its time in those of the fastest, paired by round.

    `regret` is the upper bound of what choosing it loses to whatever is fastest, as a share (0.03: at most 3 %),
    simultaneous over the candidates at 95 %; NaN where nothing tells it: not timed in the same rounds as the others, or
    nothing like it was measured in several processes, here or where a spread is lent from. A candidate alone has
    regret 0 and no ratio.
    """

    row: str
    ratio: Estimate | None
    regret: float
    seconds: Estimate
    error: float
    peak_bytes: float


@dataclass(frozen=True)
class CellAnswer:
    """What to use in one measured cell, or why nothing can be said.

    series      key of the series (`Measured.key`)
    question    key of the family's question
    pick        the candidate of least regret, of equal ones the fastest; None where nothing ran
    regret      its regret, NaN where it is not known
    open        whether the regret is above OPEN, or not known where there is a choice
    minutes     of measuring that would settle it, NaN where it is settled or cannot be told
    candidates  all of them, least regret first
    excluded    (row, reason) of rows that answer the question but did not run or are not accurate enough
    profile     the most thorough of the sessions of its cell
    accuracy    largest error allowed, None for exact methods, or where none is, those within the question's
    processes   of the cell that timed the pick
    """

    series: str
    question: str
    size: float
    pick: Candidate | None
    regret: float
    open: bool
    minutes: float
    candidates: tuple[Candidate, ...]
    excluded: tuple[tuple[str, str], ...]
    profile: str = ""
    accuracy: float | None = None
    processes: int = 0


def digest_answers(analysis: Analysis, family: str) -> tuple[CellAnswer, ...]:
    """The answers of a family by series, question and size; questions that no row of a series answers are left out."""
    return tuple(
        _answer(_Cell(analysis, series, size), question, rows)
        for series in list_timed(analysis, family)
        for question in FAMILIES[family].questions
        if (rows := _prefer_exact(analysis, series, _list_rows(analysis, series, question)))
        for size in analysis.sizes(series)
    )


def digest_approximate(analysis: Analysis, family: str) -> tuple[CellAnswer, ...]:
    """The same where an error of one of ACCURACIES is allowed, for questions that some row answers approximately."""
    found = []
    for series in list_timed(analysis, family):
        for question in FAMILIES[family].questions:
            rows = _list_rows(analysis, series, question)
            if all(analysis.facts(series, row).exact for row in rows):
                continue
            for size in analysis.sizes(series):
                cell = _Cell(analysis, series, size)
                known = (_answer(cell, question, rows, accuracy) for accuracy in ACCURACIES)
                # What is left out and why is said of the exact answer, and a candidate says its error.
                found += [replace(answer, excluded=()) for answer in known]
    return tuple(found)


def group_answers(answers: Iterable[CellAnswer]) -> dict[tuple[str, str], list[CellAnswer]]:
    """The answers of each (series, question), in their order."""
    return group_by(answers, lambda answer: (answer.series, answer.question))


def list_timed(analysis: Analysis, family: str) -> list[Series]:
    """The series that are about times. Where errors are what is asked, no problem of a reader's is drawn like these."""
    apart = FAMILIES[family].apart
    return [series for series in analysis.series(family) if not apart & dict(series.fixed).keys()]


def answers(computes: str, question: Question) -> bool:
    """Whether a row that computes this will do."""
    return computes in question.computes if question.computes else computes not in NOT_GRADIENTS


def _list_rows(analysis: Analysis, series: Series, question: Question) -> tuple[str, ...]:
    facts = ((row, analysis.facts(series, row)) for row in analysis.rows(series))
    return tuple(row for row, fact in facts if fact.role == "method" and answers(fact.computes, question))


def _prefer_exact(analysis: Analysis, series: Series, rows: tuple[str, ...]) -> tuple[str, ...]:
    """Exact rows, or where a series has none, all."""
    return tuple(row for row in rows if analysis.facts(series, row).exact) or rows


class _Cell:
    """One cell, with the log ratios of its rows kept: several accuracies ask for the same ones."""

    def __init__(self, analysis: Analysis, series: Series, size: float) -> None:
        self.analysis, self.series, self.size = analysis, series, size
        self.spread = analysis.ratio_spread(series)
        self._logs: dict[tuple[str, str], list[np.ndarray]] = {}

    def point(self, row: str) -> Point | None:
        return self.analysis.point(self.series, self.size, row)

    def logs(self, a: str, b: str) -> list[np.ndarray]:
        """Log ratios by round, one array a process; none where they were not timed side by side in the rounds."""
        if (a, b) not in self._logs:
            # A few calls of a patient session do not show what another would do.
            patient = any(point.patient for row in (a, b) if (point := self.point(row)) is not None)
            pairs = [] if patient else self.analysis.pairs(self.series, self.size, a, b)
            self._logs[a, b] = [np.log(first / second) for first, second in pairs]
            self._logs[b, a] = [-log for log in self._logs[a, b]]
        return self._logs[a, b]

    def bound(self, a: str, b: str, confidence: float) -> Estimate | None:
        """time(a) / time(b) in the mean over processes."""
        logs = self.logs(a, b)
        return bound_ratio(logs, self.spread, confidence) if logs else None

    def recall(self, name: str) -> list[Any]:
        """A fact of the cell's sessions, where they have it, ascending."""
        sessions = self.analysis.cell_sessions(self.series, self.size)
        return sorted(value for session in sessions if (value := session.get(name)) is not None)


def _answer(cell: _Cell, question: Question, rows: Sequence[str], accuracy: float | None = None) -> CellAnswer:
    limit = question.accuracy if accuracy is None else accuracy
    known = {row: point for row in rows if (point := cell.point(row)) is not None}
    reasons = {row: _find_reason(point, limit, accuracy is not None) for row, point in known.items()}
    if any(not reason and not known[row].patient for row, reason in reasons.items()):
        reasons |= {row: _APART for row, point in known.items() if point.patient and not reasons[row]}
    candidates = _rank(cell, {row: point for row, point in known.items() if not reasons[row]})
    pick = candidates[0] if candidates else None
    unsettled = pick is not None and not pick.regret <= OPEN
    profiles = [profile for profile in cell.recall("profile") if profile in PROFILES]
    return CellAnswer(
        series=cell.analysis.key(cell.series),
        question=question.key,
        size=cell.size,
        pick=pick,
        regret=pick.regret if pick else math.nan,
        open=unsettled,
        minutes=_count_minutes(cell, candidates) if unsettled else math.nan,
        candidates=candidates,
        excluded=tuple((row, reason) for row, reason in reasons.items() if reason),
        # Of what timed the pick: where only patient sessions did, the cell's others have nothing to say of it.
        profile=PATIENT if pick and known[pick.row].patient else max(profiles, key=PROFILES.index, default=""),
        accuracy=accuracy,
        processes=len(known[pick.row].groups) if pick else 0,
    )


def _find_reason(point: Point, limit: float, strict: bool) -> str:
    """Why a row is no candidate, "" if it is one; `strict` holds exact rows to the limit too."""
    if not point.ok:
        return f"{point.outcome}: {point.reason}".rstrip(": ")
    fine = point.error <= limit or (point.exact and not strict)
    return "" if fine else f"error {write_error(point.error)} above {write_size(limit)}"


def _rank(cell: _Cell, ran: dict[str, Point]) -> tuple[Candidate, ...]:
    """The candidates, least regret first."""
    rows = sorted(ran, key=lambda row: (ran[row].seconds.value, row))
    confidence = split_confidence(max(2, len(rows)))
    regrets = bound_regrets(rows, lambda a, b: cell.bound(a, b, confidence))
    found = (
        Candidate(
            ratio=_compare(cell, row, rows[0]) if len(rows) > 1 else None,
            regret=regrets[row],
            **{name: getattr(ran[row], name) for name in ("row", "seconds", "error", "peak_bytes")},
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda c: (math.isnan(c.regret), c.regret, c.seconds.value, c.row)))


def _compare(cell: _Cell, row: str, fastest: str) -> Estimate | None:
    """time(row) / time(fastest) as all pages quote it, without what it is made of."""
    ratio = cell.analysis.ratio(cell.series, cell.size, row, fastest)
    return ratio and Estimate(ratio.value, ratio.low, ratio.high, ratio.n, ratio.confidence, ratio.basis)


def check_regrets(analysis: Analysis, family: str) -> Coverage:
    """How often the pick of all processes but one lost at most its bound in the one left out, over a family's cells.

    More is asked than the bound says, which is of the mean over processes; `factor` is the median of 1 + bound.
    """
    known = {analysis.key(series): series for series in analysis.series(family)}
    held, bounds = [], []
    for answer in digest_answers(analysis, family):
        cell = _Cell(analysis, known[answer.series], answer.size)
        rows = sorted(answer.candidates, key=lambda c: (c.seconds.value, c.row))
        for bound, loss in _leave_out(cell, [c.row for c in rows]):
            held.append(loss <= bound)
            bounds.append(1 + bound)
    return Coverage(sum(held), len(held), float(np.median(bounds)) if bounds else math.nan)


def _leave_out(cell: _Cell, rows: list[str]) -> Iterator[tuple[float, float]]:
    """For each process the bound that the others give their pick, and what it lost there."""
    logs = {(a, b): cell.logs(a, b) for a, b in permutations(rows, 2)}
    count = min((len(known) for known in logs.values()), default=0)
    confidence = split_confidence(max(2, len(rows)))

    def bound(a: str, b: str, left: int) -> Estimate:
        return bound_ratio([log for j, log in enumerate(logs[a, b]) if j != left], cell.spread, confidence)

    for left in range(count if count > 1 and cell.spread else 0):
        regrets = bound_regrets(rows, partial(bound, left=left))
        pick = min(rows, key=lambda row: (regrets[row], row))
        lost = (float(np.median(logs[pick, row][left])) for row in rows if row != pick)
        yield regrets[pick], math.expm1(max(0.0, *lost))


def _count_minutes(cell: _Cell, candidates: tuple[Candidate, ...]) -> float:
    """Minutes of further processes of the cell until the pick's regret is expected to be within OPEN."""
    confidence, spread = split_confidence(max(2, len(candidates))), cell.spread
    logs = [cell.logs(candidates[0].row, other.row) for other in candidates[1:]]
    spent = cell.recall("elapsed_s")
    if spread is None or not logs or not all(logs) or not spent:
        return math.nan
    needed = [processes_needed(known, spread, confidence, OPEN) for known in logs]
    if any(count is None for count in needed):
        return math.nan
    more = max(count - len(known) for count, known in zip(needed, logs, strict=True) if count is not None)
    return max(1, more) * spent[len(spent) // 2] / 60
