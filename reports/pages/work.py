"""Section 9: work and efficiency: FLOPs, bytes, rates, shares of the floor and of the roofline."""

import math

from ..analysis import Analysis
from ..plots import Line, draw_shares, tell_apart
from ..points import Group, Point, Series
from ..statistics import name_bound
from ..text import OUTCOME_WORDS, write_bytes, write_count, write_rate, write_ratio, write_share, write_size
from .blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import (
    MOST_LINES,
    PLACE,
    colours,
    is_other_form,
    name_fixed,
    name_group,
    name_series,
    name_work,
    place_cell,
    place_data,
    products_data,
    size_cell,
    state_cell,
    write_products,
)
from .winners import find_winner

ID, TITLE = "work", "Work"
FORMULAS = (
    "FLOPs are the formulas', as eager code executes them: tests hold them to the operations. A compiler may find that "
    "a product is taken twice, as XLA does in `relative_published`, `jacobian_autodiff`, `cg_published` and "
    "`phi_forward_over_reverse`: the rates of these rows on JAX read higher than what was executed."
)


def build(analysis: Analysis) -> Section:
    """Formulas over measured times, and the products that were counted."""
    blocks: list[Block] = []
    figures, tables, findings = [], [], []
    short_floors, short_work = [], []
    ceilings = _list_ceilings(analysis)
    for series in analysis.series():
        if not analysis.is_sweep(series):
            short_floors += _list_floors(analysis, series)
            short_work += _list_work(analysis, series)
            continue
        figure, finding = _draw(analysis, series)
        if figure is not None:
            figures.append(figure)
        if finding:
            findings.append(finding)
        tables.append(_tabulate(analysis, series))
    if not ceilings and not figures and not short_work and not any(table.rows for table in tables):
        return missing(ID, TITLE, "No cost formula, floor or ceiling was recorded.")
    if findings:
        blocks += [Text(line) for line in findings]
    if ceilings:
        heads = columns(
            ("place", "Place"),
            ("state", "State"),
            ("flops", "Product", True),
            ("bytes", "Copy", True),
            ("balance", "Balance", True),
        )
        caption = "The ceiling, measured in each state of this machine; a share of the roofline is of its own session's"
        blocks.append(Table("ceilings", caption, heads, tuple(ceilings)))
    else:
        blocks.append(Text("No ceiling was recorded, so there is no share of the roofline.", "note"))
    if figures:
        blocks.append(
            Figures(
                "Time as a multiple of the floor: the products that no exact method can avoid, paired by round",
                tuple(figures),
            )
        )
    if short_floors:
        caption = "Time as a multiple of the floor where fewer than three sizes were measured"
        blocks.append(Table("floor-points", caption, (PLACE, *_head_floor("Size")), tuple(short_floors), folded=True))
    for family in analysis.families:
        products = (_tabulate_products(analysis, family, group) for group in analysis.groups(family))
        blocks += [table for table in products if table is not None]
    if short_work or any(table.rows for table in tables):
        blocks.append(Text(FORMULAS, "note"))
    blocks += [table for table in tables if table.rows]
    if short_work:
        caption = "Work and rates where fewer than three sizes were measured"
        blocks.append(Table("work-points", caption, (PLACE, *_head_work("Size")), tuple(short_work), folded=True))
    return Section(ID, TITLE, tuple(blocks))


def _list_ceilings(analysis: Analysis) -> list[dict[str, Cell]]:
    rows = []
    for state in analysis.states:
        ceiling = analysis.state_ceiling(state)
        if ceiling is None:
            continue
        gemm, copy = (
            next((s.get("ceiling", key) for s in state.sessions if s.get("ceiling", key)), "–")
            for key in ("gemm", "copy")
        )
        rows.append(
            {
                "place": state_cell(state),
                "state": Cell(state.letter, {"state": state.letter}),
                "flops": Cell(write_rate(ceiling.flops_per_s), {"flops_per_s": ceiling.flops_per_s}, "", gemm),
                "bytes": Cell(f"{write_bytes(ceiling.bytes_per_s)}/s", {"bytes_per_s": ceiling.bytes_per_s}, "", copy),
                "balance": Cell(f"{ceiling.balance:.3g} FLOP/byte", {"balance": ceiling.balance}),
            }
        )
    return rows


def _draw(analysis: Analysis, series: Series) -> tuple[Figure | None, str]:
    floor = analysis.floor_row(series)
    if floor is None:
        return None, ""
    palette, lines = colours(analysis, series.family), []
    for row in analysis.rows(series):
        known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, row, floor)) is not None]
        if analysis.facts(series, row).role == "method" and known:
            sizes, ratios = [d for d, _ in known], [r for _, r in known]
            lines.append(Line(row, palette[row], sizes, ratios, dashed=is_other_form(row)))
    # The floor is about the cheap rows; those ten times above it belong to the scaling panels.
    near = sorted(
        (line for line in lines if line.values[-1].value < 4), key=lambda line: (line.dashed, line.values[-1].value)
    )[:MOST_LINES]
    if not near:
        return None, ""
    name, place = f"floor-{analysis.key(series)}", name_series(analysis, series)
    ends = "; ".join(f"{line.label} {write_ratio(line.values[-1])} × at {write_size(line.sizes[-1])}" for line in near)
    alt = f"Time as a multiple of {floor} against {series.axis} on {place}: {ends}."
    floors = tuple(_list_floors(analysis, series))
    figure = Figure(
        name,
        place,
        draw_shares(name, alt, tell_apart(near), series.axis, floor),
        alt,
        Table(name, f"Shares of the floor on {place}", _head_floor(series.axis), floors, folded=True),
    )
    largest = analysis.sizes(series)[-1]
    best = find_winner(analysis, series, largest)
    ratio = analysis.ratio(series, largest, best.rows[0], floor) if best.state == "won" else None
    finding = (
        f"**{place}**: at {series.axis} = {write_size(largest)} the fastest gradient is "
        f"{best.rows[0]} = {write_ratio(ratio)} × {floor}."
        if ratio
        else ""
    )
    return figure, finding


def _head_floor(axis: str) -> tuple[Column, ...]:
    return columns(("row", "Row"), ("size", axis, True), ("ratio", "Time over the floor", True))


def _list_floors(analysis: Analysis, series: Series) -> list[dict[str, Cell]]:
    floor = analysis.floor_row(series)
    if floor is None:
        return []
    return [
        {
            "place": place_cell(analysis, series),
            "row": Cell(row, {"row": row, "floor": floor}),
            "size": size_cell(series.axis, size),
            "ratio": Cell(f"{write_ratio(ratio)} ×", spread("ratio_to_floor", ratio)),
        }
        for row in analysis.rows(series)
        if analysis.facts(series, row).role == "method"
        for size in analysis.sizes(series)
        if (ratio := analysis.ratio(series, size, row, floor)) is not None
    ]


def _tabulate_products(analysis: Analysis, family: str, group: Group) -> Table | None:
    """Products of every row, a column for each kind of problem."""
    cells = {analysis.key(series): series for series in group.series}
    rows, lines = [], []
    for row in dict.fromkeys(row for series in group.series for row in analysis.rows(series) if "~" not in row):
        known = {
            key: p
            for key, series in cells.items()
            if (p := analysis.point(series, group.size, row)) is not None and p.products is not None and p.error >= 0
        }
        # Nothing to take products of: a formula that says zero, not an operator that counted none.
        idle = all(p.products and not p.products.counted and not p.products.total for p in known.values())
        if idle or is_other_form(row):
            continue
        rows.append({"row": Cell(row), **{key: _count(p) for key, p in known.items()}})
        lines += [
            place_data(cells[key])
            | {cells[key].axis: group.size, "row": row, "outcome": p.outcome}
            | products_data(p.products)
            for key, p in known.items()
        ]
    if not rows:
        return None
    place = name_group(analysis, family, group)
    heads = (
        Column("row", "Row"),
        *(Column(key, name_fixed(analysis, series, without="B") or place, True) for key, series in cells.items()),
    )
    told = "≈ by the formula, the others as the operator counted them"
    caption = f"{family}: {name_work(family)} per sample on {place}; {told}"
    name = f"products-{analysis.place_key(family, group.place)}"
    return Table(name, caption, heads, tuple(rows), folded=len(rows) > 20, lines=tuple(lines))


def _count(p: Point) -> Cell:
    total, parts = write_products(p.products)
    # Vjps alone are the rule.
    notes = [parts] * (parts != "" and not parts.removesuffix("s").endswith(" vjp")) + [OUTCOME_WORDS[p.outcome]] * (
        not p.ok
    )
    return Cell(total, {}, "" if p.ok else "off", "\n".join(notes))


def _head_work(axis: str) -> tuple[Column, ...]:
    return columns(
        ("row", "Row"),
        ("size", axis, True),
        ("flops", "FLOPs", True),
        ("bytes", "Bytes", True),
        ("rate", "Rate", True),
        ("share", "Share of the roofline", True),
    )


def _tabulate(analysis: Analysis, series: Series) -> Table:
    name, caption = f"work-{analysis.key(series)}", f"Work and rates on {name_series(analysis, series)}"
    return Table(name, caption, _head_work(series.axis), tuple(_list_work(analysis, series)), folded=True)


def _list_work(analysis: Analysis, series: Series) -> list[dict[str, Cell]]:
    rows = []
    for row in analysis.rows(series):
        for p in analysis.points(series, row):
            if not p.ok or "~" in row or not p.flops + p.bytes > 0:
                continue
            ceiling, attainable = analysis.ceiling(series, p.size), analysis.attainable(series, p)
            share = attainable / p.seconds.value if attainable else None
            bound = name_bound(p.flops, p.bytes, ceiling) if ceiling else "–"
            products = "" if math.isnan(p.vjps) or not p.vjps + p.jvps else f"{p.vjps:g} vjps, {p.jvps:g} jvps"
            rows.append(
                {
                    "place": place_cell(analysis, series),
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
    return rows
