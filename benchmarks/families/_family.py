"""What a family declares about how it is measured: the cells of every profile, and its share of their budgets."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Some six a decade: about 20 sizes in all, which is what a narrow interval of an exponent needs.
FULL_D = (10, 32, 50, 70, 100, 150, 220, 320, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 10000, 20000)


@dataclass(frozen=True)
class Sweep:
    """Cells that are compared with one another: the values of each size.

    dtypes        precisions of its own, where it has any
    only          the rows that are tried, where that is not all of the profile's
    call_share    share of the profile's longest call that is tried, where that is not the family's
    process_share share of the profile's sessions of one cell, where that is not the family's
    forms         whether the rows' further forms are tried beside their first
    """

    sizes: dict[str, tuple[Any, ...]]
    dtypes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    call_share: float = 0.0
    process_share: float = 0.0
    forms: bool = True

    def cells(self) -> list[dict[str, Any]]:
        """The sizes of every cell."""
        return [dict(zip(self.sizes, values)) for values in itertools.product(*self.sizes.values())]

    def holds(self, sizes: Mapping[str, Any]) -> bool:
        """Whether a cell of these sizes is one of them; a size that the sweep does not name is another cell's."""
        named = set(sizes) <= set(self.sizes)
        return named and all(sizes.get(name) in values for name, values in self.sizes.items())


@dataclass(frozen=True)
class Family:
    """How one family is measured, by profile where profiles differ.

    swept           the size along which its sweeps run; larger ones are not tried after one of them failed
    yardstick       the row in whose time asv's history tells the others; sweeps without it have no such ratio
    sweeps          profile -> name -> sweep, where it has any; a sweep is an asv class, the unnamed one carries the
                    backend's name alone, and one that lacks values of a size is none
    rows            profile -> the methods that are tried, where that is not all of them
    apart           methods that only the sweeps try that name them (``Sweep.only``): those of other models and other
                    questions, beside which the family's own sessions would grow long
    compiled        profile -> the methods whose compiled form is tried, where that is not all that have one
    compiled_up_to  profile -> largest swept size at which it is, where that is not the profile's
    row_share       share of the profile's seconds for one row: a session of many rows has less for each
    call_share      share of the profile's longest call
    process_share   share of the profile's sessions of one cell
    anchors         profile -> swept sizes whose cells have all of the profile's sessions whatever the share: how much
                    processes differ is measured there, and holds for their neighbours
    """

    name: str
    swept: str
    yardstick: str
    sweeps: Mapping[str, Mapping[str, Sweep]]
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    compiled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compiled_up_to: Mapping[str, int] = field(default_factory=dict)
    row_share: float = 1.0
    call_share: float = 1.0
    process_share: float = 1.0
    anchors: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
