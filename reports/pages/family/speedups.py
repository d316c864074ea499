"""How many times faster than what users run today."""

from ...digest import FamilyDigest
from ...digest.series import Measured, choose_sweeps
from ...digest.speedups import Speedup
from ...families import FAMILIES, Family
from ...group import group_by
from ...plots import MOST_LINES, Line
from ...plots.multiples import Panel
from ...text import write_ratio, write_size
from ..blocks import TONES, Cell, Section, Table, Text, columns
from ._lines import FEW, draw_sweeps, list_ends
from ._names import caption, describe_sizes, name_group, name_series, pick_sizes

# A longer table keeps the family's main rows only.
MOST_ROWS = 60
AT = ("smallest", "middle", "largest")


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep against its first baseline, and a table of all baselines at three sizes."""
    if not family.speedups:
        return None
    known = [s for s in family.series if any(u.series == s.key for u in family.speedups)]
    sweeps = choose_sweeps(family.series)
    drawn, what = [series for series in known if series in sweeps], "Speed-up over a baseline"
    figure = draw_sweeps(family, drawn, _make_panel, _entitle, "speedups", what, "ratio")
    note = (
        "Ratios are paired by round: both rows were timed within moments of each other, so that what the machine does "
        "in between cancels. Green: faster by more than the noise of this place; orange-red: slower by more; amber: "
        "not told apart yet."
    )
    return Section("speedups", "Speed-ups", (*figure, _tabulate(family, known), Text(note, "note")))


def _collect(family: FamilyDigest, series: Measured) -> dict[tuple[str, str], list[Speedup]]:
    """Speed-ups of a series by baseline and row."""
    here = (speedup for speedup in family.speedups if speedup.series == series.key)
    return group_by(here, lambda speedup: (speedup.baseline, speedup.row))


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], drawn: list[Measured]) -> Panel:
    known = [(pair, found) for series in group for pair, found in _collect(family, series).items()]
    baseline = known[0][0][0] if known else ""
    lines = [
        Line(row, family.colours[row], [s.size for s in found], [s.ratio for s in found])
        for (base, row), found in known
        if base == baseline and len(found) > 1
    ]
    kept = choose_lines(FAMILIES[family.name], lines)
    title = f"{name_group(group, drawn)}: over {baseline}"
    return Panel(title, f"{title}: {list_ends(kept, lambda value: f'{value:.3g} ×')}.", kept)


def choose_lines(facts: Family, lines: list[Line]) -> list[Line]:
    """Those of the family's main rows; with few of them also others that reach the largest size, the fastest first."""
    rank = sorted(lines, key=lambda line: (line.label not in facts.card, -line.sizes[-1], -line.values[-1].value))
    names = list(dict.fromkeys(line.label for line in rank))
    most = max(sum(name in facts.card for name in names), FEW)
    return [line for line in lines if line.label in names[: min(most, MOST_LINES)]]


def _entitle(family: FamilyDigest, drawn: list[Measured]) -> str:
    """The family's first headline where its verdict holds in every panel that has it, else what is drawn."""
    baseline, row, _ = FAMILIES[family.name].headlines[0]
    found = [_collect(family, series).get((baseline, row), []) for series in drawn]
    last = [max(known, key=lambda s: s.size) for known in found if known]
    if not last or any(s.verdict != "faster" for s in last):
        return f"Speed-up over what users run today, {describe_sizes(family, drawn)}"
    ends = sorted({float(f"{s.ratio.value:.2g}") for s in last})
    span = f"{ends[0]:g}" if len(ends) == 1 else f"{ends[0]:g} to {ends[-1]:g}"
    where = "at the largest size both ran at" if len(last) > 1 else f"at {family.axis} = {write_size(last[0].size)}"
    pair = [next(r.exact for series in drawn if (r := series.row(name)) is not None) for name in (row, baseline)]
    told = ", not exact," if pair == [False, True] else ""
    return f"`{row}`{told} is {span} × faster than `{baseline}` {where}"


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    pairs = [(series, *pair) for series in shown for pair in _collect(family, series).items()]
    card, kept, rows = FAMILIES[family.name].card, pairs, []
    if len(pairs) > MOST_ROWS:
        kept = [(series, pair, found) for series, pair, found in pairs if pair[1] in card][:MOST_ROWS]
    for series, (baseline, row), found in kept:
        sizes = {speedup.size: speedup for speedup in found}
        picked = pick_sizes(sizes)
        line = {"place": Cell(name_series(series, shown)), "baseline": Cell(baseline), "row": Cell(row)}
        # With fewer than three sizes there is none in the middle, with one only the largest.
        places = AT if len(picked) == len(AT) else (AT[0], AT[-1])[-len(picked) :]
        for at, size in zip(places, picked, strict=True):
            speedup = sizes[size]
            note = f"{family.axis} = {write_size(size)}"
            line[at] = Cell(f"{write_ratio(speedup.ratio)} ×", TONES.get(speedup.verdict, ""), note)
        rows.append(line)
    told = [(at, f"At the {at} size", True) for at in AT if any(at in line for line in rows)]
    heads = columns(("place", "Where"), ("baseline", "Baseline"), ("row", "Row"), *told)
    more = "" if len(kept) == len(pairs) else ", of the main rows"
    words = caption(f"Times faster than the baseline{more}", shown)
    return Table(f"{family.name}-speedups", words, heads, tuple(rows))
