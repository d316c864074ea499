"""Profiles: for how long each cell is measured. ``smoke`` answers nothing, it shows in seconds that all runs.

What is measured under a profile, the families declare (``benchmarks/families``).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench_core.method import DEVICES, check_choice
from benchmarks.families import FAMILIES, Sweep

if TYPE_CHECKING:
    from benchmarks.harness.cell import Cell


@dataclass(frozen=True)
class Profile:
    """The budgets that a profile keeps; a family has its share of each.

    dtypes          precisions of the sweeps that have none of their own
    processes       sessions of one cell, each a fresh process
    min_rounds      rounds every row takes part in
    cell_rounds     rounds that all processes of a cell together make at least
    max_rounds      rounds after which a row has enough
    row_budget_s    seconds of samples for one row in one session
    call_limit_s    a row whose single call takes longer is over_budget
    session_limit_s absolute deadline of one session
    compiled_up_to  largest swept size at which torch.compile's forms are timed (their compilation costs seconds a row,
                    and they differ from eager where calls are short), where the family has none of its own
    graph_up_to     largest swept size at which torch's CUDA graphs are timed, and JAX's programs without them: beyond,
                    launches hide behind the work
    precision       a paired ratio's interval is narrow enough at this relative half-width
    block_s         least seconds of one sample
    repetitions     how often a session measures its rounds again at most, where the machine's speed moved in them
    peers           whether libraries' methods are tried where they are installed
    forms           whether a method's further forms are rows beside its first
    alone_from      swept size from which one process takes all of a cell's rounds: there drawing, placing and checking
                    the problem take as long as timing it
    apart_from_s    a row whose first call takes longer has no other: once its result has been checked, that call is the
                    only sample, apart from the rounds
    """

    name: str
    dtypes: tuple[str, ...]
    processes: int
    min_rounds: int
    max_rounds: int
    row_budget_s: float
    call_limit_s: float
    session_limit_s: float
    compiled_up_to: int
    graph_up_to: int = 4096
    precision: float = 0.01
    block_s: float = 0.002
    repetitions: int = 2
    peers: bool = False
    forms: bool = True
    cell_rounds: int = 6
    alone_from: float = math.inf
    apart_from_s: float = math.inf

    def sweeps(self, family: str) -> Mapping[str, Sweep]:
        """The family's sweeps under this profile, by name, without those that have no cells; a family may have none."""
        declared = FAMILIES[family].sweeps.get(self.name, {})
        return {name: sweep for name, sweep in declared.items() if all(sweep.sizes.values())}

    def tries(
        self, family: str, method: str, role: str, sizes: Mapping[str, Any] | None = None, further: bool = False
    ) -> bool:
        """Whether the row of this method is measured at all, or in a cell of these sizes, or those of its ``further``
        forms.
        """
        declared = FAMILIES[family]
        chosen = declared.rows.get(self.name)
        if (chosen is not None and method not in chosen) or (role == "peer" and not self.peers):
            return False
        sweeps = self.sweeps_with(family, sizes or {})
        wanted = [sweep for sweep in sweeps if sweep.forms or not further]
        named = any(method in sweep.only for sweep in wanted)
        return named or not sweeps or (method not in declared.apart and any(not sweep.only for sweep in wanted))

    def refuses(self, family: str, method: str, form: str, swept: float) -> str:
        """Why this form of the method is not tried in a cell of this swept size (or an empty text)."""
        limit = self.largest(family, form)
        if swept > limit:
            return f"form {form!r} is timed up to {FAMILIES[family].swept} = {limit} in this profile"
        chosen = FAMILIES[family].compiled.get(self.name) if form == "compiled" else None
        if chosen is not None and method not in chosen:
            return f"form 'compiled' is timed of {', '.join(chosen)} in this profile"
        return ""

    def largest(self, family: str, form: str) -> float:
        """The largest swept size at which a form is timed."""
        compiled = FAMILIES[family].compiled_up_to.get(self.name, self.compiled_up_to)
        return {"compiled": compiled, "graph": self.graph_up_to, "launched": self.graph_up_to}.get(form, math.inf)

    def sweeps_with(self, family: str, sizes: Mapping[str, Any]) -> list[Sweep]:
        """The sweeps that a cell of these sizes is in; none for a cell that was asked for by itself."""
        return [sweep for sweep in self.sweeps(family).values() if sweep.holds(sizes)]

    def processes_of(self, cell: Cell) -> int:
        """Sessions of a cell; a sweep that it is in may have its own share."""
        if cell.swept >= self.alone_from:
            return 1
        declared = FAMILIES[cell.family]
        anchored = cell.swept in declared.anchors.get(self.name, ())
        sweeps = self.sweeps_with(cell.family, dict(cell.sizes))
        shares = [sweep.process_share or declared.process_share for sweep in sweeps]
        share = 1.0 if anchored else max(shares, default=declared.process_share)
        return max(1, round(self.processes * share))

    def rounds_of(self, cell: Cell) -> int:
        """Rounds every row of a cell takes part in."""
        return max(self.min_rounds, -(-self.cell_rounds // self.processes_of(cell)))

    def call_seconds(self, family: str, sizes: Mapping[str, Any]) -> float:
        """The longest call that is tried in a cell of this family."""
        shares = [sweep.call_share for sweep in self.sweeps_with(family, sizes)]
        return max(self.call_limit_s * max([FAMILIES[family].call_share, *shares]), min(self.call_limit_s, 0.5))

    def row_seconds(self, family: str) -> float:
        """Seconds of samples for one row of this family in one session."""
        return self.row_budget_s * FAMILIES[family].row_share

    def dtypes_of(self, sweep: Sweep) -> tuple[str, ...]:
        return sweep.dtypes or self.dtypes

    def dtype_of(self, family: str, sizes: Mapping[str, Any]) -> str:
        """The precision in which a cell of these sizes is measured first: that of a sweep which holds it, where none
        does that of the family's main sweep.
        """
        sweeps = self.sweeps_with(family, sizes) or list(self.sweeps(family).values())
        return self.dtypes_of(sweeps[0])[0] if sweeps else self.dtypes[0]


SMOKE = Profile(
    name="smoke",
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=12,
    row_budget_s=0.05,
    call_limit_s=0.5,
    session_limit_s=60,
    compiled_up_to=0,
    repetitions=0,
)
QUICK = Profile(
    name="quick",
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=60,
    row_budget_s=0.35,
    call_limit_s=0.5,
    session_limit_s=90,
    compiled_up_to=0,
)
STANDARD = Profile(
    name="standard",
    dtypes=("float32",),
    processes=3,
    min_rounds=3,
    max_rounds=50,
    row_budget_s=0.5,
    call_limit_s=8.5,
    session_limit_s=600,
    compiled_up_to=100,
    peers=True,
    alone_from=6_000,
)
# More cells, each as standard measures it.
FULL = replace(STANDARD, name="full", alone_from=20_000)
# What a patient user would wait for: up to three calls within a minute, one where a call takes longer. Memory ends a
# row, not its time; the session's limit is there for what hangs.
PATIENT = Profile(
    name="patient",
    dtypes=("float32",),
    processes=1,
    min_rounds=1,
    max_rounds=3,
    row_budget_s=60.0,
    call_limit_s=3600.0,
    session_limit_s=4 * 3600,
    compiled_up_to=0,
    repetitions=0,
    forms=False,
    cell_rounds=1,
    apart_from_s=60.0,
)
# A GPU that is at hand for minutes: the grid of full and the sizes that fill a card, one process a cell at a time,
# the most valuable first (``benchmarks/harness/card.py``). Libraries have no row in those: it costs them no time.
CARD = Profile(
    name="card",
    dtypes=("float32",),
    processes=3,
    min_rounds=4,
    max_rounds=30,
    row_budget_s=0.3,
    call_limit_s=4.0,
    session_limit_s=300,
    compiled_up_to=100,
    repetitions=0,
    peers=True,
)
PROFILES = {profile.name: profile for profile in (SMOKE, QUICK, STANDARD, FULL, PATIENT, CARD)}


def profile_from_environment() -> Profile:
    """The profile named by ``BENCH_PROFILE`` (default quick)."""
    return PROFILES[check_choice("profile (BENCH_PROFILE)", os.environ.get("BENCH_PROFILE", "quick"), tuple(PROFILES))]


def device_from_environment() -> str:
    """The device named by ``BENCH_DEVICE`` (default cpu)."""
    return check_choice("device (BENCH_DEVICE)", os.environ.get("BENCH_DEVICE", "cpu"), DEVICES)
