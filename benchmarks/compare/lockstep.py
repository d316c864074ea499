"""One side's process from inside: a session's stages, timed call by call as the parent asks.

The parent writes lines to standard input: ``go`` once the other side stands still, then orders
``{"row": NAME, "number": CALLS}``; an empty line ends the timing. Answers go to the journal.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.harness import clock, stages
from benchmarks.harness.cell import rows
from benchmarks.harness.preparation import Row
from benchmarks.harness.profile import PROFILES


class Stages(stages.Stages):
    """A session's stages; ``spec["asked"]`` names the rows to be timed (all where it is empty), ``spec["without"]``
    those that are not tried.
    """

    def _begin(self) -> bool:
        begun = super()._begin()
        if begun:
            self.journal.write("loaded")
            sys.stdin.readline()
        return begun

    def _prepare(self) -> list[Row]:
        family, backend, sizes, device = (self.cell[name] for name in ("family", "backend", "sizes", "device"))
        profile, asked = PROFILES[self.profile["name"]], self.spec["asked"]
        known = rows(family, backend, None if asked else profile, () if asked else [sizes], device)
        self.spec["rows"] = [
            row for row in known if row not in self.spec["without"] and (row in asked if asked else self._is_timed(row))
        ]
        self.journal.write("rows", names=self.spec["rows"])
        return super()._prepare()

    def _is_timed(self, row: str) -> bool:
        swept = self.cell["sizes"][self.spec["letter"]]
        return swept <= PROFILES[self.profile["name"]].largest(row.partition(":")[2])

    def _time(self, rows: list[Row]) -> None:
        kernels: dict[str, Any] = {row.name: row.kernel for row in rows}
        self.journal.write("ready", seconds={row.name: row.seconds for row in rows})
        while line := sys.stdin.readline().strip():
            order = json.loads(line)
            kernel = kernels[order["row"]]
            clock.sample(kernel, 1)  # the other side has had the caches: this call is no sample
            self.journal.write("timed", seconds=clock.sample(kernel, order["number"]))

    def _time_alone(self, rows: list[Row]) -> None:
        """Sides are compared call by call as it is."""
