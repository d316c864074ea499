"""The form of the first page: its data, packed small, and the rules that stand in its place without JavaScript."""

import json
import math
from typing import Any

from ..digest import Digest, FamilyDigest
from ..digest.form import FormRow, FormSeries
from ..digest.series import Measured
from ..families import FAMILIES
from ..text import write_size
from .blocks import Cell, Form, Table, columns
from .rules import join_rules, say_ranges, write_bound

# How a knot is known, by its first letter.
_HOW = {"measured": "m", "interpolated": "i", "extrapolated": "e"}


def build_form(digest: Digest) -> Form:
    """The form over all families of the digest."""
    families = [family for family in digest.families if family.form]
    packed = {family.name: _pack_family(family) for family in families}
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    named = tuple((family.name, FAMILIES[family.name].title) for family in families)
    return Form(text, named, _tabulate_rules(digest))


def name_place(family: FamilyDigest, series: Measured) -> str:
    """`torch, cpu`; precision and machine only where the family has several."""
    words = [series.place.backend, series.place.device]
    for name in ("dtype", "machine"):
        if len({getattr(other.place, name) for other in family.series}) > 1:
            words.append(getattr(series.place, name))
    return ", ".join(words)


def _pack_family(family: FamilyDigest) -> dict[str, Any]:
    facts = FAMILIES[family.name]
    return {
        "axis": family.axis,
        "letters": family.letters,
        "accuracy": facts.accuracy,
        "questions": [[question.key, question.words, question.computes] for question in facts.questions],
        "series": [_pack_series(family, form) for form in family.form],
    }


def _pack_series(family: FamilyDigest, form: FormSeries) -> dict[str, Any]:
    series = family.find(form.series)
    names = [row.row for row in form.rows]
    answers: dict[str, dict[str, Any]] = {}
    for answer in family.answers:
        if answer.series == form.series and answer.candidates:
            regrets = {str(names.index(c.row)): _short(c.regret) for c in answer.candidates if c.row in names}
            answers.setdefault(answer.question, {})[f"{answer.size:g}"] = [regrets, _short(answer.minutes, 2)]
    return {
        "place": name_place(family, series),
        "fixed": dict(series.fixed),
        "sizes": series.sizes,
        "rows": [_pack_row(row) for row in form.rows],
        "answers": answers,
    }


def _pack_row(row: FormRow) -> list[Any]:
    """[name, what it computes, 1 if exact, knots, errors, bytes, refused, ends]."""
    return [
        row.row,
        row.computes,
        int(row.exact),
        [[_short(k.size, 9), _short(k.seconds), _short(k.low), _short(k.high), _HOW[k.how]] for k in row.knots],
        [[size, _short(error, 2)] for size, error in row.errors],
        [[size, _short(number)] for size, number in row.bytes],
        row.refused,
        row.ends,
    ]


def _tabulate_rules(digest: Digest) -> Table:
    """The rule of every question and place, and its worst regret."""
    lines = []
    for family in digest.families:
        for question in FAMILIES[family.name].questions:
            for series in family.series:
                rules = [r for r in family.rules if (r.series, r.question) == (series.key, question.key)]
                told = join_rules(rules)
                if told is None or len(series.sizes) < 2:
                    continue
                fixed = ", ".join(f"{letter} = {write_size(dict(series.fixed)[letter])}" for letter in family.letters)
                lines.append(
                    {
                        "family": Cell(FAMILIES[family.name].title),
                        "words": Cell(question.words),
                        "place": Cell(name_place(family, series), note=fixed),
                        "rule": Cell(say_ranges(told, family.axis)),
                        "regret": Cell(write_bound(told.worst)),
                    }
                )
    heads = columns(
        ("family", "What for"),
        ("words", "Question"),
        ("place", "Where"),
        ("rule", "Use"),
        ("regret", "Slower than the best by at most", True),
    )
    return Table("rules", "Which method to use, by size", heads, tuple(lines))


def _short(value: float, digits: int = 5) -> float | None:
    """A number in few digits; null where there is none: JSON has no NaN."""
    return None if math.isnan(value) else float(f"{value:.{digits}g}")
