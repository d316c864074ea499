"""Profiles: how much is measured, and for how long. ``smoke`` answers nothing, it shows in seconds that all runs."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bench_core.method import DEVICES, check_choice


@dataclass(frozen=True)
class Profile:
    """What a profile measures and the budgets that it keeps.

    sizes           per family: the values of each size
    dtypes          precisions
    processes       sessions of one cell, each a fresh process
    min_rounds      rounds every row takes part in (all processes of a cell together make at least 6)
    max_rounds      rounds after which a row has enough
    row_budget_s    seconds of samples for one row in one session
    call_limit_s    a row whose single call is predicted or seen to take longer is over_budget
    session_limit_s absolute deadline of one session
    compiled_up_to  largest swept size at which forms beyond the first are timed (their compilation costs seconds a row,
                    and they differ from eager where calls are short)
    precision       a paired ratio's interval is narrow enough at this relative half-width
    """

    name: str
    sizes: dict[str, dict[str, tuple[int, ...]]]
    dtypes: tuple[str, ...]
    processes: int
    min_rounds: int
    max_rounds: int
    row_budget_s: float
    call_limit_s: float
    session_limit_s: float
    compiled_up_to: int
    precision: float = 0.01
    block_s: float = 0.002


# Some six a decade: about 20 sizes in all, which is what an honest interval of an exponent needs.
STANDARD_D = (10, 22, 32, 50, 70, 100, 150, 220, 320, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 10000, 20000)

SMOKE = Profile(
    name="smoke",
    sizes={"logdet": {"D": (8, 12), "B": (16,), "L": (2,)}},
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=12,
    row_budget_s=0.05,
    call_limit_s=0.5,
    session_limit_s=60,
    compiled_up_to=0,
)
QUICK = Profile(
    name="quick",
    sizes={"logdet": {"D": (10, 30, 100, 300, 1000, 2000), "B": (100,), "L": (2,)}},
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=60,
    row_budget_s=0.6,
    call_limit_s=0.5,
    session_limit_s=90,
    compiled_up_to=10,
)
STANDARD = Profile(
    name="standard",
    sizes={"logdet": {"D": STANDARD_D, "B": (100,), "L": (2,)}},
    dtypes=("float32",),
    processes=3,
    min_rounds=2,
    max_rounds=50,
    row_budget_s=0.5,
    call_limit_s=8.5,
    session_limit_s=600,
    compiled_up_to=100,
)
FULL = Profile(
    name="full",
    sizes={"logdet": {"D": STANDARD_D, "B": (1, 10, 100, 1000), "L": (2,)}},
    dtypes=("float32", "float64"),
    processes=5,
    min_rounds=3,
    max_rounds=100,
    row_budget_s=2.0,
    call_limit_s=60.0,
    session_limit_s=3600,
    compiled_up_to=1000,
)
PROFILES = {profile.name: profile for profile in (SMOKE, QUICK, STANDARD, FULL)}


def profile_from_environment() -> Profile:
    """The profile named by ``BENCH_PROFILE`` (default quick)."""
    return PROFILES[check_choice("profile (BENCH_PROFILE)", os.environ.get("BENCH_PROFILE", "quick"), tuple(PROFILES))]


def device_from_environment() -> str:
    """The device named by ``BENCH_DEVICE`` (default cpu)."""
    return check_choice("device (BENCH_DEVICE)", os.environ.get("BENCH_DEVICE", "cpu"), DEVICES)


def threads_from_environment() -> int:
    """One number for torch, XLA and BLAS: ``BENCH_THREADS``, else the processors this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("BENCH_THREADS", str(available))
    if not given.isdigit() or not 1 <= int(given) <= available:
        raise ValueError(f"BENCH_THREADS = {given!r} is not a number of threads; allowed: 1 to {available}")
    return int(given)
