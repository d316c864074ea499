"""A GPU that is at hand for minutes: its cells in the order of what they are worth, until the time is over.

First a session of seconds a backend shows whether anything works (``smoke.py``). Then come the paper's network over its
sizes, one where launches are all of a call to those that fill the card, and what the card's precisions make of it; a
fixed point trained over the sizes where calls are long; a small and a large cell of the other families. What
``full`` has beside them follows sweep by sweep, and when all has one process, a second one of each. A run is gone
on with by the same command, on any machine with that card that has its records and ledger: they are files under
``results-local``.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench_core
from benchmarks.harness import environment, gpu, ledger, outcome, policy, smoke
from benchmarks.harness.cell import Cell
from benchmarks.harness.lock import BusyError
from benchmarks.harness.plain_run import environment_name
from benchmarks.harness.profile import CARD
from benchmarks.harness.record import read_json
from benchmarks.harness.run import every_cell, measure_process, planned, to_repeat, unavailable
from benchmarks.harness.store import Store, probe_all

_SMALL, _LARGE = {"H": 64, "L": 2}, {"H": 256, "L": 2}  # of score's cells of one dimension
_PSD = {"B": 64, "J": "psd"}  # of line_integral's
_PAPER = {"B": 100, "L": 2}  # of logdet's: the paper's network

# (family, backend, dtype, swept sizes, the other sizes), the most valuable first. No library has a row in any of them,
# and an H200 takes ten seconds to a minute for most. Over the dimension from the smallest: it is the cheapest, shows
# what a launch costs, and is the question of the paper's figure 1; the ends of a fixed point's sizes say where it goes
# before the sizes between them. In other precisions first the smallest size that fills a card, then the largest. What
# the family does not sweep on a card has no cell, and no effect.
FIRST: tuple[tuple[str, str, str, tuple[int, ...], dict[str, Any]], ...] = (
    ("logdet", "torch", "float32", (100, 1000, 4000, 8192, 20000), _PAPER),
    ("logdet", "jax", "float32", (100, 1000, 4000, 8192, 20000), _PAPER),
    ("logdet", "torch", "tf32", (8192,), _PAPER),
    ("logdet", "torch", "bfloat16", (8192,), _PAPER),
    ("logdet", "jax", "tf32", (8192,), _PAPER),
    ("logdet", "jax", "bfloat16", (8192,), _PAPER),
    ("implicit", "torch", "float32", (1000, 10000), {}),
    ("implicit", "jax", "float32", (1000, 10000), {}),
    ("implicit", "torch", "float32", (20000, 5000, 2000), {}),
    ("implicit", "jax", "float32", (20000, 5000, 2000), {}),
    ("score", "torch", "float32", (64,), _SMALL),
    ("score", "torch", "float32", (512,), _LARGE),
    ("score", "jax", "float32", (64,), _SMALL),
    ("score", "jax", "float32", (512,), _LARGE),
    ("line_integral", "torch", "float64", (64,), _PSD),
    ("line_integral", "jax", "float64", (64,), _PSD),
    ("logdet", "torch", "float64", (8192,), _PAPER),
    ("logdet", "jax", "float64", (8192,), _PAPER),
    ("logdet", "torch", "tf32", (20000,), _PAPER),
    ("logdet", "torch", "bfloat16", (20000,), _PAPER),
    ("logdet", "jax", "tf32", (20000,), _PAPER),
    ("logdet", "jax", "bfloat16", (20000,), _PAPER),
)
LEAST_S = 35.0  # in which a session may be begun: it imports, measures its ceiling, and checks its rows


def ordered(cells: list[Cell]) -> list[Cell]:
    """These cells, those of ``FIRST`` in its order before the others: those of every family's first sweep, then of its
    second, and so on.
    """

    def rank(cell: Cell) -> tuple[int, int]:
        for place, (*kind, swept, others) in enumerate(FIRST):
            same = [cell.family, cell.backend, cell.dtype] == kind and others.items() <= dict(cell.sizes).items()
            if same and cell.swept in swept:
                return place, swept.index(cell.swept)
        sweeps = CARD.sweeps(cell.family).values()
        holds = [sweep.holds(dict(cell.sizes)) and cell.dtype in CARD.dtypes_of(sweep) for sweep in sweeps]
        return len(FIRST), holds.index(True)

    return sorted(cells, key=rank)


def measure(seconds: float, machine: str | None = None, device: str = "cuda") -> int:
    """Measure the profile ``card`` for so long, waiting for the machine included; exit status 2 at once where nothing
    works on the device, 1 where no backend has it any more.

    The cell of a session that the end of the time cuts off stays open for the next run, and so does one whose card
    went away meanwhile or was far below its clock: once in a run is enough. What was measured of it is kept.
    """
    began, opened = time.monotonic(), set[Cell]()
    ends = began + seconds
    if device == "cuda":
        gpu.set_xla_flags()
    flags = os.environ.get("XLA_FLAGS")
    print(f"card: {_facts(device)}{f'; XLA_FLAGS {flags}' if flags else ''}", flush=True)
    store = Store(machine=machine, environment_name=environment_name(CARD, device))
    if store.commit is None or store.dirty:
        at = "bench_core or benchmarks are changed" if store.commit else "there is no commit"
        print(f"card: {at}: what is measured now is not gone on with, and cannot be published", flush=True)
    if len(absent := smoke.without(device, ends, LEAST_S)) == len(bench_core.BACKENDS):
        return 2
    probe_all(store.results, store.machine)
    # A cell with one process is done, and may be published: the further ones come when there is time.
    store.begin(CARD, lambda: dict.fromkeys(planned(CARD, device), 1))
    turns, measured, left_open, end = list(_turns(every_cell(CARD, device))), 0, 0, _End(ends)
    with tempfile.TemporaryDirectory(prefix="jacobench-") as cache:
        for number, (cell, process) in enumerate(turns, 1):
            if cell.backend in absent:
                continue
            if cell in opened:  # further processes stand beside a first one
                left_open += 1
                continue
            known = store.resumable(cell, CARD, process) is not None
            if ends - time.monotonic() < LEAST_S and not known:
                left_open += 1
                continue
            start = time.monotonic()
            earlier = [read_json(path) for done in range(process) if (path := store.path(cell, done)).exists()]
            try:
                said = measure_process(
                    *(cell, CARD, store, process, earlier),
                    cache=Path(cache),
                    keeps=end.keeps,
                    ends=ends,
                    least_s=LEAST_S,
                )
            except BusyError as error:
                left_open += 1
                print(f"card: {error}", flush=True)
                continue
            if reason := unavailable(said):
                absent[cell.backend] = reason
                print(f"card: {cell.backend} is left out: {reason}", flush=True)
                continue
            if reason := to_repeat(said):
                left_open += 1
                opened.add(cell)
                print(f"[{number:>3}/{len(turns)}] {cell.name} process {process} is left open: {reason}", flush=True)
                continue
            measured += not known
            took = "taken up" if known else f"{time.monotonic() - start:.1f} s"
            print(f"[{number:>3}/{len(turns)}] {cell.name} process {process}: {took}, {_outcomes(said)}", flush=True)
    left_open += end.cut
    if not left_open and not absent:
        ledger.tell(store.results / store.machine, store.run, "told")
    print(
        f"card: {measured} sessions in {(time.monotonic() - began) / 60:.1f} minutes, {left_open} are left, which the"
        f" same command goes on with; records: {store.folder}"
    )
    return 1 if len(absent) == len(bench_core.BACKENDS) else 0


def _turns(cells: list[Cell]) -> Iterator[tuple[Cell, int]]:
    """(cell, process): the first process of every cell, then the second of those that have one, and so on."""
    most = max((CARD.processes_of(cell) for cell in cells), default=0)
    for process in range(most):
        for cell in ordered(cells):
            if process < CARD.processes_of(cell):
                yield cell, process


def _facts(device: str) -> str:
    facts = gpu.facts() if device == "cuda" else {"gpu": environment.cpu(), "driver": None}
    versions = ", ".join(f"{name} {version}" for name, version in environment.packages().items())
    driver = f", driver {facts['driver']}" if facts["driver"] else ""
    return f"{facts['gpu'] or 'no GPU'}{driver}; {versions}; {policy.threads()} threads"


@dataclass
class _End:
    """The end of the time, ``ends``: a session that it cut off does not settle its cell; ``cut`` counts them."""

    ends: float
    cut: int = 0

    def keeps(self, record: dict[str, Any]) -> bool:
        """Whether the record of a session that has just ended settles it. It may have waited for the machine: the time
        that it had is what was left when it began.
        """
        short = self.ends - (time.monotonic() - record["elapsed_s"]) < CARD.session_limit_s
        cut = short and any("time: the session's" in (row["reason"] or "") for row in record["rows"].values())
        again = to_repeat(record)
        self.cut += cut and not again
        return not cut and not unavailable(record) and not again


def _outcomes(record: dict[str, Any]) -> str:
    count = Counter(row["outcome"] for row in record["rows"].values())
    return ", ".join(f"{count[name]} {name}" for name in outcome.OUTCOMES if count[name])
