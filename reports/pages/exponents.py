"""Section 5: how the time grows with the size, and with the number that a method is set to."""

from ..analysis import Analysis
from ..plots import Line, draw_exponents, draw_slopes, tell_apart
from ..points import Series
from ..statistics import Estimate, consistent_with
from ..text import count, write_estimate, write_list, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import MOST_LINES, MOST_ROWS, colours, is_other_form, name_series, place_cell, size_cell
from .ladders import show_times
from .themes import themes

ID, TITLE = "exponents", "Exponents"
# Leading powers of D at fixed batch (and at a fixed number of iterations), from the cost formulas of the families;
# `*` stands for every other row.
PREDICTED = {
    ("logdet", "D"): {
        "gemm_floor": 2,
        "relative": 2,
        "relative_published": 2,
        "transposed": 2,
        "relative_step": 2,
        "value_tracking": 2,
        "inverse": 3,
        "slogdet_autodiff": 3,
        "jacobian_autodiff": 3,
        "slogdet": 3,
    },
    ("implicit", "D"): {"dense": 3, "*": 2},
    ("line_integral", "d"): {
        "psd_applied": 2,
        "psd_formed": 3,
        "inverse_lu_rk4": 3,
        "inverse_cholesky_rk4": 3,
    },
    ("score", "d"): {"curl_dense": 2, "*": 1},
}
TONES = {"consistent": "good", "inconsistent": "bad", "undetermined": "undecided"}


def build(analysis: Analysis) -> Section:
    """Predicted and fitted exponents, local slopes, then the time against the numbers that methods are set to."""
    rows, fits, slopes, short = [], [], [], []
    for series in analysis.series():
        if not analysis.is_sweep(series):
            continue
        palette = colours(analysis, series.family)
        # Of a ladder the ends say it all.
        inner = {row for ladder in analysis.ladders(series) for row in ladder.rows[1:-1]}
        shown, few = [], []
        for row in analysis.rows(series):
            fit = analysis.exponent(series, row)
            if fit is None or "~" in row:
                continue
            if fit.estimate.undetermined:
                few.append(f"{row} ({count(fit.sizes, 'size')})")
                continue
            power = predict_power(series, analysis.facts(series, row).method)
            rows.append(_tabulate(analysis, series, row, power))
            if row not in inner:
                shown.append((row, palette[row], fit.estimate, power))
        if few:
            listed = write_list(few) if len(few) <= MOST_LINES else count(len(few), "row")
            short.append(f"{listed} on {name_series(analysis, series)}")
        if shown:
            fits.append(_draw_fits(analysis, series, shown))
        slopes += _draw_slopes(analysis, series, palette)
    few = f"Too few sizes, or too little growth, for a fit with a floor: {'; '.join(short)}." if short else ""
    ladders = show_times(analysis)
    if not rows:
        alone = Text(few or "No row was timed at enough sizes.", "note")
        return Section(ID, TITLE, (alone, *ladders)) if ladders else missing(ID, TITLE, alone.text)
    heads = columns(
        ("place", "Place"),
        ("row", "Row"),
        ("predicted", "Predicted", True),
        ("fitted", "Fitted", True),
        ("slope", "Last local slope", True),
        ("range", "Range"),
        ("floor", "Floor of a call", True),
        ("verdict", "Verdict"),
    )
    blocks: list[Block] = [
        Text(
            "The fit is time = floor + c · Dᵖ with the floor as a parameter, since one straight line through all "
            "sizes would mistake the cost "
            "of a call for a smaller exponent. Consistent: the whole interval within 0.15 of the prediction; "
            "inconsistent: all of it outside. "
            "A row whose work is a sum of D² and D³ has an exponent between the two until the range is long "
            "enough; the local slopes show it.",
            "note",
        ),
        Table("exponents", "Exponents, predicted and fitted", heads, tuple(rows), folded=len(rows) > MOST_ROWS),
        Figures("Fitted exponents", tuple(fits)),
    ]
    if few:
        blocks.insert(2, Text(few, "note"))
    if slopes:
        blocks.append(Figures("Local slopes between neighbouring sizes", tuple(slopes)))
    return Section(ID, TITLE, (*blocks, *ladders))


def predict_power(series: Series, method: str) -> int | None:
    """The leading power that the cost formulas give, where the family has one."""
    known = PREDICTED.get((series.family, series.axis), {})
    return known.get(method, known.get("*"))


def _tabulate(analysis: Analysis, series: Series, row: str, power: int | None) -> dict[str, Cell]:
    fit = analysis.exponent(series, row)
    assert fit is not None
    verdict = (
        "undetermined" if fit.estimate.undetermined else "–" if power is None else consistent_with(power, fit.estimate)
    )
    span = f"{write_size(fit.size_range[0])} to {write_size(fit.size_range[1])}, {fit.sizes} sizes"
    slopes = analysis.slopes(series, row)
    last = slopes[-1].estimate if slopes else None
    floor = None if fit.estimate.undetermined else fit.floor_s
    return {
        "place": place_cell(analysis, series),
        "row": Cell(row, {"row": row}),
        "predicted": Cell(str(power) if power else "–", {"predicted": power}),
        "fitted": Cell(write_estimate(fit.estimate) if not fit.reason else "–", spread("fitted", fit.estimate)),
        "slope": Cell(write_estimate(last) if last else "–", spread("last_slope", last)),
        "range": Cell(span, {"size_low": fit.size_range[0], "size_high": fit.size_range[1], "sizes": fit.sizes}),
        "floor": Cell(write_seconds(floor), {"floor_s": floor}),
        "verdict": Cell(verdict, {"verdict": verdict, "reason": fit.reason}, TONES.get(verdict, ""), fit.reason),
    }


def _draw_fits(analysis: Analysis, series: Series, shown: list[tuple[str, str, Estimate, int | None]]) -> Figure:
    name, place = f"exponents-{analysis.key(series)}", name_series(analysis, series)
    known = [entry for entry in shown if not entry[2].undetermined]
    alt = f"Fitted exponents on {place}: " + "; ".join(f"{row} {write_estimate(e)}" for row, _, e, _ in known) + "."
    rows = tuple(
        {
            "row": Cell(row, {"row": row}),
            "predicted": Cell(str(power) if power else "–", {"predicted": power}),
            "fitted": Cell(write_estimate(e), spread("fitted", e)),
        }
        for row, _, e, power in shown
    )
    table = Table(
        name,
        f"Exponents on {place}",
        columns(("row", "Row"), ("predicted", "Predicted", True), ("fitted", "Fitted", True)),
        rows,
        folded=True,
    )
    return Figure(name, place, draw_exponents(name, alt, [(r, c, e, p) for r, c, e, p in known]), alt, table)


def _draw_slopes(analysis: Analysis, series: Series, palette: dict[str, str]) -> list[Figure]:
    figures, place = [], name_series(analysis, series)
    # One panel is enough to see how gradients settle; the rest is in the scaling section's tables.
    for panel in themes(analysis, series)[:1]:
        lines, table = [], []
        for row in panel.rows:
            found = analysis.slopes(series, row)
            if not found:
                continue
            middles = [(slope.size_below * slope.size_above) ** 0.5 for slope in found]
            lines.append(
                Line(row, palette[row], middles, [slope.estimate for slope in found], dashed=is_other_form(row))
            )
            for slope in found:
                table.append(
                    {
                        "row": Cell(row, {"row": row}),
                        "below": size_cell(f"{series.axis}_below", slope.size_below),
                        "above": size_cell(f"{series.axis}_above", slope.size_above),
                        "slope": Cell(write_estimate(slope.estimate), spread("slope", slope.estimate)),
                    }
                )
        if not lines:
            continue
        name = f"slopes-{analysis.key(series)}"
        last = "; ".join(f"{line.label} {line.values[-1].value:.2f}" for line in lines)
        alt = f"Local slopes of time against {series.axis} on {place}; at the largest sizes: {last}."
        heads = columns(("row", "Row"), ("below", "From", True), ("above", "To", True), ("slope", "Local slope", True))
        figures.append(
            Figure(
                name,
                place,
                draw_slopes(name, alt, tell_apart(lines), series.axis),
                alt,
                Table(name, f"Local slopes on {place}", heads, tuple(table), folded=True),
            )
        )
    return figures
