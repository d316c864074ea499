"""Section 9: work and efficiency: FLOPs, bytes, rates, shares of the floor and of the roofline."""

import math

from ..analysis import Analysis, Series
from ..plots import Line, draw_shares
from ..statistics import name_bound
from ..text import write_bytes, write_count, write_rate, write_ratio, write_share, write_size
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import MOST_LINES, colours, is_other_form, name_place, name_series, place_data, size_cell

ID, TITLE = "work", "Work"


def build(analysis: Analysis) -> Section:
    """Formulas over measured times."""
    blocks: list[Block] = []
    ceilings, figures, tables, findings = [], [], [], []
    for place in analysis.places:
        ceiling = analysis.ceiling(place)
        if ceiling is not None:
            label = name_place(analysis, place)
            sessions = analysis.sessions(place)
            gemm, copy = (
                next((s.get("ceiling", key) for s in sessions if s.get("ceiling", key)), "–")
                for key in ("gemm", "copy")
            )
            ceilings.append(
                {
                    "place": Cell(label, {"place": label}),
                    "flops": Cell(write_rate(ceiling.flops_per_s), {"flops_per_s": ceiling.flops_per_s}, "", gemm),
                    "bytes": Cell(
                        f"{write_bytes(ceiling.bytes_per_s)}/s", {"bytes_per_s": ceiling.bytes_per_s}, "", copy
                    ),
                    "balance": Cell(f"{ceiling.balance:.3g} FLOP/byte", {"balance": ceiling.balance}),
                }
            )
    for series in analysis.series():
        figure, finding = _draw(analysis, series)
        if figure is not None:
            figures.append(figure)
        if finding:
            findings.append(finding)
        tables.append(_tabulate(analysis, series))
    if not ceilings and not figures and not any(table.rows for table in tables):
        return missing(ID, TITLE, "No cost formula, floor or ceiling was recorded.")
    if findings:
        blocks += [Text(line) for line in findings]
    if ceilings:
        heads = columns(
            ("place", "Place"), ("flops", "Product", True), ("bytes", "Copy", True), ("balance", "Balance", True)
        )
        blocks.append(Table("ceilings", "The ceiling, measured on this machine", heads, tuple(ceilings)))
    else:
        blocks.append(Text("No ceiling was recorded, so there is no share of the roofline.", "note"))
    if figures:
        blocks.append(
            Figures(
                "Time as a multiple of the floor: the products that no exact method can avoid, paired by round",
                tuple(figures),
            )
        )
    blocks += [table for table in tables if table.rows]
    return Section(ID, TITLE, tuple(blocks))


def _draw(analysis: Analysis, series: Series) -> tuple[Figure | None, str]:
    floor = analysis.floor_row(series)
    if floor is None:
        return None, ""
    palette, lines, table = colours(analysis, series.family), [], []
    for row in analysis.rows(series):
        fact = analysis.facts(series, row)
        if fact.role != "method":
            continue
        known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, row, floor)) is not None]
        if not known:
            continue
        lines.append(Line(row, palette[row], [d for d, _ in known], [r for _, r in known], dashed=is_other_form(row)))
        for size, ratio in known:
            table.append(
                {
                    "row": Cell(row, {"row": row, "floor": floor}),
                    "size": size_cell(series.axis, size),
                    "ratio": Cell(f"{write_ratio(ratio)} ×", spread("ratio_to_floor", ratio)),
                }
            )
    # The floor is about the cheap rows; those ten times above it belong to the scaling panels.
    near = sorted(
        (line for line in lines if line.values[-1].value < 4), key=lambda line: (line.dashed, line.values[-1].value)
    )[:MOST_LINES]
    if not near:
        return None, ""
    name, place = f"floor-{analysis.key(series)}", name_series(analysis, series)
    ends = "; ".join(f"{line.label} {write_ratio(line.values[-1])} × at {write_size(line.sizes[-1])}" for line in near)
    alt = f"Time as a multiple of {floor} against {series.axis} on {place}: {ends}."
    heads = columns(("row", "Row"), ("size", series.axis, True), ("ratio", f"Time over {floor}", True))
    figure = Figure(
        name,
        place,
        draw_shares(name, alt, near, series.axis, floor),
        alt,
        Table(name, f"Shares of the floor on {place}", heads, tuple(table), folded=True),
    )
    best = analysis.winner(series, analysis.sizes(series)[-1], analysis.gradient_rows(series))
    ratio = analysis.ratio(series, analysis.sizes(series)[-1], best.rows[0], floor) if best.state == "won" else None
    finding = (
        f"**{place}**: at {series.axis} = {write_size(analysis.sizes(series)[-1])} the fastest gradient is "
        f"{best.rows[0]} = {write_ratio(ratio)} × {floor}."
        if ratio
        else ""
    )
    return figure, finding


def _tabulate(analysis: Analysis, series: Series) -> Table:
    ceiling, rows = analysis.ceiling(series.place), []
    for row in analysis.rows(series):
        for p in analysis.points(series, row):
            if not p.ok or "~" in row or not p.flops + p.bytes > 0:
                continue
            attainable = analysis.attainable(series, p)
            share = attainable / p.seconds.value if attainable else None
            bound = name_bound(p.flops, p.bytes, ceiling) if ceiling else "–"
            products = "" if math.isnan(p.vjps) or not p.vjps + p.jvps else f"{p.vjps:g} vjps, {p.jvps:g} jvps"
            rows.append(
                {
                    "row": Cell(row, {"row": row} | place_data(series)),
                    "size": size_cell(series.axis, p.size),
                    "flops": Cell(
                        write_count(p.flops), {"flops": p.flops, "vjps": p.vjps, "jvps": p.jvps}, "", products
                    ),
                    "bytes": Cell(write_bytes(p.bytes), {"bytes": p.bytes}),
                    "rate": Cell(write_rate(p.flops / p.seconds.value), {"flops_per_s": p.flops / p.seconds.value}),
                    "share": Cell(
                        write_share(share), {"share_of_roofline": share}, "", f"{bound} bound" if ceiling else ""
                    ),
                }
            )
    heads = columns(
        ("row", "Row"),
        ("size", series.axis, True),
        ("flops", "FLOPs", True),
        ("bytes", "Bytes", True),
        ("rate", "Rate", True),
        ("share", "Share of the roofline", True),
    )
    return Table(
        f"work-{analysis.key(series)}",
        f"Work and rates on {name_series(analysis, series)}",
        heads,
        tuple(rows),
        folded=True,
    )
