"""A whole profile without asv: the same sessions and records, for machines that have only torch or jax and numpy."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.harness import ledger
from benchmarks.harness.account import Account
from benchmarks.harness.ledger import RunName
from benchmarks.harness.profile import Profile
from benchmarks.harness.run import every_cell, measure, planned
from benchmarks.harness.store import Store, probe_all


def environment_name(profile: Profile, device: str) -> str:
    """What the environment of a whole profile without asv is called."""
    return f"plain-BENCH_DEVICE{device}-BENCH_PROFILE{profile.name}"


def run(profile: Profile, device: str, machine: str | None, bench: str | None = None) -> int:
    """Measure every cell of the profile, or of the asv benchmarks that ``bench`` finds, with progress; a run that was
    cut off is taken up.

    Raises
    ------
    ValueError
        in one line, where ``bench`` is no regular expression or finds nothing
    """
    plan = bench or ""
    names = planned(profile, device, plan)
    if not names:
        raise ValueError(
            f"--bench {plan!r} finds nothing in profile {profile.name}; allowed: part of a benchmark's name"
        )
    store = Store(machine=machine, environment_name=environment_name(profile, device), run=RunName.of_process(plan))
    probe_all(store.results, store.machine)
    with tempfile.TemporaryDirectory(prefix="jacobench-") as cache, Account(profile, device, plan).followed():
        for cell in every_cell(profile, device):
            if cell.name in names:
                measure(cell, profile, store, cache=Path(cache))
    ledger.tell(store.results / store.machine, store.run, "told")
    print(f"session records: {store.folder}")
    return 0
