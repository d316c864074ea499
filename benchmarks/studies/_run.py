"""Running a study: every method from every seed, epochs interleaved, checkpoints by time, one record at the end.

The record, JSON in ``results/<machine>/studies/<commit[:8]>/<study>-<data>.study``::

    {"schema": 1,                    raised when a reader must change
     "study": "implicit-training", "data": "digits", "profile": "standard",
     "machine": "...", "commit": "40 hex digits or null", "dirty": false, "command": "python -m benchmarks study ...",
     "started_at": "2026-11-21T08:00:00Z", "finished_at": "...",
     "elapsed_s": 350.0,             of all epochs, tests and probes included
     "identity": {...},              what the numbers depend on: settings, threads, packages, digest of the source ...
     "settings": {...},              the study's: sizes, tolerances, architecture in words, number of parameters
     "methods": {"cg": {"exact": true, "source": "...", "settings": {}}},
     "processes": [{"started_at": "...", "environment": {...}, "state": {...}}],
                                     one for each start, more where it was resumed; ``state`` is what the machine's
                                     counters say of it, and only the process that came to the end has one
     "rows": [{"method": "cg", "seed": 0, "epoch": 1, "process": 0, "position": 3, "seconds": 1.2, "wall_s": 1.5, ...}]}

``epoch`` counts from 1, ``position`` from 0 within the round, ``process`` is an index of ``processes``; ``seconds`` is
the training of the epoch alone, ``wall_s`` its tests and probes too. The study's own module names its other fields.
Null is what could not be measured, or is no finite number.

Rows of one seed and epoch are a *round*: methods that were timed next to each other, whose ratios are paired.
"""

from __future__ import annotations

import gc
import importlib.metadata
import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.harness import environment, state
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.policy import Policy, threads
from benchmarks.harness.record import timestamp
from benchmarks.harness.rounds import orders
from benchmarks.studies._bar import Bar
from benchmarks.studies._store import StudyStore

SCHEMA = 1
# A kill loses at most so much and the epoch that it hits. A checkpoint waits for the disk: maybe for longer than an
# epoch of milliseconds takes.
CHECKPOINT_S = 5.0


class Training(Protocol):
    """One method from one seed, between two epochs. Its state is all that the next epoch depends on."""

    def epoch(self, number: int) -> dict[str, Any]:
        """Train epoch ``number`` (from 1); returns the row's own fields, ``seconds`` among them."""
        ...

    def save(self, path: Path) -> None: ...

    def load(self, path: Path) -> None: ...


@dataclass(frozen=True)
class Study:
    """What is trained.

    name, data, profile   as the command names them
    settings              what holds for all methods; written to the record
    methods               by name: what there is to say of each
    seeds, epochs         of every method
    configure             ``configure(threads)``: called once in this process before anything is trained
    start                 ``start(method, seed)``: a training before its first epoch
    packages              what the numbers depend on besides the packages that the harness records
    inputs                a digest of data that the user brought
    """

    name: str
    data: str
    profile: str
    settings: Mapping[str, Any]
    methods: Mapping[str, Mapping[str, Any]]
    seeds: tuple[int, ...]
    epochs: int
    configure: Callable[[int], None]
    start: Callable[[str, int], Training]
    packages: tuple[str, ...] = ()
    inputs: str = ""


@dataclass(frozen=True)
class Unit:
    """One epoch of one training."""

    seed: int
    epoch: int
    method: str
    position: int

    def __str__(self) -> str:
        return f"seed {self.seed} epoch {self.epoch} {self.method}"


def plan(methods: Sequence[str], seeds: Sequence[int], epochs: int) -> Iterator[Unit]:
    """All epochs in the order in which they are trained.

    Epoch e of every method comes before epoch e + 1 of any, in the random order of a Williams design: what disturbs the
    machine hits all methods alike, and their times are paired by epoch.
    """
    for seed in seeds:
        squares = orders(list(methods), seed)
        for epoch in range(1, epochs + 1):
            for position, method in enumerate(next(squares)):
                yield Unit(seed, epoch, method, position)


def run(study: Study, machine: str | None, command: str) -> int:
    """Train what is still to be trained and write the record."""
    number = threads()
    study.configure(number)
    facts = environment.describe("cpu", number)
    # A study trains in the process that the user started: its allocator and its threads are the user's.
    facts["policy"] = Policy("default", "default", number).describe("torch", os.environ)
    facts["packages"] |= {name: importlib.metadata.version(name) for name in study.packages}
    identity = {
        "settings": dict(study.settings),
        "methods": {name: dict(value) for name, value in study.methods.items()},
        "seeds": list(study.seeds),
        "epochs": study.epochs,
        "profile": study.profile,
        "threads": number,
        "packages": facts["packages"],
        "cpu": facts["cpu"],
        "inputs": study.inputs,
    }
    store = StudyStore(f"{study.name}-{study.data}", identity, machine)
    with store.lock(), machine_lock(f"study {study.name}"):
        header = store.begin({"started_at": timestamp(), "processes": []})
        before = state.snapshot()
        header["processes"].append({"started_at": timestamp(), "environment": facts})
        store.keep(header)
        rows = _train(study, store, process=len(header["processes"]) - 1)
        header["processes"][-1]["state"] = state.between(before, state.snapshot())
        path = store.finish(
            {
                "schema": SCHEMA,
                "study": study.name,
                "data": study.data,
                "profile": study.profile,
                "machine": store.machine,
                "commit": store.commit,
                "dirty": store.dirty,
                "command": command,
                "finished_at": timestamp(),
                "elapsed_s": sum(row["wall_s"] for row in rows),
                "settings": dict(study.settings),
                "methods": identity["methods"],
                **header,
                "rows": rows,
            }
        )
    print(f"{len(rows)} epochs: {path}")
    return 0


def _train(study: Study, store: StudyStore, process: int) -> list[dict[str, Any]]:
    """Train every epoch that has no row yet; all rows in the order of the plan."""
    units = list(plan(tuple(study.methods), study.seeds, study.epochs))
    # Epochs are trained in the order of the plan and kept in it: those that are done are its beginning.
    done = [row for seed in study.seeds for row in store.rows(seed)]
    rest = units[len(done) :]
    if done:
        print(f"going on with {store.folder.name}: {len(done)} of {len(units)} epochs", file=sys.stderr)
    bar = Bar(len(units), [unit.method for unit in rest], round_length=len(study.methods))
    with bar.show():
        for seed, group in itertools.groupby(rest, key=lambda unit: unit.seed):
            rows = [row for row in done if row["seed"] == seed]
            done += _train_seed(study, store, list(group), rows, process, bar)[len(rows) :]
    return done


def _train_seed(
    study: Study, store: StudyStore, units: Sequence[Unit], rows: list[dict[str, Any]], process: int, bar: Bar
) -> list[dict[str, Any]]:
    """Train a seed's epochs that have no row yet; its rows, the ``rows`` it had among them."""
    seed, rows = units[0].seed, list(rows)
    trainings = {method: study.start(method, seed) for method in study.methods}
    store.load(seed, {method: training.load for method, training in trainings.items()})
    _settle()
    kept = time.monotonic()
    for number, unit in enumerate(units, 1):
        bar.start(str(unit))
        began = time.perf_counter()
        fields = trainings[unit.method].epoch(unit.epoch)
        place = {"method": unit.method, "seed": seed, "epoch": unit.epoch}
        place |= {"process": process, "position": unit.position}
        fields |= {"wall_s": time.perf_counter() - began}
        rows.append(place | {name: _finite(value) for name, value in fields.items()})
        bar.step(str(unit), unit.method, rows[-1]["wall_s"])
        if number == len(trainings):
            _settle()  # again: by now all is imported that is imported on first use
        # Between epochs only: one that is interrupted leaves a state that belongs to no row.
        if unit is not units[-1] and time.monotonic() - kept >= CHECKPOINT_S:
            store.save(seed, rows, {method: training.save for method, training in trainings.items()})
            kept = time.monotonic()
    store.save(seed, rows)
    gc.unfreeze()
    return rows


def _settle() -> None:
    """Collect garbage, and leave what survives out of the collections to come: the one that every epoch begins with
    then walks through what is new, not through all that the packages hold, 0.1 s where twenty small steps take 0.004.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _finite(value: Any) -> Any:
    """The value with null for every number in it that is not finite: JSON knows none."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
