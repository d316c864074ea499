"""One call by every clock of a GPU: where launches are the time of a call, and what each form makes of them."""

import math

from ...digest import FamilyDigest
from ...digest.clocks import Clocked
from ...digest.series import Measured
from ...families import FAMILIES
from ...text import write_list, write_seconds, write_share, write_size
from ..blocks import Block, Items, Section, Table, Text, tabulate
from ._forms import BOUND, FORMS, choose_names, draw_forms, find_clocked, tabulate_forms
from ._names import caption, name_series

NOTE = (
    "**Queued**: the calls of a block are launched one after the other and the last is waited for, as in a training "
    "loop: the time shown elsewhere. **Waited for**: one call alone, with a warm cache, and after the L2 cache was "
    "swept. **Device**: of torch the time between two events, gaps between kernels included; of JAX the time in which "
    "the device was busy, by a trace. The last three were taken after the rounds, at most 20 calls of each: they are "
    "paired with nothing, and a share of the queued time may exceed 100 %. **Idle** is the share of a queued call in "
    "which the device has nothing to do: of JAX what it was not busy, of torch at least what a graph of the same "
    "kernels saves, paired by round. Blocks of long calls hold one. One number each has no interval. "
)
DRAWN = (
    "Drawn is the queued call, dashed that of a graph of the same kernels (torch) or the time in which the device was "
    "busy (JAX). The dotted roofline is the time of the yardstick's work at the speed measured on this machine."
)
SINGLE = "Calls over 0.1 s are waited for one by one and have no other clock."


def build(family: FamilyDigest) -> Section | None:
    """What decides, the forms where launches do, and every clock; None where no GPU was measured."""
    shown = [series for series in family.series if any(each.series == series.key for each in family.clocks)]
    if not shown:
        return None
    blocks: list[Block] = [Items(told)] if (told := _say_idle(family, shown)) else []
    figure, forms = draw_forms(family, shown), tabulate_forms(family, shown)
    blocks += [figure, Text(DRAWN, "note")] if figure is not None else []
    blocks += [forms] if forms is not None else []
    single = any(math.isnan(each.latency_s) and math.isnan(each.device_s) for each in family.clocks)
    blocks += [_tabulate_clocks(family, shown), Text(f"{NOTE}{SINGLE if single else ''}".strip(), "note")]
    return Section("clocks", "One call by every clock", tuple(blocks))


def _say_idle(family: FamilyDigest, shown: list[Measured]) -> tuple[str, ...]:
    """A sentence a series: how much of a call of its first main row is no work, and where that decides."""
    told = []
    for series in shown:
        for name in FAMILIES[family.name].card:
            known = [each for each in find_clocked(family, series, name) if not math.isnan(each.idle)]
            if known:
                told.append(_say_series(name_series(series, shown), name, family.axis, known))
                break
    return tuple(told)


def _say_series(where: str, name: str, axis: str, known: list[Clocked]) -> str:
    shares = write_list(f"{100 * each.idle:.0f} % at {axis} = {write_size(each.size)}" for each in known)
    # What a graph saves is a bound; a trace says how long the device was busy.
    least = "at least " if all(each.graph is not None for each in known) else ""
    bound = [each for each in known if each.idle > BOUND]
    text = f"{where}: the device is idle for {least}{shares} of a call of `{name}`"
    if not bound:
        return f"{text}: nowhere for more than half of it."
    sizes = write_list(write_size(each.size) for each in bound)
    saved = max((each for each in bound if each.graph is not None), key=lambda each: each.idle, default=None)
    text += f". At {axis} = {sizes} launches are more than half of it: their number decides, not their work"
    if saved is None or saved.graph is None:
        return f"{text}."
    return f"{text}. Replayed as one graph it is {1 / saved.graph.value:.2g} times faster at {write_size(saved.size)}."


def _tabulate_clocks(family: FamilyDigest, shown: list[Measured]) -> Table:
    found = (
        each
        for series in shown
        for size in series.sizes
        for name in choose_names(family, series)
        for row in (name, *(f"{name}:{form}" for form in FORMS))
        for each in find_clocked(family, series, row)
        if each.size == size
    )
    return tabulate(
        f"{family.name}-clocks",
        caption("A call by every clock", shown),
        found,
        ("place", "Where", lambda c: name_series(family.find(c.series), shown)),
        ("size", family.axis, lambda c: write_size(c.size), True),
        ("row", "Row", lambda c: c.row),
        ("seconds", "Queued", lambda c: write_seconds(c.seconds), True),
        ("latency", "Waited for, warm", lambda c: write_seconds(c.latency_s), True),
        ("cold", "cold", lambda c: write_seconds(c.cold_latency_s), True),
        ("device", "Device", lambda c: write_seconds(c.device_s), True),
        ("worked", "of queued", lambda c: write_share(c.worked), True),
        ("idle", "Idle", lambda c: write_share(c.idle), True),
    )
