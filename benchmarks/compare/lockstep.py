"""One side's process from inside: a session's stages, timed call by call as the parent asks.

The parent writes lines to standard input: ``go`` once the other side stands still, then orders
``{"row": NAME, "number": CALLS}``; an empty line ends the timing. Answers go to the journal.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import bench_core
from benchmarks.harness import clock, older, policy, stages
from benchmarks.harness.cell import FIRST, row_name, rows
from benchmarks.harness.preparation import Row
from benchmarks.harness.profile import PROFILES


class Stages(stages.Stages):
    """A session's stages; ``spec["asked"]`` names the rows to be timed (all where it is empty), ``spec["without"]``
    those that are not tried. Where ``spec["form"]`` is given these are methods, and each is timed in that form.
    """

    def _begin(self) -> bool:
        if hasattr(os, "sched_setaffinity"):  # both sides on the same processors, and no more of them than threads
            os.sched_setaffinity(0, policy.apart(self.spec["threads"]))
        begun = super()._begin()
        if begun:
            self.journal.write("loaded")
            sys.stdin.readline()
            self._start = time.perf_counter()  # the other side's preparation is none of this one's time
        return begun

    def _prepare(self) -> list[Row]:
        family, backend, sizes, device = (self.cell[name] for name in ("family", "backend", "sizes", "device"))
        profile, asked, form = PROFILES[self.profile["name"]], self.spec["asked"], self.spec["form"]
        names = {
            row: row for row in rows(family, backend, None if asked else profile, () if asked else [sizes], device)
        }
        if form is None:
            names = {name: row for name, row in names.items() if asked or self._is_timed(row)}
        else:  # each method by its name, in this form
            tried = {name.partition(":")[0] for name in names}
            known = (method for method in bench_core.methods(family, backend) if method.name in tried)
            names = {
                m.name: row_name(m.name, own, m.forms)
                for m in known
                if (own := m.forms[0] if form == FIRST else form) in older.forms_on(m, device)
            }
        names = {n: row for n, row in names.items() if n not in self.spec["without"] and (n in asked or not asked)}
        self.spec["rows"] = list(names.values())
        self.spec["timed"] = self.spec["judged"] = [names[name] for name in self.spec["timed"] if name in names]
        self.journal.write("rows", names=names)
        return super()._prepare()

    def _is_timed(self, row: str) -> bool:
        swept = self.cell["sizes"][self.spec["letter"]]
        return swept <= PROFILES[self.profile["name"]].largest(self.cell["family"], row.partition(":")[2])

    def _time(self, rows: list[Row]) -> None:
        kernels: dict[str, Any] = {row.name: row.kernel for row in rows}
        self.journal.write("ready", seconds={row.name: row.seconds for row in rows})
        while line := sys.stdin.readline().strip():
            order = json.loads(line)
            kernel = kernels[order["row"]]
            clock.sample(kernel, 1)  # the other side has had the caches: this call is no sample
            self.journal.write("timed", seconds=clock.sample(kernel, order["number"]))

    def _is_asked_again(self) -> bool:
        """Never: a machine that moves does so for both sides."""
        return False

    def _time_alone(self, rows: list[Row]) -> None:
        """Sides are compared call by call as it is."""
