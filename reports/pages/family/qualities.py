"""How good an answer is beyond its error: noise and bias of probes, errors of an inverse, a hard sample's."""

import math
from functools import partial

from ...digest import FamilyDigest
from ...digest.qualities import Worth
from ...families import FAMILIES
from ...text import write_error, write_seconds, write_size
from ..blocks import Section, Table
from ._tables import tabulate_series

MEASURES = {
    **{"mean": "Mean", "spread": "Spread", "path_error": "Path error", "round_trip": "Round trip"},
    **{"sample_error": "Worst sample", "hard_error": "Hard sample", "estimate": "By its estimate"},
    **{"bias": "Bias, nats a dimension", "noise": "Noise, nats a dimension"},
}
# Of more networks than the table holds those of the most sizes are kept.
MOST_ROWS = 60


def build(family: FamilyDigest) -> Section | None:
    """A table of the family's inverses, curls or estimates, and one of integrals by their worst samples; what the
    columns mean stands in the notes above.
    """
    told, titles, tables = FAMILIES[family.name].qualities, [], []
    known = tuple(worth for worth in family.qualities if worth.computes not in told.samples)
    samples = tuple(worth for worth in family.qualities if worth.computes in told.samples)
    if len(known) > MOST_ROWS:
        known = tuple(worth for worth in known if len(family.find(worth.series).sizes) > 1)[:MOST_ROWS]
    if known:
        titles.append(told.title)
        tables.append(_tabulate(family, "qualities", told.words, known))
    if samples:
        titles.append("Hard samples")
        tables.append(_tabulate(family, "samples", "How near the worst samples are", samples))
    return Section("qualities", " and ".join(titles).capitalize(), tuple(tables)) if tables else None


def _tabulate(family: FamilyDigest, name: str, words: str, known: tuple[Worth, ...]) -> Table:
    measures = [name for name in MEASURES if any(not math.isnan(getattr(worth, name)) for worth in known)]
    return tabulate_series(
        family,
        name,
        words,
        known,
        ("row", "Row", lambda w: w.row),
        ("size", family.axis, lambda w: write_size(w.size), True),
        ("seconds", "Time", lambda w: write_seconds(w.seconds), True),
        ("error", "Error", lambda w: write_error(w.error), True),
        *((name, MEASURES[name], partial(_write, name=name), True) for name in measures),
    )


def _write(worth: Worth, name: str) -> str:
    value = getattr(worth, name)
    plain = name in ("mean", "spread") and not math.isnan(value)
    if name == "bias" and value < 0:
        return f"−{write_error(-value)}"
    return f"{value:.3g}" if plain else write_error(value)
