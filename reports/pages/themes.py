"""Which rows share a figure: by what they answer, how exactly, and by the number in their names."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..analysis import Analysis
from ..points import Point, Series
from ..text import write_list, write_size
from .common import MOST_LINES, is_other_form

# Rows that answer alike and are no gradients share a panel of their own from here.
LEAST_ROWS = 3
KINDS = {"step": "updates", "value": "values"}


@dataclass(frozen=True)
class Panel:
    """Rows of one figure, at most six; `names` are shorter where the title says the rest."""

    title: str
    rows: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def themes(analysis: Analysis, series: Series) -> list[Panel]:
    """Panels of at most six rows, those first that a reader with one question needs."""
    rows = [row for row in analysis.rows(series) if "~" not in row and any(p.ok for p in analysis.points(series, row))]
    first = [row for row in rows if not is_other_form(row)]
    facts = {row: analysis.facts(series, row) for row in rows}
    exact = [row for row in first if facts[row].is_gradient]
    rungs = {row for ladder in analysis.ladders(series) for row in ladder.rows}
    loose = [row for row in first if facts[row].is_approximate and row not in rungs]
    peers = [row for row in first if facts[row].role == "peer"]
    rest = [row for row in first if row not in {*exact, *rungs, *loose, *peers}]
    approximate = bool(loose or rungs)
    gradients = _split(analysis, series, "exact gradients" if approximate else "gradients", exact)
    ladders = _pair_ladders(analysis, series, [row for row in first if row in rungs])
    kinds, libraries = [], []
    for computes in dict.fromkeys(facts[row].computes for row in rest):
        kind = [row for row in rest if facts[row].computes == computes and facts[row].role == "method"]
        if len(kind) >= LEAST_ROWS:
            kinds += _split(analysis, series, f"{computes.replace('_', ' ')}s", kind)
            rest = [row for row in rest if row not in kind]
    others = _split(analysis, series, _name_rest(facts, loose, rest), loose + rest)
    if peers:
        fastest = sorted(exact, key=lambda row: _rank(analysis, series, row))[:1]
        libraries = _split(analysis, series, " beside ".join(("libraries", *fastest)), peers + fastest)
    # A form that ran at one size only is a number for the tables, not a line.
    forms = [row for row in rows if is_other_form(row) and sum(p.ok for p in analysis.points(series, row)) > 1]
    pairs = [row for form in forms for row in (form.partition(":")[0], form) if row in rows]
    compiled = _cut("compiled against eager", list(dict.fromkeys(pairs)))
    story = [*gradients[:1], *ladders[:1], *others, *libraries]
    return [*story, *gradients[1:], *ladders[1:], *kinds, *compiled]


def _name_rest(facts: Mapping[str, Point], loose: list[str], rest: list[str]) -> str:
    """What is in the panel of all that is left: `the floor, updates and values`."""
    words = ["other approximate gradients"] if loose else []
    words += ["the floor"] if any(facts[row].role == "floor" for row in rest) else []
    kinds = dict.fromkeys(facts[row].computes for row in rest if facts[row].role == "method")
    words += [KINDS.get(kind, kind.replace("_", " ")) for kind in kinds]
    return write_list(words or ["other rows"])


def rank_loose(analysis: Analysis, series: Series) -> list[str]:
    """Approximate gradients that are on no ladder, those with the least work first: what a ladder is drawn beside."""
    rungs = {row for ladder in analysis.ladders(series) for row in ladder.rows}
    loose = [row for row in analysis.approximate_rows(series) if row not in rungs and not is_other_form(row)]
    ran = [row for row in loose if any(p.ok for p in analysis.points(series, row))]
    return sorted(ran, key=lambda row: _weigh(analysis, series, row))


def _weigh(analysis: Analysis, series: Series, row: str) -> tuple[float | str, ...]:
    """FLOPs and bytes of the formula, time where there is none: of two that differ by noise alone always the same."""
    last = next(p for p in reversed(analysis.points(series, row)) if p.ok)
    seconds = last.seconds.value if math.isnan(last.flops) else 0.0
    known = (math.inf if math.isnan(v) else v for v in (last.flops, last.formula_peak_bytes))
    return -last.size, *known, seconds, row


def _rank(analysis: Analysis, series: Series, row: str) -> tuple[float, float, str]:
    """First the rows that reach the largest size, and among them the fastest there."""
    last = next(p for p in reversed(analysis.points(series, row)) if p.ok)
    return -last.size, last.seconds.value, row


def _split(analysis: Analysis, series: Series, title: str, rows: list[str]) -> list[Panel]:
    """Panels of six: in the rows' own order if they are no more, else those that belong together by speed."""
    return _cut(title, rows if len(rows) <= MOST_LINES else sorted(rows, key=lambda r: _rank(analysis, series, r)))


def _cut(title: str, rows: list[str]) -> list[Panel]:
    pieces = [rows[j : j + MOST_LINES] for j in range(0, len(rows), MOST_LINES)]
    numbers = [f" ({j + 1})" for j in range(len(pieces))] if len(pieces) > 1 else [""]
    return [Panel(f"{title}{number}", tuple(piece)) for number, piece in zip(numbers, pieces)]


def _pair_ladders(analysis: Analysis, series: Series, ran: list[str]) -> list[Panel]:
    """A panel for each ladder, with the fastest other approximate gradient beside it."""
    beside = rank_loose(analysis, series)[:1]
    panels = []
    for ladder in analysis.ladders(series):
        rungs = [(value, row) for value, row in ladder.rungs if row in ran]
        if not rungs:
            continue
        most = MOST_LINES - len(beside)
        kept = rungs if len(rungs) <= most else [rungs[round(j)] for j in np.linspace(0, len(rungs) - 1, most)]
        names = {row: f"{ladder.letter} = {write_size(value)}" for value, row in kept}
        title = " beside ".join(f"`{name}`" for name in (ladder.name, *beside))
        panels.append(Panel(title, (*beside, *names), names))
    return panels
