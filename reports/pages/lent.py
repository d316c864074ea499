"""What stands beside numbers whose width is another machine's: whose it is, and how to measure it here."""

from collections.abc import Iterable

from ..digest import FamilyDigest
from ..digest.lent import LentFrom
from ..group import group_by
from ..text import NEAR, count, is_near, write_list

SETTLE = "`python -m benchmarks settle --minutes 10`"


def say_lent(families: Iterable[FamilyDigest]) -> str:
    """A sentence for what was measured in one process; "" where all spreads are the run's own, or not known."""
    found = dict.fromkeys(
        (family.name, series.place.backend, series.lent_from)
        for family in families
        for series in family.series
        if series.lent_from is not None
    )
    return write_lent([lent for *_, lent in found])


def say_near(families: Iterable[FamilyDigest]) -> str:
    """What the mark beside a time says, and of how many; "" where every time is of several processes."""
    times = [cell.seconds for f in families for series in f.series for row in series.rows for cell in row.ran]
    near = sum(map(is_near, times))
    if not near:
        return ""
    return (
        f"{NEAR} marks a time of one process ({near:,} of {len(times):,}): its interval is as wide as the processes of "
        "other cells differ."
    )


def write_lent(found: Iterable[LentFrom]) -> str:
    """The sentence for these lenders, those of a machine together; "" for none."""
    machines = group_by(found, lambda lent: (lent.machine, lent.processor))
    if not machines:
        return ""
    told = write_list(
        f"{machine} ({processor}; {count(sum(each.cells for each in lent), 'cell')} in "
        f"{count(sum(each.processes for each in lent), 'process', 'processes')})"
        for (machine, processor), lent in machines.items()
    )
    return (
        f"How far processes differ was not measured here: it is taken from {told}, bounded from above. "
        f"{SETTLE} measures it."
    )
