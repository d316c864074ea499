"""Section 1: which method to use, at every size and place."""

from ..analysis import Analysis
from ..points import Series
from ..predict import CLOSE, NOT_KNOWN, REACH
from ..text import write_error, write_list, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Column, Form, Heading, Section, Table, Text, columns, missing, spread
from .common import name_fixed, name_place, name_series, name_settings, place_cell, place_data, size_cell, time_cell
from .recommendations import check_predictions, pack_form, tabulate_accuracies, tabulate_predictions
from .winners import explain_grid, find_spots, find_winner, tabulate_winners

ID, TITLE = "answer", "Answer"
# What a row answers that is no gradient but worth an answer of its own.
OTHERS = (("step", "whole update in place"), ("value", "value after the update"), ("fixed_point", "fixed point"))


def build(analysis: Analysis) -> Section:
    """Grids of winners per family, all methods by size, and the predicted answers."""
    blocks: list[Block] = []
    for j, family in enumerate(analysis.families):
        settings = name_settings(analysis, family)
        blocks.append(Heading(f"{family}{f' ({settings})' if settings else ''}"))
        blocks += [tabulate_winners(analysis, family, question) for question in analysis.questions(family)]
        if j == 0:
            blocks.append(Text(explain_grid(), "note"))
        more = (tabulate_accuracies, _tabulate_others, _tabulate_libraries)
        blocks += [table for tabulate in more if (table := tabulate(analysis, family)) is not None]
        blocks += _tabulate_all(analysis, family)
    if not blocks:
        return missing(ID, TITLE, "No family was measured.")
    blocks.append(Heading("At your size"))
    blocks.append(Form(pack_form(analysis), analysis.families))
    approximate = any(analysis.approximate_rows(series) for series in analysis.series())
    accuracy = " Where an error may be, approximate gradients are recommended too: add `--accuracy 1e-3`."
    blocks.append(
        Text(
            "Between measured sizes times are interpolated; up to "
            f"{REACH:g} times beyond the ends they follow the fitted curve. Intervals are as wide as leaving out "
            "measured sizes of the family at the place shows; where that cannot tell, or tells no more than a factor "
            f"{NOT_KNOWN:g}, there is none. {check_predictions(analysis)}Methods "
            f"whose predicted intervals come within {100 * CLOSE:g} % of each other are named together. At the "
            "terminal: `python -m reports answer --family logdet --D 5000 --B 100`."
            f"{accuracy if approximate else ''}",
            "note",
        )
    )
    predicted = (tabulate_predictions(analysis, family) for family in analysis.families)
    blocks += [table for table in predicted if table.rows]
    return Section(ID, TITLE, tuple(blocks))


def _tabulate_others(analysis: Analysis, family: str) -> Table | None:
    """The fastest of what is no gradient, beside the fastest gradient."""
    rows = []
    for series in analysis.series(family):
        for computes, words in OTHERS:
            candidates = analysis.rows_that_compute(series, computes)
            for size in analysis.sizes(series):
                winner = analysis.winner(series, size, candidates)
                if winner.point is None:
                    continue
                gradient = find_winner(analysis, series, size)
                ratio = analysis.ratio(series, size, winner.rows[0], gradient.rows[0]) if gradient.rows else None
                rows.append(
                    {
                        "place": place_cell(analysis, series),
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
        ("size", analysis.series(family)[0].axis, True),
        ("row", "Fastest"),
        ("seconds", "Time", True),
        ("ratio", "Against the fastest gradient", True),
    )
    found = {row["answer"].text for row in rows}
    caption = f"Not gradients: the fastest {write_list([words for _, words in OTHERS if words in found])}"
    return Table(f"answer-{family}-other", caption, heads, tuple(rows), folded=True)


def _tabulate_libraries(analysis: Analysis, family: str) -> Table | None:
    """Libraries beside the fastest of the exact methods, paired by round."""
    rows = []
    for series in analysis.series(family):
        peers = [row for row in analysis.rows(series) if analysis.facts(series, row).role == "peer"]
        for size in analysis.sizes(series):
            best = find_winner(analysis, series, size).rows[:1]
            for row in peers:
                point = analysis.point(series, size, row)
                if point is None:
                    continue
                ratio = analysis.ratio(series, size, row, best[0]) if best else None
                rows.append(
                    {
                        "place": place_cell(analysis, series),
                        "size": size_cell(series.axis, size),
                        "row": Cell(row, {"row": row, "source": point.source}, "", point.source),
                        "seconds": time_cell(point),
                        "error": Cell(write_error(point.error), {"error": point.error}),
                        "ratio": Cell(
                            f"{write_ratio(ratio)} × {best[0]}" if ratio else "–",
                            spread("ratio_to_fastest", ratio) | {"fastest": best[0] if best else None},
                        ),
                    }
                )
    if not rows:
        return None
    heads = columns(
        ("place", "Place"),
        ("size", analysis.series(family)[0].axis, True),
        ("row", "Library"),
        ("seconds", "Time", True),
        ("error", "Error", True),
        ("ratio", "Against the fastest exact method", True),
    )
    caption = "Libraries beside the fastest exact method"
    return Table(f"libraries-{family}", caption, heads, tuple(rows), folded=True)


def _tabulate_all(analysis: Analysis, family: str) -> list[Table]:
    """Every row: a table for each sweep, by size, and one for the other cells of a place."""
    tables = []
    for series in analysis.series(family):
        if analysis.is_sweep(series):
            cells = [(f"{series.axis} = {write_size(size)}", series, size) for size in analysis.sizes(series)]
            caption = f"Every row on {name_series(analysis, series)}, by {series.axis}"
            tables.append(_tabulate_rows(analysis, f"rows-{analysis.key(series)}", caption, cells))
    for place, spots in find_spots(analysis, family).items():
        cells = []
        for series, size in spots:
            fixed = name_fixed(analysis, series)
            cells.append((f"{fixed}{', ' * bool(fixed)}{series.axis} = {write_size(size)}", series, size))
        caption = f"Every row on {name_place(analysis, place, family)}, in the other cells"
        tables.append(_tabulate_rows(analysis, f"rows-{analysis.place_key(family, place)}-points", caption, cells))
    return tables


def _tabulate_rows(analysis: Analysis, key: str, caption: str, cells: list[tuple[str, Series, float]]) -> Table:
    """Times of every row, a column for each cell; in grey what did not run."""
    heads = (
        Column("row", "Row"),
        Column("computes", "Computes"),
        *(Column(f"s{j}", label, True) for j, (label, _, _) in enumerate(cells)),
    )
    rows, lines = [], []
    for name in dict.fromkeys(row for _, series, _ in cells for row in analysis.rows(series) if "~" not in row):
        fact = next(analysis.facts(series, name) for _, series, _ in cells if name in analysis.rows(series))
        computes = fact.computes.replace("_", " ") or "–" if fact.role == "method" else fact.role
        row = {"row": Cell(name, note=fact.source if fact.role == "peer" else ""), "computes": Cell(computes)}
        for j, (_, series, size) in enumerate(cells):
            point = analysis.point(series, size, name)
            row[f"s{j}"] = cell = time_cell(point)
            if point is not None:
                more = {"row": name, "role": fact.role, "computes": fact.computes, series.axis: size}
                lines.append(place_data(series) | more | dict(cell.data))
        rows.append(row)
    return Table(key, caption, heads, tuple(rows), folded=True, grid=True, lines=tuple(lines))
