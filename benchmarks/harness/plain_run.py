"""A whole profile without asv: the same sessions and records, for machines that have only torch or jax and numpy."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.harness import ledger
from benchmarks.harness.profile import Profile
from benchmarks.harness.run import every_cell, measure
from benchmarks.harness.store import Store, probe_all


def environment_name(profile: Profile, device: str) -> str:
    """What the environment of a whole profile without asv is called."""
    return f"plain-BENCH_DEVICE{device}-BENCH_PROFILE{profile.name}"


def run(profile: Profile, device: str, machine: str | None) -> int:
    """Measure every cell of the profile, one line a cell; a run that was cut off is taken up."""
    store = Store(machine=machine, environment_name=environment_name(profile, device))
    planned = every_cell(profile, device)
    probe_all(store.results, store.machine)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jacobench-") as cache:
        for number, cell in enumerate(planned, 1):
            measure(cell, profile, store, cache=Path(cache))
            print(f"[{number:>3}/{len(planned)}] {cell.name}   elapsed {time.monotonic() - began:.0f} s", flush=True)
    ledger.tell(store.results / store.machine, store.run, "told")
    print(f"session records: {store.folder}")
    return 0
