"""Rows beside one another: the errors of a line, and the times of its rows in that of the first."""

from dataclasses import dataclass, field

from ...digest import FamilyDigest
from ...digest.series import Measured
from ...families import FAMILIES, Contest
from ...statistics import Estimate
from ...text import count, write_error, write_list, write_ratio, write_size
from ..blocks import Block, Cell, Section, Table, Text, columns
from ..naming import name_backend
from ._names import caption, name_series

# An error that is no larger than this many times the least is told as the least, too.
NEAR = 1.05
NOTE = "Times are told in that of the line's first row, paired by round; its own stands in points.csv."


@dataclass(frozen=True)
class _Line:
    """The rows of a line at one size, of all backends that have the same errors; `where` is what else differs."""

    where: str
    size: float
    rows: tuple[str, ...]
    errors: tuple[float, ...]
    ratios: dict[str, dict[str, Estimate]] = field(default_factory=dict)


def build(family: FamilyDigest) -> Section | None:
    """A table a contest, and which of equal products errs least."""
    blocks: list[Block] = []
    for contest in FAMILIES[family.name].contests:
        shown = _list_series(family, contest)
        lines = _collect(family, contest, shown)
        if lines:
            blocks.append(_tabulate(family, contest, lines, shown))
            blocks += [Text(_judge(contest, lines))] if contest.equal else []
    return Section("contests", "Row beside row", (*blocks, Text(NOTE, "note"))) if blocks else None


def _list_series(family: FamilyDigest, contest: Contest) -> list[Measured]:
    bases = {base for base, *_ in contest.lines}
    rows = {row for _, *others in contest.lines for row in others}
    keys = dict.fromkeys(pair.series for pair in family.pairs if pair.base in bases and pair.row in rows)
    return [series for series in family.series if series.key in keys]


def _collect(family: FamilyDigest, contest: Contest, shown: list[Measured]) -> list[_Line]:
    """By series and then by line; a backend whose errors are written otherwise has lines of its own."""
    found: dict[object, _Line] = {}
    for series in shown:
        backend, _, where = name_series(series, shown).partition(", ")
        for rows in contest.lines:
            for size in series.sizes:
                pairs = [p for p in family.pairs if (p.series, p.size, p.base) == (series.key, size, rows[0])]
                ratios = {pair.row: pair.ratio for pair in pairs if pair.row in rows}
                if ratios:
                    errors = tuple(_find_error(series, size, row) for row in rows)
                    key = where, size, rows, tuple(map(write_error, errors))
                    found.setdefault(key, _Line(where, size, rows, errors)).ratios[backend] = ratios
    return list(found.values())


def _find_error(series: Measured, size: float, name: str) -> float:
    row = series.row(name)
    cell = row.at(size) if row is not None else None
    return cell.error if cell is not None else float("nan")


def _tabulate(family: FamilyDigest, contest: Contest, lines: list[_Line], shown: list[Measured]) -> Table:
    first, *others = contest.heads
    backends = list(dict.fromkeys(name_backend(series.place.backend) for series in shown))
    heads = columns(
        ("place", "Where"),
        ("size", family.axis, True),
        ("row", "Row"),
        *((f"error {head}", f"Error, {head}", True) for head in contest.heads),
        *((f"{head} {backend}", f"Time, {head}, {backend}", True) for head in others for backend in backends),
    )
    rows = []
    for line in lines:
        cells = {
            "place": Cell(", ".join(filter(None, (write_list(line.ratios), line.where)))),
            "size": Cell(write_size(line.size)),
            "row": Cell(line.rows[0]),
        }
        for head, row, error in zip(contest.heads, line.rows, line.errors, strict=True):
            cells[f"error {head}"] = Cell(write_error(error))
            for backend, ratios in line.ratios.items() if head != first else ():
                cells[f"{head} {backend}"] = Cell(write_ratio(ratios.get(row)))
        rows.append(cells)
    words = caption(f"{contest.words}: errors, and times over {first}", shown)
    return Table(f"{family.name}-{contest.key}", words, heads, tuple(rows))


def _judge(contest: Contest, lines: list[_Line]) -> str:
    """Where the first of the contest errs least, and by how much more it errs elsewhere."""
    told = []
    for where in dict.fromkeys(line.where for line in lines):
        here = [line for line in lines if line.where == where]
        times = [line.errors[0] / min(error for error in line.errors if error > 0) for line in here]
        number, most = sum(each <= NEAR for each in times), max(times)
        text = f"in {number} of {count(len(here), 'line')}{where and f' of {where}'}"
        if most > NEAR:
            line = here[times.index(most)]
            _, best = min((e, row) for e, row in zip(line.errors, line.rows, strict=True) if e > 0)
            text += f" (at most {float(f'{most:.2g}'):,g} times the least, that of `{best}`)"
        told.append(text)
    return f"At equal products `{contest.heads[0]}` has the least error, or one within 5 % of it, {'; '.join(told)}."
