"""Section 6: crossovers and speed-ups against a named baseline."""

from ..analysis import Analysis
from ..plots import Line, draw_speedup, tell_apart
from ..points import Series
from ..text import write_estimate, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import (
    BASELINES,
    MOST_LINES,
    MOST_ROWS,
    PLACE,
    colours,
    is_other_form,
    name_series,
    place_cell,
    size_cell,
)
from .double_backprop import show as show_double_backprop

ID, TITLE = "speedups", "Crossovers and speed-ups"
TONES = {"faster": "good", "slower": "bad", "same": "", "undetermined": "undecided", "not-run": "off"}


def build(analysis: Analysis) -> Section:
    """Where rows overtake each other, and by how much they beat the baselines."""
    blocks: list[Block] = []
    crossings, figures, more, short = [], [], [], []
    for series in analysis.series():
        for j, baseline in enumerate(choose_baselines(analysis, series)):
            exact = _list_rivals(analysis, series, baseline)
            approximate = list(analysis.approximate_rows(series))
            if not analysis.is_sweep(series):
                short += _list_ratios(analysis, series, baseline, exact + approximate)
                continue
            crossings += _tabulate_crossovers(analysis, series, baseline)
            for kind, rows in (("", exact), ("approximate", approximate)):
                figure = _draw(analysis, series, baseline, rows, kind)
                if figure is not None:
                    (more if j else figures).append(figure)
    doubled = show_double_backprop(analysis)
    if not figures and not short and not doubled:
        return missing(ID, TITLE, "No two gradients were timed in the same rounds, so there is no paired ratio.")
    if crossings:
        heads = columns(
            ("place", "Place"),
            ("row", "Row"),
            ("baseline", "Baseline"),
            ("size", "Crossover", True),
            ("kind", "How"),
            ("above", "Faster above it"),
        )
        many = len(crossings) > MOST_ROWS
        blocks.append(Table("crossovers", "Crossovers with the baseline", heads, tuple(crossings), folded=many))
        blocks.append(
            Text(
                (
                    "Bracketed: neighbouring sizes' intervals exclude 1 on opposite sides. Extrapolated: from the two "
                    "fitted curves, beyond all measured sizes."
                ),
                "note",
            )
        )
    if figures:
        caption = "Speed-ups by size, paired by round; the baseline's own time stands in the tables"
        blocks.append(Figures(caption, tuple(figures)))
    if more:
        blocks.append(Figures("Speed-ups over a second baseline", tuple(more), folded=True))
    if short:
        caption = "Speed-ups where fewer than three sizes were measured"
        heads = (PLACE, *columns(("baseline", "Baseline")), *_head("Size", "the baseline"))
        blocks.append(Table("speedups-points", caption, heads, tuple(short), folded=True))
    blocks += doubled
    return Section(ID, TITLE, tuple(blocks))


def choose_baselines(analysis: Analysis, series: Series) -> tuple[str, ...]:
    """The named baselines of a family that ran."""
    rows = analysis.gradient_rows(series)
    named = [row for row in BASELINES.get(series.family, ()) if row in rows]
    named = [row for row in named if any(p.ok for p in analysis.points(series, row))]
    if named:
        return tuple(named)
    ran = [(sum(p.ok for p in analysis.points(series, row)), row) for row in rows if not is_other_form(row)]
    return (max(ran)[1],) if ran and max(ran)[0] else ()


def _list_rivals(analysis: Analysis, series: Series, baseline: str) -> list[str]:
    """Exact gradients to hold against a baseline: where the family has several models, those of the same one."""
    several = "gradient" not in analysis.questions(series.family)
    computes = analysis.facts(series, baseline).computes if several else None
    return [row for row in analysis.gradient_rows(series, computes) if row != baseline]


def _tabulate_crossovers(analysis: Analysis, series: Series, baseline: str) -> list[dict[str, Cell]]:
    found = []
    for row in _list_rivals(analysis, series, baseline):
        crossing = analysis.crossover(series, row, baseline)
        if crossing is None:
            continue
        size, note = crossing.estimate, crossing.reason.replace(" a ", f" {row} ").replace(" b ", f" {baseline} ")
        for letter, name in (("a", row), ("b", baseline)):
            if note.startswith(f"{letter} "):
                note = f"{name}{note[1:]}"
        if crossing.bracket:
            note = f"between {write_size(crossing.bracket[0])} and {write_size(crossing.bracket[1])}"
        if crossing.count > 1:
            note += f"; the last of {crossing.count}"
        above = {"a": row, "b": baseline}.get(crossing.winner_above or "")
        found.append(
            {
                "place": place_cell(analysis, series),
                "row": Cell(row, {"row": row}),
                "baseline": Cell(baseline, {"baseline": baseline}),
                "size": Cell(f"{series.axis} = {write_estimate(size)}" if size else "none", spread(series.axis, size)),
                "kind": Cell(crossing.kind, {"kind": crossing.kind, "note": note}, "", note),
                "above": Cell(above or "–", {"faster_above": above}),
            }
        )
    return found


def _draw(analysis: Analysis, series: Series, baseline: str, rows: list[str], kind: str) -> Figure | None:
    palette, lines = colours(analysis, series.family), []
    for row in rows:
        known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, baseline, row)) is not None]
        if known:
            sizes, ratios = [d for d, _ in known], [r for _, r in known]
            lines.append(Line(row, palette[row], sizes, ratios, dashed=is_other_form(row)))
    if not lines:
        return None
    place = name_series(analysis, series)
    first = baseline == choose_baselines(analysis, series)[0]
    words = [f"speedups-{analysis.key(series)}", *([] if first else [baseline]), *([kind] if kind else [])]
    name = "-".join(words).replace("_", "-")
    # With more than six: first forms before others, then those that reach the largest size, the fastest first.
    shown = sorted(lines, key=lambda line: (line.dashed, -line.sizes[-1], -line.values[-1].value))[:MOST_LINES]
    shown = [line for line in lines if line in shown]
    last = "; ".join(f"{line.label} {write_ratio(line.values[-1])} × at {write_size(line.sizes[-1])}" for line in shown)
    alt = f"Speed-up over {baseline} against {series.axis} on {place}: {last}."
    svg = draw_speedup(name, alt, tell_apart(shown), series.axis, f"speed-up over {baseline}")
    ratios = tuple(_list_ratios(analysis, series, baseline, rows))
    caption = f"Speed-ups over {baseline} on {place}"
    return Figure(
        name,
        f"{place}: speed-up {f'of {kind} gradients ' if kind else ''}over {baseline}",
        svg,
        alt,
        Table(name, caption, _head(series.axis, baseline), ratios, folded=True),
    )


def _head(axis: str, baseline: str) -> tuple[Column, ...]:
    return columns(
        ("row", "Row"),
        ("size", axis, True),
        ("speedup", f"Speed-up over {baseline}", True),
        ("base", f"Time of {baseline}", True),
        ("verdict", "Verdict"),
    )


def _list_ratios(analysis: Analysis, series: Series, baseline: str, rows: list[str]) -> list[dict[str, Cell]]:
    found = []
    for row in rows:
        for size in analysis.sizes(series):
            ratio, base = analysis.ratio(series, size, baseline, row), analysis.point(series, size, baseline)
            if ratio is None or base is None:
                continue
            verdict = analysis.verdict(series, size, row, baseline)
            note = f"about {verdict.rounds} rounds would settle it" if verdict.rounds else ""
            found.append(
                {
                    "place": place_cell(analysis, series),
                    "row": Cell(row, {"row": row, "baseline": baseline}),
                    "size": size_cell(series.axis, size),
                    "speedup": Cell(
                        f"{write_ratio(ratio)} ×",
                        spread("speedup", ratio) | {"rounds": ratio.n, "processes": ratio.processes},
                    ),
                    "baseline": Cell(baseline, {"baseline": baseline}),
                    "base": Cell(write_seconds(base.seconds), spread("baseline_s", base.seconds)),
                    "verdict": Cell(verdict.word, {"verdict": verdict.word}, TONES[verdict.word], note),
                }
            )
    return found
