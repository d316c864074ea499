"""The report at the terminal: answers, claims and what is still open, from the digest, as text or as JSON."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from .arithmetic import CONFIDENCE, OPEN, write_bound
from .digest import FamilyDigest, to_plain
from .digest.answers import CellAnswer
from .digest.claims import ClaimDigest, write_effect
from .families import FAMILIES
from .group import group_by
from .load import PATIENT
from .lookup import Answer, Prediction
from .statistics import Estimate
from .text import count, write_bytes, write_error, write_list, write_seconds, write_size

# Room for the longest names of rows beside their numbers.
_WIDTH = 110

# Of the intervals of times: the report's others are of 95 %.
_SHARE = f"{100 * CONFIDENCE:.0f} %"

# Rows left out in one form; more are counted instead of named.
MANY_FORMS = 3


def print_answers(answers: list[Answer], as_json: bool) -> None:
    """Each answer in a few lines and the table behind it; with `as_json` a list of plain values."""
    if as_json:
        print(json.dumps([_pack_answer(answer) for answer in answers], ensure_ascii=False))
        return
    console = Console(highlight=False)
    # A table in a pipe is not cut to the 80 columns of a terminal that is not there.
    console.width = max(console.width, _WIDTH)
    for answer in answers:
        _print_answer(console, answer)


def _pack_answer(answer: Answer) -> dict[str, Any]:
    place = answer.series.place
    return to_plain(
        {
            "family": answer.family,
            "question": answer.question,
            "place": place,
            "sizes": dict(answer.series.fixed) | {answer.series.axis: answer.size},
            "not_measured": {letter: wanted for letter, wanted, _ in answer.unlike},
            "accuracy": answer.accuracy,
            "row": answer.pick.row if answer.pick else None,
            "regret": answer.regret,
            "regret_at": answer.at,
            "undetermined": answer.open,
            "minutes": answer.minutes,
            "lent_from": answer.series.lent_from if answer.at else None,
            "ranked": answer.ranked,
            "excluded": answer.excluded,
        }
    )


def _print_answer(console: Console, answer: Answer) -> None:
    series, axis = answer.series, answer.series.axis
    fixed = ", ".join(f"{letter} = {write_size(value)}" for letter, value in series.fixed)
    place = ", ".join((series.place.machine, series.place.backend, series.place.device, series.place.dtype))
    head = f"[bold]{answer.family}[/bold] on [bold]{place}[/bold], {axis} = {write_size(answer.size)}, {fixed}"
    others = [f"{letter} = {write_size(asked)} was not measured" for letter, asked, _ in answer.unlike]
    console.print("; ".join([head, *others]), soft_wrap=True)
    if answer.pick is None:
        reasons = "; ".join(_list_left_out(answer)) or "no row gives this answer"
        console.print(f"  no recommendation: {reasons}\n", soft_wrap=True, markup=False)
        return
    pick = answer.pick
    memory = f", {write_bytes(pick.peak_bytes)}" if pick.peak_bytes > 0 else ""
    console.print(
        f"  use [bold]{pick.row}[/bold] ({answer.question}): {_escape(_say_loss(answer))}, "
        f"{_escape(_write_seconds(pick))} a call ({_say_how(pick)}), error {write_error(pick.error)}{memory}",
        soft_wrap=True,
    )
    if answer.open:
        known = not math.isnan(answer.minutes)
        told = f": about {_write_minutes(answer.minutes)} would settle it" if known else ""
        minutes = max(1, math.ceil(answer.minutes)) if known else 10  # ten where nobody knows
        console.print(f"  undetermined{told} (python -m benchmarks settle --minutes {minutes})", soft_wrap=True)
    if answer.at and len(answer.ranked) > 1 and (lent := answer.series.lent_from):
        told = f"{count(lent.cells, 'cell')} in {count(lent.processes, 'process', 'processes')}"
        console.print(
            f"  how far processes differ was not measured here: taken from {lent.machine} ({lent.processor}; {told}), "
            "bounded from above (python -m benchmarks settle --minutes 10 measures it)",
            soft_wrap=True,
            markup=False,
        )
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    table.add_column("row", no_wrap=True)
    for name in ("slower by at most", f"time of a call ({_SHARE})", "error", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    for p in answer.ranked:
        regret = "–" if math.isnan(answer.regret) else write_bound(p.regret)
        memory = write_bytes(p.peak_bytes) if p.peak_bytes > 0 else "–"
        table.add_row(p.row, regret, _escape(_write_seconds(p)), write_error(p.error), memory)
    console.print(table)
    for told in _list_left_out(answer):
        console.print(f"  left out: {told}", style="dim", markup=False, soft_wrap=True)
    console.print()


def _list_left_out(answer: Answer) -> list[str]:
    """`inverse and relative: never ran`: rows of one reason together; of a form of many rows how many they are."""
    left_out = group_by(answer.excluded, lambda prediction: _say_why(prediction, answer))
    return [f"{write_list(_count_forms([p.row for p in found]))}: {reason}" for reason, found in left_out.items()]


def _count_forms(rows: list[str]) -> list[str]:
    forms = Counter(row.partition(":")[2] for row in rows)
    many = {form for form, number in forms.items() if form and number >= MANY_FORMS}
    named = [row for row in rows if row.partition(":")[2] not in many]
    return [*named, *(f"{forms[form]} rows in the form {form}" for form in forms if form in many)]


def _say_loss(answer: Answer) -> str:
    if len(answer.ranked) == 1:
        return "nothing else answers this"
    if math.isnan(answer.regret):
        return "what it may lose is not known"
    axis = answer.series.axis
    where = "" if answer.at == (answer.size,) else f" at {axis} = {write_list(map(write_size, answer.at))}"
    return f"at most {write_bound(answer.regret)} slower than the best{where}"


def _say_why(prediction: Prediction, answer: Answer) -> str:
    if prediction.reason:
        return prediction.reason
    if answer.accuracy is None:
        return "not exact"
    return f"error {write_error(prediction.error)} above {write_size(answer.accuracy)}"


def _write_seconds(p: Prediction) -> str:
    return write_seconds(Estimate(p.seconds, p.low, p.high))


def _say_how(p: Prediction) -> str:
    return p.how if math.isnan(p.low) else f"{p.how}; {_SHARE} interval"


def _write_minutes(minutes: float) -> str:
    return count(math.ceil(minutes), "minute")


def _escape(text: str) -> str:
    return text.replace("[", "\\[")


def print_claims(claims: Iterable[ClaimDigest], as_json: bool) -> None:
    """The claims in two lines each: the verdict and what the paper says, what was found and what decided it."""
    if as_json:
        print(json.dumps(to_plain(list(claims)), ensure_ascii=False))
        return
    console = Console(highlight=False)
    for claim in claims:
        console.print(f"[bold]{claim.id}[/bold] {claim.verdict}: {_escape(claim.short)}", soft_wrap=True)
        found = write_effect(claim.effect, claim.unit) if claim.effect is not None else "not run"
        console.print(f"  paper {claim.printed}; here {found}. {claim.decided}", soft_wrap=True, markup=False)


def list_open(families: Iterable[FamilyDigest]) -> list[dict[str, Any]]:
    """The undetermined cells, widest regret first, those of unknown regret last, and then cells of one process whose
    regret is bounded by a `lent` spread: what `benchmarks settle` reads.

    `rows` are the pick and those it is not told apart from. A cell stands there for each question that it leaves open.
    What only patient sessions timed does not: more of these would settle nothing.
    """
    found = [
        _pack_open(family, answer)
        for family in families
        for answer in family.answers
        if (answer.open or _is_lent(family, answer)) and answer.pick is not None and answer.profile != PATIENT
    ]
    return sorted(found, key=lambda cell: (cell["lent"], cell["regret"] is None, -(cell["regret"] or 0.0)))


def _is_lent(family: FamilyDigest, answer: CellAnswer) -> bool:
    """Whether a second process of the cell would say what is lent now; told once a cell."""
    first = next(question.key for question in FAMILIES[family.name].questions if question.first)
    lent = family.find(answer.series).lent_from is not None
    return lent and answer.processes == 1 and answer.question == first and len(answer.candidates) > 1


def _pack_open(family: FamilyDigest, answer: CellAnswer) -> dict[str, Any]:
    series = family.find(answer.series)
    # Where nothing bounds the regret, nothing tells which rows are far either.
    told = not math.isnan(answer.regret)
    near = [c.row for c in answer.candidates[1:] if not (told and c.ratio and c.ratio.low > 1 + OPEN)]
    return to_plain(
        {
            "family": family.name,
            "question": answer.question,
            **vars(series.place),
            "sizes": dict(series.fixed) | {series.axis: answer.size},
            "rows": [answer.candidates[0].row, *near],
            "regret": answer.regret,
            "profile": answer.profile,
            "minutes": answer.minutes,
            "lent": not answer.open,
        }
    )


def print_open(families: Iterable[FamilyDigest], as_json: bool) -> None:
    """The undetermined cells, a line each."""
    cells = list_open(families)
    if as_json:
        print(json.dumps(cells, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for cell in cells:
        place = ", ".join(str(cell[name]) for name in ("machine", "backend", "device", "dtype"))
        sizes = ", ".join(f"{letter} = {write_size(value)}" for letter, value in cell["sizes"].items())
        regret = "not known" if cell["regret"] is None else f"at most {write_bound(cell['regret'])}"
        regret += " by a lent spread" if cell["lent"] else ""
        cost = "" if cell["minutes"] is None else f", about {_write_minutes(cell['minutes'])}"
        console.print(
            f"{cell['family']}, {cell['question']}, on {place}, {sizes}: {write_list(cell['rows'])}: {regret}{cost}",
            soft_wrap=True,
            markup=False,
        )
    if not cells:
        console.print("nothing is open: in every cell timed in rounds the answer loses at most 25 %")
