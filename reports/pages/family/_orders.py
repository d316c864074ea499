"""Where a batch beyond the dimension turns which order of the products is the fastest, as a sentence."""

from collections.abc import Iterable, Sequence

from ...digest import FamilyDigest
from ...digest.orders import Order
from ...digest.series import Measured
from ...families import FAMILIES
from ...group import group_by
from ...text import write_list, write_size
from ._names import name_series

# An order and its batch.
Place = tuple[float, Order]


def tell_orders(family: FamilyDigest, groups: Sequence[dict[float, Measured]], shown: Sequence[Measured]) -> str:
    """Of groups of series by batch, `shown` being each without it; "" where no cell has several orders."""
    told = []
    for group, series in zip(groups, shown, strict=True):
        known = [(batch, order) for batch, s in group.items() for order in family.orders if order.series == s.key]
        sides = {f"{sign} {family.axis}": [p for p in known if (p[0] > p[1].size) == (sign == ">")] for sign in "≤>"}
        parts = [f"where B {side} {_tell(family.axis, cells)}" for side, cells in sides.items() if cells]
        told += [f"in {name_series(series, shown)} {', '.join(parts)}"] if parts else []
    names = write_list(f"`{row}`" for row in FAMILIES[family.name].orders)
    return f"Of {names} the fastest is (in how many cells beyond doubt) {'; '.join(told)}." if told else ""


def _tell(axis: str, cells: Sequence[Place]) -> str:
    """`relative` (3 of 4) and `transposed` at D = 100, B = 1 (0 of 1): the most frequent without its cells."""
    found = group_by(cells, lambda place: place[1].row)
    first, *others = sorted(found, key=lambda row: (-len(found[row]), row))
    parts = [f"`{first}` {_count(found[first])}"]
    for row in others:
        places = " and ".join(f"{axis} = {write_size(o.size)}, B = {write_size(batch)}" for batch, o in found[row])
        parts.append(f"`{row}` at {places} {_count(found[row])}")
    return write_list(parts)


def _count(places: Iterable[Place]) -> str:
    verdicts = [order.verdict for _, order in places]
    return f"({verdicts.count('faster')} of {len(verdicts)})"
