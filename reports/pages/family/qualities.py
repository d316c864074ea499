"""How good an answer is beyond its error: noise and bias of probes, errors of an inverse, a worst sample's."""

import math

from ...digest import FamilyDigest
from ...digest.qualities import Worth
from ...text import write_error, write_seconds
from ..blocks import Cell, Section, Table, columns
from ._names import caption, series_cell, size_cell

MEASURES = {
    **{"mean": "Mean", "spread": "Spread", "path_error": "Path error", "round_trip": "Round trip"},
    **{
        "sample_error": "Worst sample",
        "estimate": "By its estimate",
        "bias": "Bias, nats a dimension",
        "noise": "Noise, nats a dimension",
    },
}
# Of more networks than the table holds those of the most sizes are kept.
MOST_ROWS = 60


def build(family: FamilyDigest) -> Section | None:
    """One table, where the family has inverses, curls or estimates; what its columns mean stands in the notes above."""
    if not family.qualities:
        return None
    curl = any(worth.computes.startswith("curl") for worth in family.qualities)
    inverse = any(worth.computes.startswith("inverse") for worth in family.qualities)
    known = family.qualities
    if len(known) > MOST_ROWS:
        known = tuple(worth for worth in known if len(family.find(worth.series).sizes) > 1)[:MOST_ROWS]
    shown = [family.find(key) for key in dict.fromkeys(worth.series for worth in known)]
    measures = [name for name in MEASURES if any(not math.isnan(getattr(worth, name)) for worth in known)]
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("size", family.axis, True),
        ("seconds", "Time", True),
        ("error", "Error", True),
        *((name, MEASURES[name], True) for name in measures),
    )
    rows = tuple(
        {
            "place": series_cell(family.find(worth.series), shown),
            "row": Cell(worth.row),
            "size": size_cell(family.axis, worth.size),
            "seconds": Cell(write_seconds(worth.seconds)),
            "error": Cell(write_error(worth.error)),
        }
        | {name: _write(worth, name) for name in measures}
        for worth in known
    )
    integral = any(worth.computes == "integral" for worth in family.qualities)
    if inverse or integral:
        what = " and ".join(["inverses"] * inverse + ["hard samples"] * integral)
        title, words = what.capitalize(), f"How near the {what} are"
    elif curl:
        title, words = "Probes of the curl", "How noisy the probes of the curl are"
    else:
        title, words = "Estimates", "How biased and how noisy the estimates are"
    table = Table(f"{family.name}-qualities", caption(words, shown), heads, rows, folded=len(rows) > 30)
    return Section("qualities", title, (table,))


def _write(worth: Worth, name: str) -> Cell:
    value = getattr(worth, name)
    plain = name in ("mean", "spread") and not math.isnan(value)
    if name == "bias" and value < 0:
        return Cell(f"−{write_error(-value)}")
    return Cell(f"{value:.3g}" if plain else write_error(value))
