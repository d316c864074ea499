"""The form of the first page: its data, packed small, and the rules that stand in its place without JavaScript."""

import json
import math
from typing import Any

from ..arithmetic import OPEN, write_bound
from ..digest import Digest, FamilyDigest
from ..digest.answers import answers
from ..digest.cards import choose_states
from ..digest.form import FormRow, FormSeries
from ..digest.knots import fold_knots
from ..digest.lent import LentFrom
from ..digest.series import Measured
from ..families import FAMILIES, Question
from ..group import group_by
from ..text import write_size
from .blocks import Cell, Form, Table, columns
from .lent import write_lent
from .naming import capital, name_letter, name_place
from .rules import Told, find_rule, say_minutes, say_ranges

# A rule over fewer sizes is no rule.
SEVERAL = 3


def build_form(digest: Digest) -> Form:
    """The form over all families of the digest."""
    families = [family for family in digest.families if family.form]
    packed = {family.name: _pack_family(digest, family) for family in families}
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    named = tuple((family.name, FAMILIES[family.name].title) for family in families)
    rules = (_tabulate_rules(digest, family) for family in digest.families)
    return Form(text, named, tuple(table for table in rules if table.rows))


def _pack_family(digest: Digest, family: FamilyDigest) -> dict[str, Any]:
    """Names of rows and reasons stand once; series hold their places in these lists."""
    facts = FAMILIES[family.name]
    rows: dict[tuple[str, str, int], int] = {}
    reasons: dict[str, int] = {}
    lent: dict[LentFrom, int] = {}
    series = []
    for form in family.form:
        found = family.find(form.series)
        told = {"lent": lent.setdefault(found.lent_from, len(lent))} if found.lent_from else {}
        place = name_place(digest, found.place)
        series.append({"place": place, **_pack_series(family, form, rows, reasons), **told})
    packed = {
        "axis": family.axis,
        "size": name_letter(family, family.axis),
        # A size that some series do not have is none to choose by.
        "letters": [
            [letter, capital(name_letter(family, letter))]
            for letter in family.letters
            if letter != "B" and all(letter in dict(series.fixed) for series in family.series)
        ],
        "questions": [
            [q.key, q.words, sorted({kind for _, kind, _ in rows if answers(kind, q)}), q.accuracy]
            for q in facts.questions
        ],
        "rows": list(rows),
        "reasons": list(reasons),
        "series": series,
    }
    return packed | ({"lent": [write_lent([found]) for found in lent]} if lent else {})


def _pack_series(
    family: FamilyDigest, form: FormSeries, rows: dict[tuple[str, str, int], int], reasons: dict[str, int]
) -> dict[str, Any]:
    series = family.find(form.series)
    packed = [_pack_row(row, series.sizes, rows, reasons) for row in form.rows]
    names = {row.row: entry[0] for row, entry in zip(form.rows, packed, strict=True)}
    cells: dict[str, dict[str, list[Any]]] = {}
    for answer in (*family.answers, *family.approximate):
        if answer.series == form.series and answer.candidates:
            # By the error that is allowed; "" is what the family asks for without one.
            allowed = "" if answer.accuracy is None else f"{answer.accuracy:g}"
            regrets = [[names[c.row], _raise(c.regret)] for c in answer.candidates]
            cell = [_short(answer.size), regrets, _short(answer.minutes, 2)]
            cells.setdefault(answer.question, {}).setdefault(allowed, []).append(cell)
    return {
        "fixed": dict(series.fixed),
        "sizes": [_short(size) for size in series.sizes],
        "rows": packed,
        "answers": cells,
    }


def _pack_row(
    row: FormRow, sizes: tuple[float, ...], rows: dict[tuple[str, str, int], int], reasons: dict[str, int]
) -> list[Any]:
    """[row, knots, errors, bytes, holes, end]: errors, bytes and holes of each size of the series."""
    fact = (row.row, row.computes, int(row.exact))
    errors, peaks, holes = dict(row.errors), dict(row.bytes), dict(row.refused)
    return [
        rows.setdefault(fact, len(rows)),
        [_pack_knot(*knot) for knot in fold_knots(row.knots)],
        [_raise_error(errors.get(size, math.nan)) for size in sizes],
        [_short(peaks.get(size, math.nan), 3) for size in sizes],
        [reasons.setdefault(holes[size], len(reasons)) if size in holes else None for size in sizes],
        [_short(row.ends[0]), reasons.setdefault(row.ends[1], len(reasons))] if row.ends else None,
    ]


def _pack_knot(size: float, seconds: float, *rest: float) -> list[Any]:
    """A knot as `fold_knots` has it, in microseconds; the last two of six numbers or the last of three are factors."""
    times = [_short(1e6 * number) for number in (seconds, *rest[:-2])]
    return [_short(size), *times, *(_short(factor, 3) for factor in rest[-2:])]


def _tabulate_rules(digest: Digest, family: FamilyDigest) -> Table:
    """Rules of what was measured at several sizes: for what is asked first everywhere, for the rest where cards are."""
    lines = []
    shown = {key for panel in (family.card.panels if family.card else ()) for key in panel}
    # Series that differ in the state of the machine alone, those of other sizes together.
    groups = [choose_states(group) for group in group_by(family.series, lambda s: (s.place, s.fixed)).values()]
    for question in FAMILIES[family.name].questions:
        for group in groups:
            keys = {series.key for series in group}
            several = sum(len(series.sizes) for series in group) >= SEVERAL
            if several and (question.first or keys & shown):
                lines += _write_rule(digest, family, question, group)
    # Here its letters stand first.
    letters = [letter for letter in family.letters if any(f"{letter} = " in c["place"].note for c in lines)]
    heads = columns(
        ("question", "What for"),
        ("place", f"Where ({', '.join(name_letter(family, letter) for letter in letters)})" if letters else "Where"),
        ("rule", f"Use, by {name_letter(family, family.axis)}"),
        ("regret", "Slower than the best by at most", True),
    )
    name, title = f"rules-{family.name}", FAMILIES[family.name].title
    return Table(name.replace("_", "-"), title, heads, tuple(lines), folded=True)


def _write_rule(
    digest: Digest, family: FamilyDigest, question: Question, group: list[Measured]
) -> list[dict[str, Cell]]:
    """A line of the table, none where there is no rule."""
    fixed = dict(group[0].fixed)
    told = find_rule(family, question, group)
    if told is None:
        return []
    setting = ", ".join(f"{letter} = {write_size(fixed[letter])}" for letter in family.letters if letter in fixed)
    lent = sorted({series.lent_from.machine for series in group if series.lent_from})
    notes = [setting, f"spread between processes lent by {', '.join(lent)}" if lent else ""]
    line = {
        "question": Cell(capital(question.words)),
        "place": Cell(name_place(digest, group[0].place), note="; ".join(filter(None, notes))),
        "rule": Cell(say_ranges(told, family.axis)),
        "regret": Cell("–" if told.alone else write_bound(told.worst), note=_say_open(told, family.axis)),
    }
    return [line]


def _say_open(told: Told, axis: str) -> str:
    """Where the rule loses most, and where that leaves it undetermined, the minutes that would settle it."""
    if told.alone:
        return "nothing else was timed there"
    if not told.worst > 0:
        return ""
    where = f"at {axis} = {write_size(told.at)}"
    if told.worst <= OPEN:
        return where
    return f"{'undetermined ' if told.minutes else ''}{where}; {say_minutes(told.minutes)}"


def _raise(bound: float) -> float | None:
    """A bound to four decimals, never less than it is."""
    return None if math.isnan(bound) else math.ceil(1e4 * bound - 1e-9) / 1e4


def _raise_error(error: float) -> float | None:
    """An error to two digits, three where these say less than it is: what is above a limit must stay above it."""
    short = _short(error, 2)
    if short is None or short >= error:
        return short
    step = 10.0 ** (math.floor(math.log10(error)) - 2)
    return _short(math.ceil(error / step - 1e-9) * step, 3)


def _short(value: float, digits: int = 5) -> float | None:
    """A number in few digits; null where there is none: JSON has no NaN."""
    if math.isnan(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
