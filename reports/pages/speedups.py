"""Section 6: crossovers and speed-ups against a named baseline."""

from ..analysis import Analysis, Series
from ..plots import Line, draw_speedup
from ..text import write_estimate, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import MOST_LINES, colours, is_other_form, name_series, place_data, size_cell

ID, TITLE = "speedups", "Crossovers and speed-ups"
# What users run today, where the family has it; else the slowest gradient that ran at the most sizes.
BASELINES = {"logdet": "inverse"}
TONES = {"faster": "good", "slower": "bad", "same": "", "undetermined": "undecided", "not-run": "off"}


def build(analysis: Analysis) -> Section:
    """Where rows overtake each other, and by how much they beat the baseline."""
    blocks: list[Block] = []
    crossings, figures, tables = [], [], []
    for series in analysis.series():
        baseline = choose_baseline(analysis, series)
        if baseline is None:
            continue
        crossings += _tabulate_crossovers(analysis, series, baseline)
        rows = [row for row in analysis.gradient_rows(series) if row != baseline]
        figure = _draw(analysis, series, baseline, rows)
        if figure is not None:
            figures.append(figure)
            tables.append(series)
    if not figures:
        return missing(ID, TITLE, "No two gradients were timed in the same rounds, so there is no paired ratio.")
    heads = columns(
        ("place", "Place"),
        ("row", "Row"),
        ("baseline", "Baseline"),
        ("size", "Crossover", True),
        ("kind", "How"),
        ("above", "Faster above it"),
    )
    blocks.append(Table("crossovers", "Crossovers with the baseline", heads, tuple(crossings)))
    blocks.append(
        Text(
            (
                "Bracketed: neighbouring sizes' intervals exclude 1 on opposite sides. Extrapolated: from the two "
                "fitted curves, beyond all measured sizes."
            ),
            "note",
        )
    )
    blocks.append(
        Figures("Speed-ups by size, paired by round; the baseline's own time stands in the tables", tuple(figures))
    )
    return Section(ID, TITLE, tuple(blocks))


def choose_baseline(analysis: Analysis, series: Series) -> str | None:
    """The named baseline of a family."""
    rows = analysis.gradient_rows(series)
    named = BASELINES.get(series.family)
    if named in rows and any(p.ok for p in analysis.points(series, named)):
        return named
    ran = [(sum(p.ok for p in analysis.points(series, row)), row) for row in rows if not is_other_form(row)]
    return max(ran)[1] if ran and max(ran)[0] else None


def _tabulate_crossovers(analysis: Analysis, series: Series, baseline: str) -> list[dict[str, Cell]]:
    found = []
    for row in analysis.gradient_rows(series):
        crossing = analysis.crossover(series, row, baseline) if row != baseline else None
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
                "place": Cell(name_series(analysis, series), place_data(series)),
                "row": Cell(row, {"row": row}),
                "baseline": Cell(baseline, {"baseline": baseline}),
                "size": Cell(f"{series.axis} = {write_estimate(size)}" if size else "none", spread(series.axis, size)),
                "kind": Cell(crossing.kind, {"kind": crossing.kind, "note": note}, "", note),
                "above": Cell(above or "–", {"faster_above": above}),
            }
        )
    return found


def _draw(analysis: Analysis, series: Series, baseline: str, rows: list[str]) -> Figure | None:
    palette, lines, table = colours(analysis, series.family), [], []
    for row in rows:
        known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, baseline, row)) is not None]
        if not known:
            continue
        lines.append(Line(row, palette[row], [d for d, _ in known], [r for _, r in known], dashed=is_other_form(row)))
        for size, ratio in known:
            base = analysis.point(series, size, baseline)
            verdict = analysis.verdict(series, size, row, baseline)
            assert base is not None
            note = f"about {verdict.rounds} rounds would settle it" if verdict.rounds else ""
            table.append(
                {
                    "row": Cell(row, {"row": row, "baseline": baseline}),
                    "size": size_cell(series.axis, size),
                    "speedup": Cell(
                        f"{write_ratio(ratio)} ×",
                        spread("speedup", ratio) | {"rounds": ratio.n, "processes": ratio.processes},
                    ),
                    "base": Cell(write_seconds(base.seconds), spread("baseline_s", base.seconds)),
                    "verdict": Cell(verdict.word, {"verdict": verdict.word}, TONES[verdict.word], note),
                }
            )
    if not lines:
        return None
    place, name = name_series(analysis, series), f"speedups-{analysis.key(series)}"
    # The widest spread first: with more than six, forms that are not first go.
    shown = sorted(lines, key=lambda line: line.dashed)[:MOST_LINES]
    last = "; ".join(f"{line.label} {write_ratio(line.values[-1])} × at {write_size(line.sizes[-1])}" for line in shown)
    alt = f"Speed-up over {baseline} against {series.axis} on {place}: {last}."
    heads = columns(
        ("row", "Row"),
        ("size", series.axis, True),
        ("speedup", f"Speed-up over {baseline}", True),
        ("base", f"Time of {baseline}", True),
        ("verdict", "Verdict"),
    )
    svg = draw_speedup(name, alt, shown, series.axis, f"speed-up over {baseline}")
    return Figure(
        name,
        f"{place}: speed-up over {baseline}",
        svg,
        alt,
        Table(name, f"Speed-ups over {baseline} on {place}", heads, tuple(table), folded=True),
    )
