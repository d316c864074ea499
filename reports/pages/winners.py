"""The fastest exact gradient in every cell: in words, and as a grid (section 1)."""

from collections import Counter
from typing import Any

from ..analysis import Analysis, Winner
from ..points import Place, Series
from ..text import OUTCOME_WORDS, write_list, write_ratio, write_seconds
from .blocks import Cell, Column, Table, spread
from .common import colours, describe_ranges, name_fixed, name_place, name_series, place_data, size_cell

# Models as a sentence names them.
NAMES = {"psi": "ψ", "phi": "φ", "tied": "a tied ψ"}


def summarise(analysis: Analysis, family: str) -> list[str]:
    """The main answer in words, from verdicts alone: one sentence for each sweep, and one for what is left of a place.

    What is left are cells with fewer sizes than a sweep has.
    """
    lines = []
    for question in analysis.questions(family):
        for series in analysis.series(family):
            if analysis.is_sweep(series) and analysis.is_choice(series, question):
                lines.append(_sum_up(analysis, series, question))
        for place, spots in find_spots(analysis, family).items():
            if analysis.is_choice(spots[0][0], question):
                told = f"{_name_family(analysis, family)}{name_place(analysis, place, family)}"
                lines.append(_count_winners(analysis, told, spots, question))
    return lines


def _name_family(analysis: Analysis, family: str) -> str:
    """`implicit on `, where the run has several families."""
    return f"{family} on " if len(analysis.families) > 1 else ""


def _sum_up(analysis: Analysis, series: Series, question: str) -> str:
    sizes = analysis.sizes(series)
    winners = {size: find_winner(analysis, series, size, question) for size in sizes}
    won: dict[str, list[float]] = {}
    for size, winner in winners.items():
        if winner.state == "won":
            won.setdefault(winner.rows[0], []).append(size)
    parts = [
        f"`{row}` at {describe_ranges(found, sizes, series.axis)}"
        for row, found in sorted(won.items(), key=lambda i: i[1][-1])
    ]
    text = f"**{_name_family(analysis, series.family)}{name_series(analysis, series)}**: "
    wanted = name_answer(analysis, series, question)
    text += f"fastest {wanted} {write_list(parts)}." if parts else f"no size has a single fastest {wanted}."
    for state, words in (("tie", "Ties"), ("undetermined", "Undetermined"), ("none", "Nothing ran")):
        found = [size for size in sizes if winners[size].state == state]
        if found:
            text += f" {words} at {describe_ranges(found, sizes, series.axis)}."
    return text


def _count_winners(analysis: Analysis, place: str, spots: list[tuple[Series, float]], question: str) -> str:
    winners = [find_winner(analysis, series, size, question) for series, size in spots]
    won = Counter(winner.rows[0] for winner in winners if winner.state == "won")
    states = Counter(winner.state for winner in winners)
    parts = [f"`{row}` in {number}" for row, number in sorted(won.items(), key=lambda i: (-i[1], i[0]))]
    words = (("tie", "a tie in"), ("undetermined", "undetermined in"), ("none", "nothing ran in"))
    parts += [f"{word} {states[state]}" for state, word in words if states[state]]
    series, size = spots[0]
    where = name_fixed(analysis, series)
    told = f"{len(spots)} other cells" if len(spots) > 1 else f"{where}{', ' * bool(where)}{series.axis} = {size:g}"
    return f"**{place}**, {told}: fastest {name_answer(analysis, series, question)} {write_list(parts)}."


def find_winner(analysis: Analysis, series: Series, size: float, question: str = "gradient") -> Winner:
    """The fastest of the rows that may be the answer."""
    return analysis.winner(series, size, analysis.candidates(series, size, question))


def name_answer(analysis: Analysis, series: Series, question: str = "gradient") -> str:
    """What the winner is the fastest of: `exact gradient`, or what stands for it where no method is exact."""
    accuracy = analysis.accuracy(series)
    if accuracy is not None:
        return f"gradient with an error of at most {accuracy:g}"
    return "exact gradient" if question == "gradient" else f"gradient of {NAMES.get(question, question)}"


def find_spots(analysis: Analysis, family: str) -> dict[Place, list[tuple[Series, float]]]:
    """The cells of a place that are on no sweep."""
    found: dict[Place, list[tuple[Series, float]]] = {}
    for series in analysis.series(family):
        if not analysis.is_sweep(series):
            found.setdefault(series.place, []).extend((series, size) for size in analysis.sizes(series))
    return found


def explain_grid() -> str:
    """How to read the grid."""
    return (
        "Each cell: the fastest exact method that returns a gradient (of any kind: ordinary, relative and transposed "
        "are different directions, all exact; where no method is exact the fastest within the error that the title "
        "names), its time, and how many times slower the next one beyond the margin is. Two names: a tie within the "
        "margin. Hatched: undetermined, the names are those still open. Grey: nothing ran. Libraries are measured "
        "beside and never win."
    )


def tabulate_winners(analysis: Analysis, family: str, question: str) -> Table:
    """A row for each size (and each set of the other sizes, the longest sweep first), a column for each place."""
    palette, known = colours(analysis, family), analysis.series(family)
    places = {place: f"p{j}" for j, place in enumerate(dict.fromkeys(series.place for series in known))}
    sets: dict[str, dict[Place, Series]] = {}
    for series in sorted(known, key=lambda s: -len(analysis.sizes(s))):
        sets.setdefault(name_fixed(analysis, series), {})[series.place] = series
    axis, rows, lines = known[0].axis, [], []
    for fixed, found in sets.items():
        sizes = sorted({size for series in found.values() for size in analysis.sizes(series)})
        for size in sizes:
            # Said once for all sizes of a set.
            row = {"fixed": Cell(fixed if size == sizes[0] else ""), "size": size_cell(axis, size)}
            for place, key in places.items():
                series = found.get(place)
                if series is None:
                    row[key] = Cell("not measured", {}, "off")
                    continue
                winner = find_winner(analysis, series, size, question)
                row[key] = _winner_cell(analysis, series, size, winner, question, palette)
                lines.append(place_data(series) | {axis: size} | _winner_data(analysis, series, winner))
            rows.append(row)
    fixed = (Column("fixed", "Fixed sizes"),) if any(sets) else ()
    heads = (Column(key, name_place(analysis, place, family)) for place, key in places.items())
    caption = f"Fastest {name_answer(analysis, known[0], question)}, by {axis} and place"
    name = f"answer-{family}" if question == "gradient" else f"answer-{family}-{question}"
    columns_ = (*fixed, Column("size", axis, True), *heads)
    return Table(name, caption, columns_, tuple(rows), grid=True, lines=tuple(lines))


def _winner_cell(
    analysis: Analysis, series: Series, size: float, winner: Winner, question: str, palette: dict[str, str]
) -> Cell:
    if winner.state == "none" or winner.point is None:
        reasons = _list_reasons(analysis, series, size, question)
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


def _list_reasons(analysis: Analysis, series: Series, size: float, question: str) -> str:
    found = [
        p
        for row in analysis.candidates(series, size, question) or analysis.approximate_rows(series)
        if (p := analysis.point(series, size, row)) is not None
    ]
    return "; ".join(f"{p.row}: {OUTCOME_WORDS[p.outcome]}{f' ({p.reason})' if p.reason else ''}" for p in found)
