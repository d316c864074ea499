"""All sessions of a cell, with what the smaller sizes of the run have taught; one at a time on a machine."""

from __future__ import annotations

import contextlib
import math
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import bench_core
from bench_core.method import DTYPES
from benchmarks.harness import card_state, ledger, older, session
from benchmarks.harness.admission import HOPELESS
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.ledger import CRASHES, TOOK_DOWN
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.outcome import one_line
from benchmarks.harness.profile import Profile
from benchmarks.harness.progress import Progress
from benchmarks.harness.store import Store, UnwritableError

METRICS = ("seconds", "times_yardstick", "peak_bytes", "error", "products", "outcome")  # what an asv class tells


def cells(family: str, backend: str, profile: Profile, device: str) -> list[Cell]:
    """The profile's cells of one family and backend, smallest first."""
    found = [
        Cell.of(family, backend, dict(zip(sweep.sizes, values)), device, dtype)
        for sweep in profile.sweeps(family).values()
        for dtype in profile.dtypes_of(sweep)
        if dtype in DTYPES  # older commits have fewer
        for values in product(*sweep.sizes.values())
    ]
    return list(dict.fromkeys(found))  # sweeps may share cells


def every_cell(profile: Profile, device: str) -> list[Cell]:
    """The profile's cells of all families and backends."""
    return [
        cell
        for family in bench_core.FAMILIES
        for backend in bench_core.BACKENDS
        for cell in cells(family, backend, profile, device)
    ]


def measure(
    cell: Cell,
    profile: Profile,
    store: Store,
    *,
    cache: Path | None = None,
    only: tuple[str, ...] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> list[dict[str, Any]]:
    """Records of all processes of a cell, measured now or taken up from a run that was cut off."""
    records: list[dict[str, Any]] = []
    store.begin(profile, lambda: planned(profile, cell.device, store.run.plan))
    for process in range(profile.processes_of(cell)):
        records.append(
            measure_process(cell, profile, store, process, records, cache=cache, only=only, on_event=on_event)
        )
    return records


def unavailable(record: dict[str, Any]) -> str:
    """Why no row of the record could be tried: its backend has not the device (or an empty text)."""
    found = {(row["outcome"], row["reason"]) for row in record["rows"].values()}
    kind, reason = found.pop() if len(found) == 1 else ("", "")
    return reason if kind == "skipped" else ""


def to_repeat(record: dict[str, Any]) -> str:
    """Why the session is to be measured again by another run: its device went away, or was a card far below its clock
    though the session was repeated (or an empty text).
    """
    if lost := record.get("lost_device"):
        return f"the device went away: {lost}"
    return card_state.slow(record.get("state", {}).get("card")) or ""


def measure_process(
    cell: Cell,
    profile: Profile,
    store: Store,
    process: int,
    earlier: list[dict[str, Any]],
    *,
    cache: Path | None = None,
    only: tuple[str, ...] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
    keeps: Callable[[dict[str, Any]], bool] = lambda record: True,
    ends: float = math.inf,
    least_s: float = 0.0,
) -> dict[str, Any]:
    """The record of one process of a cell, after those of its ``earlier`` processes; the run's ledger has begun.

    keeps    what it refuses is stored, where anything was measured, and not done: the cell stays open
    ends     when waiting for the machine and the session are over (``time.monotonic``): the session has what is left
    least_s  that it must have: ``BusyError`` where the machine is not free by then
    """
    progress = Progress()
    record = None if only else store.resumable(cell, profile, process)
    began = time.monotonic()
    if resumed := record is not None:
        progress.write("session", cell=cell.name, process=process, resumed=True)
    else:
        known = store.smaller(cell, profile) if not only else []
        tried = _rows(cell, profile, known, earlier, only)
        if store.crashes(cell, process) >= CRASHES:
            tried = dict.fromkeys(tried, ("error", TOOK_DOWN))
        with machine_lock(cell.name, progress.tell, ends - least_s), store.room():
            began = time.monotonic()  # waiting for another session is not time in this one
            profile = replace(profile, session_limit_s=min(profile.session_limit_s, ends - began))
            progress.write("session", cell=cell.name, process=process, resumed=False)
            store.note("running", cell, process, pid=os.getpid(), began=ledger.began(os.getpid()))
            try:
                record = session.run(
                    cell,
                    profile,
                    tried,
                    process=process,
                    smaller=_smaller(known, cell),
                    timed=[row for done in earlier for row, r in done["rows"].items() if r["outcome"] == "ok"],
                    judged=[row for done in earlier for row, r in done["rows"].items() if r.get("checked_again")],
                    cache=cache,
                    on_event=on_event,
                )
            except BaseException:  # ended in order: the session is not at fault
                with contextlib.suppress(UnwritableError):
                    store.note("stopped", cell, process)
                raise
        if not keeps(record):
            store.note("stopped", cell, process)
            if any(row["check_s"] for row in record["rows"].values()):
                store.save_open(cell, process, record)
            return record
        store.save(cell, process, record)
        if process == 0:
            processes = profile.processes_of(cell)
            store.set_aside(cell, lambda n: n < processes and store.resumable(cell, profile, n) is not None)
    store.note_done(cell, process, record, resumed=resumed)
    elapsed, checking = time.monotonic() - began, 0.0 if resumed else session.checking_s(record)
    progress.write("session done", cell=cell.name, process=process, elapsed_s=elapsed, checking_s=checking)
    return record


def planned(profile: Profile, device: str, plan: str = "") -> dict[str, int]:
    """Every cell of a profile by name, with its number of processes; ``plan`` is asv's ``--bench``.

    Raises
    ------
    ValueError
        in one line, where that is no regular expression
    """
    try:
        wanted = re.compile(plan)
    except re.error as error:
        raise ValueError(f"--bench {plan!r} is not a regular expression: {error}") from None
    return {
        cell.name: profile.processes_of(cell)
        for cell in every_cell(profile, device)
        if not plan or any(map(wanted.search, _benchmarks(cell, profile)))
    }


def _benchmarks(cell: Cell, profile: Profile) -> Iterator[str]:
    """asv's names of everything that is told of a cell: benchmark and parameters."""
    for name, sweep in profile.sweeps(cell.family).items():
        if not sweep.holds(dict(cell.sizes)) or cell.dtype not in profile.dtypes_of(sweep):
            continue
        sizes = [dict(cell.sizes)[letter] for letter in sweep.sizes]
        for row in rows(cell.family, cell.backend, profile, [dict(cell.sizes)], cell.device):
            parameters = ", ".join(map(repr, [row, *sizes, cell.dtype]))
            for metric in METRICS:
                yield f"{cell.family}.{cell.backend.capitalize()}{name}.track_{metric}({parameters})"


def _rows(
    cell: Cell, profile: Profile, known: list[dict[str, Any]], done: list[dict[str, Any]], only: tuple[str, ...]
) -> dict[str, str | tuple[str, str]]:
    """Every row of the cell, with the reason why it is not tried (or an empty text).

    ``done`` are the cell's earlier processes, ``known`` the smaller sizes.
    """
    planned: dict[str, str | tuple[str, str]] = dict.fromkeys(
        only or rows(cell.family, cell.backend, profile, [dict(cell.sizes)], cell.device), ""
    )
    if only:
        return planned
    # How a row ended on a device that went away says nothing of the row.
    known, done = ([record for record in each if not record.get("lost_device")] for each in (known, done))
    for row in planned:
        method, _, form = row.partition(":")
        planned[row] = profile.refuses(cell.family, method, form, cell.swept)
        for record in done:
            earlier = record["rows"].get(row)
            if earlier and earlier["outcome"] not in ("ok", "skipped"):
                planned[row] = (earlier["outcome"], earlier["reason"])
        for record in known:
            earlier = record["rows"].get(row)
            size = record["cell"]["sizes"][cell.letter]
            limit = profile.call_seconds(cell.family, record["cell"]["sizes"])
            if earlier and earlier.get("measured_s", 0) > HOPELESS * limit:
                said = earlier["reason"].removeprefix("time: ")
                planned[row] = ("over_budget", f"time: not tried: at {cell.letter} = {size} {said}")
            if earlier and earlier["outcome"] in ("oom", "timeout"):
                planned[row] = one_line(
                    f"{earlier['outcome']} at {cell.letter} = {size}; not tried again from there on"
                )
    return planned


def _smaller(known: list[dict[str, Any]], cell: Cell) -> dict[str, dict[str, float]]:
    """For every row the largest smaller size at which it was timed, or seen to be over the budget."""
    best: dict[str, dict[str, float]] = {}
    for record in known:
        for row, fields in record["rows"].items():
            seconds = statistics.median(fields["samples_s"]) if fields["samples_s"] else fields.get("measured_s")
            if seconds and row not in best and fields["role"] != "twin":
                size = record["cell"]["sizes"][cell.letter]
                best[row] = {"flops": fields["cost"]["flops"], "seconds": seconds, "size": size}
    return best


def expected_seconds(cell: Cell, profile: Profile) -> float:
    """What the cell's sessions may take, right in proportion only: a start, and rounds within the budget."""
    sizes = dict(cell.sizes)
    problem = bench_core.problem(cell.family, **sizes)
    total, limit = 0.0, profile.call_seconds(cell.family, sizes)
    for method in bench_core.methods(cell.family, cell.backend):
        call = method.cost(problem, cell.dtype).flops / 5e10
        if call < limit and profile.tries(cell.family, method.name, method.role, sizes):
            if call > profile.apart_from_s:
                total += call
                continue
            most_s = profile.max_rounds * max(call, profile.block_s)
            total += (
                0.3
                + 3 * call
                + max(
                    profile.rounds_of(cell) * call,
                    min(most_s, profile.row_seconds(cell.family)),
                )
            )
            if not profile.tries(cell.family, method.name, method.role, sizes, further=True):
                continue
            if "compiled" in method.forms and not profile.refuses(cell.family, method.name, "compiled", cell.swept):
                total += 2.0 + profile.row_seconds(cell.family)
            if profile.forms and "graph" in older.forms_on(method, cell.device):
                total += profile.row_seconds(cell.family)
    return profile.processes_of(cell) * (4.0 + total)
