"""What double backpropagation costs: phi over psi by dimension, width and depth, against the formulas (section 6)."""

from ..analysis import Analysis
from ..claims.gn2 import RIVALS, list_ratios
from ..text import write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Table, Text, columns, spread
from .common import name_place


def show(analysis: Analysis) -> tuple[Block, ...]:
    """One table a place; nothing where the family was not measured."""
    blocks = []
    for place in dict.fromkeys(series.place for series in analysis.series("score")):
        ratios = {row: {(s, d): r for s, d, r, _ in list_ratios(analysis, place, row)} for row in RIVALS}
        told = {row: rival for row, rival in RIVALS.items() if ratios[row]}
        formulas = {(s, d): formula for s, d, _, formula in list_ratios(analysis, place, "phi")}
        rows = []
        for series, size in formulas:
            sizes = {"d": size} | {letter: series.size(letter) for letter in "HL"}
            cells = {letter: Cell(write_size(value), {letter: value}) for letter, value in sizes.items()}
            for rival in dict.fromkeys(told.values()):
                point = analysis.point(series, size, rival)
                seconds = point.seconds if point is not None else None
                cells[rival] = Cell(write_seconds(seconds), spread(f"{rival}_seconds", seconds))
            cells["formula"] = Cell(f"{formulas[series, size]:.3g}", {"formula": formulas[series, size]})
            for row, rival in told.items():
                ratio = ratios[row].get((series, size))
                cells[row] = Cell(f"{write_ratio(ratio)} ×" if ratio else "–", spread(f"{row}_over_{rival}", ratio))
            rows.append(cells)
        if rows:
            heads = columns(
                *((letter, letter, True) for letter in "dHL"),
                *((rival, f"Time of {rival}", True) for rival in dict.fromkeys(told.values())),
                ("formula", "phi / psi by FLOPs", True),
                *((row, f"{row} / {rival}", True) for row, rival in told.items()),
            )
            name = name_place(analysis, place, "score")
            key = analysis.place_key("score", place)
            blocks.append(
                Table(f"double-backprop-{key}", f"A step of phi over one of psi on {name}", heads, tuple(rows))
            )
    if not blocks:
        return ()
    note = (
        "phi by double backpropagation and by forward over reverse mode is held to psi by autodiff, phi by derivatives "
        "written out to psi written out too; ratios of times are paired by round. The formula counts matrix products: "
        "it leaves out the activations, which are most of the work where matrices are small."
    )
    return (*blocks, Text(note, "note"))
