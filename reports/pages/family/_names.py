"""Names of places, series and sizes in a family's chapters: what tells those shown apart, and no more."""

from collections.abc import Iterable

from ...digest import FamilyDigest
from ...digest.series import Measured
from ...families import FAMILIES
from ...group import group_by
from ...text import write_list, write_size
from ..naming import name_backend


def name_series(series: Measured, shown: Iterable[Measured]) -> str:
    """`torch, H = 64, state A`: the backend, and what differs among the series shown."""
    shown = tuple(shown)
    facts = _describe(series)
    differ = [key for key in facts if len({_describe(other).get(key) for other in shown}) > 1]
    return ", ".join(facts[key] for key in facts if facts[key] and (key == "backend" or key in differ))


def group_sweeps(shown: Iterable[Measured]) -> list[list[Measured]]:
    """Series that differ in their backend and the state of the machine alone."""
    return list(group_by(shown, lambda s: (s.place.machine, s.place.device, s.place.dtype, s.fixed)).values())


def group_states(shown: Iterable[Measured]) -> list[tuple[Measured, ...]]:
    """Series that differ in the state of the machine alone, the backends of one sweep beside each other."""
    shown = tuple(shown)
    backends = dict.fromkeys(series.place.backend for series in shown)
    sweeps = (group_by(sweep, lambda series: series.place.backend) for sweep in group_sweeps(shown))
    return [tuple(found[backend]) for found in sweeps for backend in backends if backend in found]


def name_group(group: tuple[Measured, ...], shown: Iterable[Measured]) -> str:
    """As `name_series`; several states are named together."""
    name = name_series(group[0], shown)
    if len(group) == 1:
        return name
    first = f"state {group[0].state}"
    return name.removesuffix(first) + f"states {write_list(series.state for series in group)} apart"


def name_at(family: FamilyDigest, series: Measured, shown: Iterable[Measured], size: float) -> str:
    """As `name_series`, at a size: `torch, D = 1,000`."""
    return f"{name_series(series, shown)}, {family.axis} = {write_size(size)}"


def name_shared(shown: Iterable[Measured]) -> str:
    """`float64, B = 64`: what all the series shown have in common; the machine stands above the page."""
    first, *others = map(_describe, shown)
    same = (key for key in first if all(facts.get(key) == first[key] for facts in others))
    return ", ".join(first[key] for key in same if first[key] and key not in ("backend", "machine"))


def caption(words: str, shown: Iterable[Measured]) -> str:
    """What a table is about, with what all its series have in common."""
    same = name_shared(shown)
    return f"{words} ({same})" if same else words


def describe_sizes(family: FamilyDigest, shown: Iterable[Measured]) -> str:
    """`D = 10 to 20,000`: the range of the sizes of all series."""
    sizes = [size for series in shown for size in series.sizes]
    ends = sorted({min(sizes), max(sizes)})
    return f"{family.axis} = {' to '.join(write_size(size) for size in ends)}"


def name_backends(shown: Iterable[Measured]) -> str:
    """`torch and JAX`."""
    return write_list(dict.fromkeys(name_backend(series.place.backend) for series in shown))


def pick_sizes(sizes: Iterable[float]) -> tuple[float, ...]:
    """The smallest, the middle and the largest."""
    known = sorted(set(sizes))
    return tuple(dict.fromkeys((known[0], known[len(known) // 2], known[-1]))) if known else ()


def _describe(series: Measured) -> dict[str, str]:
    place, size = series.place, FAMILIES[series.family].size
    return {
        "backend": name_backend(place.backend),
        "device": "" if place.device == "cpu" else place.device,
        "dtype": place.dtype,
        "machine": place.machine,
        **{letter: f"{letter} = {write_size(v)}" for letter, v in series.fixed if not size(letter).follows},
        "state": f"state {series.state}" if series.state else "",
    }
