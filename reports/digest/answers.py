"""The answer in every measured cell: the method whose worst-case regret is least."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES, Question
from ..points import NOT_GRADIENTS, Point, Series
from ..statistics import Estimate, bound_ratio, bound_regrets, processes_needed, split_confidence

# A regret that may be larger leaves the choice open: a quarter more time is worth a measurement.
OPEN = 0.25
# Over the budget of the rounds, where others were within it: never the answer, and nothing bounds what it would lose.
_APART = "over the budget of the rounds: timed apart"


@dataclass(frozen=True)
class Candidate:
    """A row that may be the answer in a cell. `ratio` is its time in those of the fastest, paired by round.

    `regret` is the upper bound of what choosing it loses to whatever is fastest, as a share (0.03: at most 3 %),
    simultaneous over the candidates at 95 %; NaN where nothing tells it: not timed in the same rounds as the others, or
    nothing like it was measured in several processes. A candidate alone has regret 0 and no ratio.
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
    profile     of the sessions of its cell
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


def digest_answers(analysis: Analysis, family: str) -> tuple[CellAnswer, ...]:
    """The answers of a family by series, question and size; questions that no row of a series answers are left out."""
    return tuple(
        _answer(analysis, series, question, size, rows)
        for series in analysis.series(family)
        for question in FAMILIES[family].questions
        if (rows := list_rows(analysis, series, question))
        for size in analysis.sizes(series)
    )


def list_rows(analysis: Analysis, series: Series, question: Question) -> tuple[str, ...]:
    """Rows of role method that answer a question: exact ones, or where a series has none, all."""
    facts = [(row, analysis.facts(series, row)) for row in analysis.rows(series)]
    asked = [(row, fact) for row, fact in facts if fact.role == "method" and answers(fact.computes, question)]
    exact = tuple(row for row, fact in asked if fact.exact)
    return exact or tuple(row for row, _ in asked)


def answers(computes: str, question: Question) -> bool:
    """Whether a row that computes this will do."""
    return computes in question.computes if question.computes else computes not in NOT_GRADIENTS


def _answer(analysis: Analysis, series: Series, question: Question, size: float, rows: Iterable[str]) -> CellAnswer:
    limit = FAMILIES[series.family].accuracy
    known = {row: point for row in rows if (point := analysis.point(series, size, row)) is not None}
    reasons = {row: _find_reason(point, limit) for row, point in known.items()}
    if any(not reason and not known[row].patient for row, reason in reasons.items()):
        reasons |= {row: _APART for row, point in known.items() if point.patient and not reasons[row]}
    ran = {row: point for row, point in known.items() if not reasons[row]}
    candidates = _rank(analysis, series, size, ran)
    pick = candidates[0] if candidates else None
    regret = pick.regret if pick else math.nan
    unsettled = pick is not None and not regret <= OPEN
    return CellAnswer(
        series=analysis.key(series),
        question=question.key,
        size=size,
        pick=pick,
        regret=regret,
        open=unsettled,
        minutes=_count_minutes(analysis, series, size, candidates) if unsettled else math.nan,
        candidates=candidates,
        excluded=tuple((row, reason) for row, reason in reasons.items() if reason),
        profile=_find_profile(analysis, series, size),
    )


def _find_reason(point: Point, limit: float) -> str:
    """Why a row is no candidate, "" if it is one."""
    if not point.ok:
        return f"{point.outcome}: {point.reason}".rstrip(": ")
    return "" if point.exact or point.error <= limit else f"error {point.error:.1e} above {limit:g}"


def _rank(analysis: Analysis, series: Series, size: float, ran: dict[str, Point]) -> tuple[Candidate, ...]:
    regrets = dict.fromkeys(ran, 0.0)
    if len(ran) > 1:
        confidence = split_confidence(len(ran))
        regrets = bound_regrets(tuple(ran), lambda a, b: _bound(analysis, series, size, a, b, confidence))
    fastest = min(ran, key=lambda row: (ran[row].seconds.value, row), default="")
    found = (
        Candidate(
            row=row,
            ratio=analysis.ratio(series, size, row, fastest) if len(ran) > 1 else None,
            regret=regrets[row],
            seconds=point.seconds,
            error=point.error,
            peak_bytes=point.peak_bytes,
        )
        for row, point in ran.items()
    )
    return tuple(sorted(found, key=lambda c: (math.isnan(c.regret), c.regret, c.seconds.value, c.row)))


def _bound(analysis: Analysis, series: Series, size: float, a: str, b: str, confidence: float) -> Estimate | None:
    pairs = analysis.pairs(series, size, a, b)
    # A few calls of a patient session do not show what another would do.
    patient = any(point.patient for row in (a, b) if (point := analysis.point(series, size, row)))
    return bound_ratio(pairs, None if patient else analysis.ratio_spread(series), confidence) if pairs else None


def _count_minutes(analysis: Analysis, series: Series, size: float, candidates: tuple[Candidate, ...]) -> float:
    """Minutes of further processes of the cell until the pick's regret is expected to be within OPEN."""
    spread, pick = analysis.ratio_spread(series), candidates[0].row
    confidence = split_confidence(max(2, len(candidates)))
    pairs = [analysis.pairs(series, size, pick, other.row) for other in candidates[1:]]
    spent = sorted(
        seconds
        for session in analysis.cell_sessions(series, size)
        if isinstance(seconds := session.get("elapsed_s"), int | float)
    )
    if spread is None or not pairs or not all(pairs) or not spent:
        return math.nan
    needed = [processes_needed(pair, spread, confidence, OPEN) for pair in pairs]
    if any(count is None for count in needed):
        return math.nan
    more = max(count - len(pair) for count, pair in zip(needed, pairs, strict=True) if count is not None)
    return max(1, more) * spent[len(spent) // 2] / 60


def _find_profile(analysis: Analysis, series: Series, size: float) -> str:
    profiles = sorted({str(session.get("profile", default="")) for session in analysis.cell_sessions(series, size)})
    return profiles[-1] if profiles else ""


def merge_regrets(cells: Sequence[CellAnswer]) -> dict[str, float]:
    """The worst regret of each row that is a candidate with a known regret in all of these cells."""
    known = [{c.row: c.regret for c in cell.candidates if not math.isnan(c.regret)} for cell in cells]
    shared = set.intersection(*(set(entry) for entry in known)) if known else set()
    return {row: max(entry[row] for entry in known) for row in sorted(shared)}
