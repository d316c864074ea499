"""Section 1: which method to use, at every size and place."""

import json
import math
from typing import Any

import numpy as np

from ..analysis import Analysis, Series, Winner
from ..predict import CLOSE, REACH, Predictor
from ..text import OUTCOME_WORDS, count, write_error, write_list, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Column, Form, Heading, Section, Table, Text, columns, missing, spread
from .common import colours, describe_ranges, name_place, name_series, name_settings, place_data, size_cell, time_cell

ID, TITLE = "answer", "Answer"


def build(analysis: Analysis) -> Section:
    """Grids of winners per family, all methods by size, and the predicted answers."""
    blocks: list[Block] = []
    for family in analysis.families:
        shown = analysis.series(family)
        settings = name_settings(analysis, family)
        blocks.append(Heading(f"{family}{f' ({settings})' if settings else ''}"))
        blocks.append(_tabulate_winners(analysis, family, shown))
        blocks.append(Text(_explain_grid(), "note"))
        others = _tabulate_others(analysis, family, shown)
        if others:
            blocks.append(others)
        blocks += [_tabulate_all(analysis, series) for series in shown]
    if not blocks:
        return missing(ID, TITLE, "No family was measured.")
    blocks.append(Heading("At your size"))
    blocks.append(Form(_pack(analysis), analysis.families))
    blocks.append(
        Text(
            "Between measured sizes times are interpolated, with the curve's bend in the interval; up to "
            f"{REACH:g} times beyond the ends they follow the fitted curve. {_check_predictions(analysis)}Methods "
            f"whose predicted intervals come within {100 * CLOSE:g} % of each other are named together. At the "
            "terminal: `python -m reports answer --family logdet --D 5000 --B 100`.",
            "note",
        )
    )
    blocks += [_tabulate_predictions(analysis, family) for family in analysis.families]
    return Section(ID, TITLE, tuple(blocks))


def summarise(analysis: Analysis, family: str) -> list[str]:
    """The main answer in words, one sentence per series, from verdicts alone."""
    lines = []
    for series in analysis.series(family):
        sizes = analysis.sizes(series)
        winners = {size: analysis.winner(series, size, analysis.gradient_rows(series)) for size in sizes}
        won: dict[str, list[float]] = {}
        for size, winner in winners.items():
            if winner.state == "won":
                won.setdefault(winner.rows[0], []).append(size)
        parts = [
            f"`{row}` at {describe_ranges(found, sizes, series.axis)}"
            for row, found in sorted(won.items(), key=lambda i: i[1][-1])
        ]
        text = f"**{name_series(analysis, series)}**: "
        text += (
            f"fastest exact gradient {write_list(parts)}." if parts else "no size has a single fastest exact gradient."
        )
        for state, words in (("tie", "Ties"), ("undetermined", "Undetermined"), ("none", "Nothing ran")):
            found = [size for size in sizes if winners[size].state == state]
            if found:
                text += f" {words} at {describe_ranges(found, sizes, series.axis)}."
        lines.append(text)
    return lines


def _check_predictions(analysis: Analysis) -> str:
    """How well measured sizes are predicted from their neighbours alone, over twice the gap that predictions bridge."""
    errors = [
        abs(error)
        for series in analysis.series()
        for row in analysis.gradient_rows(series)
        for error in Predictor(analysis, series).held_out(row)
    ]
    if not errors:
        return ""
    middle, worst = (math.exp(np.quantile(errors, share)) for share in (0.5, 0.95))
    return (
        f"Checked by leaving out each measured size in turn, over twice the gap: off by a factor {middle:.2f} in the "
        f"median, {worst:.2f} for one in twenty. "
    )


def _explain_grid() -> str:
    return (
        "Each cell: the fastest exact method that returns a gradient (ordinary, relative or transposed: different "
        "directions, all "
        "exact), its time, and how many times slower the next one beyond the margin is. Two names: a tie within "
        "the margin. Hatched: "
        "undetermined, the names are those still open. Grey: nothing ran."
    )


def _tabulate_winners(analysis: Analysis, family: str, shown: tuple[Series, ...]) -> Table:
    palette = colours(analysis, family)
    axis = shown[0].axis
    sizes = sorted({size for series in shown for size in analysis.sizes(series)})
    rows, lines = [], []
    for size in sizes:
        row = {"size": size_cell(axis, size)}
        for series in shown:
            winner = analysis.winner(series, size, analysis.gradient_rows(series))
            row[analysis.key(series)] = _winner_cell(analysis, series, size, winner, palette)
            lines.append(place_data(series) | {axis: size} | _winner_data(analysis, series, winner))
        rows.append(row)
    heads = (Column("size", axis, True), *(Column(analysis.key(s), name_series(analysis, s)) for s in shown))
    caption = f"Fastest exact gradient of any kind, by {axis} and place"
    return Table(f"answer-{family}", caption, heads, tuple(rows), grid=True, lines=tuple(lines))


def _winner_cell(analysis: Analysis, series: Series, size: float, winner: Winner, palette: dict[str, str]) -> Cell:
    if winner.state == "none" or winner.point is None:
        reasons = _list_reasons(analysis, series, size)
        return Cell("nothing ran" if reasons else "not measured", {}, "off", reasons)
    names = (" = " if winner.state == "tie" else " or ").join(winner.rows)
    if len(winner.rows) > 3:
        names = f"{winner.point.row} and {len(winner.rows) - 1} more"
    note = write_seconds(winner.point.seconds)
    if winner.margin is not None:
        note += f"\n{winner.runner_up} {write_ratio(winner.margin)} ×"
    elif winner.state == "won":
        note += "\nthe only one that ran"
    tone = palette[winner.point.row] + {"won": "", "tie": " tie", "undetermined": " open"}[winner.state]
    return Cell(names, {}, tone, note)


def _winner_data(analysis: Analysis, series: Series, winner: Winner) -> dict[str, Any]:
    point = winner.point
    return {
        "state": winner.state,
        "rows": " ".join(winner.rows),
        "computes": point.computes if point else None,
        **spread("seconds", point.seconds if point else None),
        "runner_up": winner.runner_up,
        **spread("runner_up_ratio", winner.margin),
        "margin": analysis.margin(series.place),
    }


def _list_reasons(analysis: Analysis, series: Series, size: float) -> str:
    found = [p for row in analysis.gradient_rows(series) if (p := analysis.point(series, size, row)) is not None]
    return "; ".join(f"{p.row}: {OUTCOME_WORDS[p.outcome]}{f' ({p.reason})' if p.reason else ''}" for p in found)


def _tabulate_others(analysis: Analysis, family: str, shown: tuple[Series, ...]) -> Table | None:
    """The fastest update in place and the fastest value, beside the fastest gradient."""
    rows = []
    for series in shown:
        for computes, words in (("step", "whole update in place"), ("value", "value after the update")):
            candidates = analysis.rows_that_compute(series, computes)
            for size in analysis.sizes(series):
                winner = analysis.winner(series, size, candidates)
                if winner.point is None:
                    continue
                gradient = analysis.winner(series, size, analysis.gradient_rows(series))
                ratio = analysis.ratio(series, size, winner.rows[0], gradient.rows[0]) if gradient.rows else None
                rows.append(
                    {
                        "place": Cell(name_series(analysis, series), place_data(series)),
                        "answer": Cell(words, {"computes": computes}),
                        "size": size_cell(series.axis, size),
                        "row": Cell(" or ".join(winner.rows), {"rows": " ".join(winner.rows), "state": winner.state}),
                        "seconds": Cell(write_seconds(winner.point.seconds), spread("seconds", winner.point.seconds)),
                        "ratio": Cell(
                            f"{write_ratio(ratio)} × {gradient.rows[0]}" if ratio else "–",
                            spread("ratio_to_gradient", ratio)
                            | {"gradient": gradient.rows[0] if gradient.rows else None},
                        ),
                    }
                )
    if not rows:
        return None
    heads = columns(
        ("place", "Place"),
        ("answer", "Answer"),
        ("size", shown[0].axis, True),
        ("row", "Fastest"),
        ("seconds", "Time", True),
        ("ratio", "Against the fastest gradient", True),
    )
    return Table(
        f"answer-{family}-other",
        "Not gradients: the fastest update in place and the fastest value",
        heads,
        tuple(rows),
        folded=True,
    )


def _tabulate_all(analysis: Analysis, series: Series) -> Table:
    """Every row by size: times, and in grey what did not run."""
    sizes = analysis.sizes(series)
    heads = (
        Column("row", "Row"),
        Column("computes", "Computes"),
        *(Column(f"s{size:g}", f"{series.axis} = {write_size(size)}", True) for size in sizes),
    )
    rows, lines = [], []
    for name in analysis.rows(series):
        if "~" in name:
            continue
        fact = analysis.facts(series, name)
        row = {"row": Cell(name), "computes": Cell(fact.computes or "–" if fact.role == "method" else fact.role)}
        for size in sizes:
            point = analysis.point(series, size, name)
            row[f"s{size:g}"] = cell = time_cell(point)
            if point is not None:
                more = {"row": name, "role": fact.role, "computes": fact.computes, series.axis: size}
                lines.append(place_data(series) | more | dict(cell.data))
        rows.append(row)
    caption = f"Every row on {name_series(analysis, series)}, by {series.axis}"
    return Table(
        f"rows-{analysis.key(series)}", caption, heads, tuple(rows), folded=True, grid=True, lines=tuple(lines)
    )


def _round_sizes(analysis: Analysis, series: Series) -> list[float]:
    """1, 2, 5 times powers of ten, from the smallest size to the reach of extrapolation."""
    sizes = analysis.sizes(series)
    decades = range(math.floor(math.log10(sizes[0])), math.ceil(math.log10(sizes[-1] * REACH)) + 1)
    found = [lead * 10.0**power for power in decades for lead in (1, 2, 5)]
    return [size for size in found if sizes[0] <= size <= sizes[-1] * REACH]


def _tabulate_predictions(analysis: Analysis, family: str) -> Table:
    rows = []
    for series in analysis.series(family):
        predictor = Predictor(analysis, series)
        for size in _round_sizes(analysis, series):
            answer = predictor.answer(size)
            best = answer.best
            cells = {
                "place": Cell(name_series(analysis, series), place_data(series)),
                "size": size_cell(series.axis, size),
            }
            if best is None:
                reason = "; ".join(sorted({p.reason for p in answer.excluded}))
                rows.append(cells | {"row": Cell("–", {"row": None}, "off"), "how": Cell(reason, {"how": reason})})
                continue
            names = " or ".join((best.row, *answer.ties[:2])) + (
                f" or {len(answer.ties) - 2} more" if len(answer.ties) > 2 else ""
            )
            rows.append(
                cells
                | {
                    "row": Cell(names, {"row": best.row, "ties": " ".join(answer.ties)}),
                    "seconds": Cell(write_seconds(best.seconds), spread("seconds", best.seconds)),
                    "error": Cell(write_error(best.error), {"error": best.error}),
                    "how": Cell(best.how, {"how": best.how}),
                }
            )
    axis = analysis.series(family)[0].axis
    heads = columns(
        ("place", "Place"),
        ("size", axis, True),
        ("row", "Recommended"),
        ("seconds", "Predicted time", True),
        ("error", "Error", True),
        ("how", "How it is known"),
    )
    return Table(
        f"predicted-{family}", f"{family}: recommended exact gradient at round sizes", heads, tuple(rows), folded=True
    )


def _pack(analysis: Analysis) -> str:
    """What the form's script needs, as JSON."""
    packed: dict[str, Any] = {"reach": REACH, "close": CLOSE, "families": {}}
    for family in analysis.families:
        entries = []
        for series in analysis.series(family):
            predictor = Predictor(analysis, series)
            entries.append(
                {
                    "place": name_place(analysis, series.place),
                    "device": series.place.device,
                    "B": series.size("B"),
                    "label": name_series(analysis, series),
                    "sizes": list(analysis.sizes(series)),
                    "winners": {
                        f"{size:g}": {"state": w.state, "rows": w.rows}
                        for size in analysis.sizes(series)
                        if (w := analysis.winner(series, size, analysis.gradient_rows(series))).rows
                    },
                    "rows": [_pack_row(analysis, series, predictor, row) for row in predictor.rows],
                }
            )
        packed["families"][family] = {"axis": analysis.series(family)[0].axis, "series": entries}
    return json.dumps(packed, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")


def _pack_row(analysis: Analysis, series: Series, predictor: Predictor, row: str) -> dict[str, Any]:
    fact = analysis.facts(series, row)
    points = analysis.points(series, row)
    limit, law = analysis.memory_bytes(series.place), analysis.memory_law(series, row)
    most = None
    if limit and law:
        grid = np.geomspace(series_reach := analysis.sizes(series)[-1], series_reach * REACH, 200)
        over = [float(size) for size in grid if law.predict(float(size)) > limit]
        most = over[0] if over else None
    failure, largest = analysis.first_failure(series, row), analysis.frontier(series, row).largest_ok
    ends = failure is not None and (largest is None or largest < failure.size)
    return {
        "row": row,
        "computes": fact.computes,
        "exact": fact.exact,
        "knots": [
            [_short(v) for v in (k.size, k.seconds.value, k.seconds.low, k.seconds.high)] for k in predictor.knots(row)
        ],
        "measured": [p.size for p in points if p.ok],
        "errors": [[p.size, _short(p.error)] for p in points if not math.isnan(p.error)],
        "refused": {f"{p.size:g}": f"{p.outcome}: {p.reason}".rstrip(": ") for p in points if not p.ok},
        "ends": [
            failure.size,
            f"{failure.outcome} at {series.axis} = {write_size(failure.size)}: {failure.reason}".rstrip(": "),
        ]
        if ends and failure
        else None,
        "memory_ends": most,
    }


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def count_undetermined(analysis: Analysis) -> str:
    """How many cells have no winner."""
    states = [
        analysis.winner(s, size, analysis.gradient_rows(s)).state
        for s in analysis.series()
        for size in analysis.sizes(s)
    ]
    return f"{states.count('undetermined')} of {count(len(states), 'cell')}"
