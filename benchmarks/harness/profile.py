"""Profiles: how much is measured, and for how long. ``smoke`` answers nothing, it shows in seconds that all runs."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench_core.method import DEVICES, check_choice


@dataclass(frozen=True)
class Sweep:
    """Cells that are compared with one another: the values of each size.

    dtypes        precisions of its own, where it has any
    only          the rows that are tried, where that is not all of the profile's
    call_share    share of the profile's longest call that is tried, where that is not the family's
    """

    sizes: dict[str, tuple[Any, ...]]
    dtypes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    call_share: float = 0.0

    def cells(self) -> list[dict[str, Any]]:
        """The sizes of every cell."""
        return [dict(zip(self.sizes, values)) for values in itertools.product(*self.sizes.values())]

    def holds(self, sizes: Mapping[str, Any]) -> bool:
        """Whether a cell of these sizes is one of them."""
        return all(sizes.get(name) in values for name, values in self.sizes.items())


# Rows of the implicit family that a network of 20,000 units may be trained with; their longest call, in the profile's.
MATRIX_FREE = (
    *("jfb", "neumann_1", "neumann_5", "neumann", "cg", "gmres", "bicgstab", "anderson"),
    *("forward_picard", "parameter_vjp"),
)
LARGE_CALLS = 1.4


def _logdet(D: tuple[int, ...], B: tuple[int, ...] = (100,)) -> dict[str, Sweep]:
    return {"": Sweep({"D": D, "B": B, "L": (2,)})}


def _implicit(
    D: tuple[int, ...],
    B: tuple[int, ...],
    at: int,
    gamma: tuple[float, ...],
    T: tuple[str, ...],
    single: tuple[int, ...],
    conv: tuple[int, ...],
    large: tuple[int, ...],
) -> dict[str, Sweep]:
    """Over the dimension; over contraction and normality at one dimension; one sample; over the size of the conv block.

    In float64: iterative methods are compared at one tolerance, which must not be a matter of rounding. Over the
    dimensions where calls take seconds as a network is trained, in float32 to a residual that its rounding allows, and
    only the rows that need no matrix beside A.
    """
    fixed = {"tol": (1e-6,)}
    exact = ("float64",)
    return {
        "": Sweep({"D": D, "B": B, "gamma": (0.9,), "T": ("random",), **fixed}, exact),
        "Spectrum": Sweep({"D": (at,), "B": (64,), "gamma": gamma, "T": T, **fixed}, exact),
        "Single": Sweep({"D": single, "B": (1,), "gamma": (0.9,), "T": ("random",), **fixed}, exact),
        "Conv": Sweep({"D": conv, "B": (64,), "gamma": (0.9,), "T": ("conv",), **fixed}, exact),
        "Large": Sweep(
            {"D": large, "B": (64,), "gamma": (0.9,), "T": ("random",), "tol": (1e-4,)},
            ("float32",),
            only=MATRIX_FREE,
            call_share=LARGE_CALLS,
        ),
    }


# What factors of J are for; quadratures and adaptive steps have the sweeps over other kinds of J.
FACTORED = (
    *("gauss_legendre_16", "kronecker", "kronecker_formed", "inverse_lu_rk4", "inverse_cholesky_rk4"),
    *("inverse_kronecker_rk4", "inverse_kronecker_dopri5", "inverse_as_printed"),
)


def _line_integral(
    d: tuple[int, ...],
    bounded: tuple[int, ...],
    squares: tuple[int, ...],
    kronecker: tuple[str, ...],
    single: tuple[int, ...],
    J: tuple[str, ...] = ("psd",),
    limited: tuple[str, ...] = ("tanh", "free"),
) -> dict[str, Sweep]:
    """Over the dimension for the invertible J; for entries that are bounded or free; for Kronecker factors, and of one
    sample, of which LU takes a large J too.

    In float64: the rules are compared down to 1e-7, which is float32's rounding.
    """
    exact = ("float64",)

    def sizes(d: tuple[int, ...], J: tuple[str, ...], B: int = 64) -> dict[str, tuple[Any, ...]]:
        return {"d": d, "B": (B,), "H": (64,), "J": J}

    return {
        "": Sweep(sizes(d, J), exact),
        "Bounded": Sweep(sizes(bounded, limited), exact),
        "Kronecker": Sweep(sizes(squares, kronecker), exact, FACTORED),
        "Single": Sweep(sizes(single, kronecker, B=1), exact, FACTORED),
    }


def _score(
    d: tuple[int, ...], H: tuple[int, ...], deep: tuple[int, ...], wide: tuple[int, ...], L: tuple[int, ...]
) -> dict[str, Sweep]:
    """Over the dimension with two hidden layers; over their number."""
    return {
        "": Sweep({"d": d, "H": H, "L": (2,), "B": (128,)}),
        "Depth": Sweep({"d": deep, "H": wide, "L": L, "B": (128,)}),
    }


@dataclass(frozen=True)
class Profile:
    """What a profile measures and the budgets that it keeps.

    sweeps          per family: the values of each size, in one or several sweeps (a sweep is an asv class)
    dtypes          precisions
    processes       sessions of one cell, each a fresh process (``processes_of`` has each family's number)
    alone_from      swept size from which one process takes all of a cell's rounds: there drawing, placing and checking
                    the problem take as long as timing it
    min_rounds      rounds every row takes part in (all processes of a cell together make at least 6)
    max_rounds      rounds after which a row has enough
    row_budget_s    seconds of samples for one row in one session (``row_seconds`` has each family's share of it)
    call_limit_s    a row whose single call is predicted or seen to take longer is over_budget (``call_seconds`` has
                    each family's share of it)
    session_limit_s absolute deadline of one session
    compiled_up_to  largest swept size at which torch.compile's forms are timed (their compilation costs seconds a row,
                    and they differ from eager where calls are short)
    precision       a paired ratio's interval is narrow enough at this relative half-width
    only            per family: the rows that are tried, where that is not all of them
    peers           whether libraries' methods are tried where they are installed
    """

    name: str
    sweeps: dict[str, dict[str, Sweep]]
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
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    peers: bool = False
    alone_from: float = math.inf

    def tries(self, family: str, method: str, role: str, sizes: Mapping[str, Any] | None = None) -> bool:
        """Whether the rows of this method are measured at all, or in a cell of these sizes."""
        chosen = dict(self.only).get(family)
        if (chosen is not None and method not in chosen) or (role == "peer" and not self.peers):
            return False
        sweeps = self._sweeps_of(family, sizes or {})
        return not sweeps or any(not sweep.only or method in sweep.only for sweep in sweeps)

    def _sweeps_of(self, family: str, sizes: Mapping[str, Any]) -> list[Sweep]:
        """The sweeps that a cell of these sizes is in; none for a cell that was asked for by itself."""
        return [sweep for sweep in self.sweeps.get(family, {}).values() if sweep.holds(sizes)]

    def processes_of(self, family: str, swept: float = 0) -> int:
        """Sessions of one cell of this family and swept size."""
        return 1 if swept >= self.alone_from else max(1, round(self.processes * SESSIONS.get(family, 1.0)))

    def rounds_of(self, family: str, swept: float = 0) -> int:
        """Rounds every row takes part in: all processes of a cell together make at least 6."""
        return max(self.min_rounds, -(-6 // self.processes_of(family, swept)))

    def call_seconds(self, family: str, sizes: Mapping[str, Any]) -> float:
        """The longest call that is tried in a cell of this family."""
        shares = [sweep.call_share for sweep in self._sweeps_of(family, sizes)]
        return max(self.call_limit_s * max([CALLS.get(family, 1.0), *shares]), min(self.call_limit_s, 0.5))

    def row_seconds(self, family: str) -> float:
        """Seconds of samples for one row of this family in one session."""
        return self.row_budget_s * SHARES.get(family, 1.0)

    def dtypes_of(self, sweep: Sweep) -> tuple[str, ...]:
        return sweep.dtypes or self.dtypes


# A session of the implicit family has some 30 rows, four times as many as one of logdet.
SHARES = {"implicit": 0.2, "line_integral": 0.3, "score": 0.5}
CALLS = {"implicit": 0.1, "line_integral": 0.3}
# And JAX, of score torch, compiles each of them anew in every process, half a minute a cell. One process in standard,
# two in full: its intervals are then those within a process.
SESSIONS = {"implicit": 1 / 3, "line_integral": 1 / 3, "score": 1 / 3}

# Some six a decade: about 20 sizes in all, which is what an honest interval of an exponent needs.
STANDARD_D = (10, 32, 50, 70, 100, 150, 220, 320, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 10000, 20000)

FULL_SCORE_D = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)

# Half of the implicit family: what JAX compiles in quick must take a minute.
QUICK_ROWS = (
    *("jfb", "neumann_1", "neumann_5", "neumann_10", "neumann_20", "phantom", "shine", "neumann"),
    *("cg", "cg_published", "gmres", "bicgstab", "unrolled_10", "unrolled_30", "unrolled_100"),
    *("forward_picard", "parameter_vjp"),
)

# What diffrax compiles for every tolerance and way of differentiating takes seconds a row.
QUICK_INTEGRALS = (
    *("gauss_legendre_4", "gauss_legendre_8", "gauss_legendre_16", "trapezoid_16", "trapezoid_64"),
    *("dopri5_direct_1e-06", "averaged_hidden_16", "psd_applied", "psd_formed", "kronecker", "kronecker_formed"),
    *("inverse_lu_rk4", "inverse_cholesky_rk4", "inverse_kronecker_rk4", "inverse_as_printed"),
)

SMOKE = Profile(
    name="smoke",
    sweeps={
        "logdet": _logdet((8, 12), (16,)),
        "implicit": _implicit(
            D=(8,), B=(4,), at=8, gamma=(0.5,), T=("symmetric",), single=(8,), conv=(64,), large=(8,)
        ),
        # One cell for the sweeps of a batch: it is measured once.
        "line_integral": _line_integral((4,), (4,), (4,), ("kronecker_psd",), (4,), *2 * (("kronecker_psd",),)),
        "score": _score((2,), (8,), (2,), (8,), (2,)),
    },
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=12,
    row_budget_s=0.05,
    call_limit_s=0.5,
    session_limit_s=60,
    compiled_up_to=0,
    only=(
        ("implicit", ("jfb", "neumann_2", "cg", "gmres", "unrolled_10", "forward_picard", "parameter_vjp")),
        ("line_integral", ("gauss_legendre_4", "gauss_legendre_8", "psd_applied", "inverse_lu_rk4")),
        ("score", ("psi", "phi", "curl_jvp_vjp")),
    ),
)
QUICK = Profile(
    name="quick",
    sweeps={
        "logdet": _logdet((10, 30, 100, 300, 1000, 2000)),
        "implicit": _implicit(
            D=(16, 64, 256), B=(64,), at=64, gamma=(0.9,), T=("rotation",), single=(64,), conv=(64,), large=(512,)
        ),
        "line_integral": _line_integral((8, 32), (8,), (16,), ("kronecker_psd",), (256,), limited=("free",)),
        # All above compiled_up_to: torch takes 20 s to compile the four rows.
        "score": _score((16, 64, 512), (64,), (64,), (64,), (4,)),
    },
    dtypes=("float32",),
    processes=1,
    min_rounds=6,
    max_rounds=60,
    row_budget_s=0.6,
    call_limit_s=0.5,
    session_limit_s=90,
    compiled_up_to=10,
    only=(("implicit", QUICK_ROWS), ("line_integral", QUICK_INTEGRALS)),
)
STANDARD = Profile(
    name="standard",
    sweeps={
        "logdet": _logdet(STANDARD_D),
        "implicit": _implicit(
            D=(10, 32, 100, 200, 320, 640, 1000, 2000, 3200),
            B=(64,),
            at=512,
            gamma=(0.5, 0.9, 0.99),
            T=("random", "symmetric", "rotation"),
            single=(32, 320, 3200),
            conv=(256, 1024),
            large=(1000, 2000, 5000, 10000, 20000),
        ),
        "line_integral": _line_integral(
            (1, 8, 32, 64, 128, 256, 1024),
            (8, 64, 256),
            (4, 16, 36, 64, 144, 256, 576, 1024),
            ("kronecker", "kronecker_psd"),
            (64, 256, 1024),
        ),
        "score": _score((2, 16, 64, 512, 2048), (64, 256), (64, 512), (64, 256), (1, 3, 4)),
    },
    dtypes=("float32",),
    processes=3,
    min_rounds=2,
    max_rounds=50,
    row_budget_s=0.5,
    call_limit_s=8.5,
    session_limit_s=600,
    compiled_up_to=100,
    peers=True,
    alone_from=20_000,
)
FULL = Profile(
    name="full",
    sweeps={
        "logdet": _logdet(STANDARD_D, (1, 10, 100, 1000)),
        "implicit": _implicit(
            D=STANDARD_D,
            B=(64,),
            at=512,
            gamma=(0.5, 0.9, 0.99),
            T=("random", "symmetric", "rotation"),
            single=STANDARD_D,
            conv=(64, 256, 1024, 4096),
            large=STANDARD_D,
        ),
        "line_integral": _line_integral(
            (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
            (1, 8, 16, 32, 64, 128, 256, 512, 1024),
            (4, 16, 36, 64, 144, 256, 576, 1024, 2304, 4096),
            ("kronecker", "kronecker_psd"),
            (16, 64, 256, 1024, 4096),
        ),
        "score": _score(FULL_SCORE_D, (64, 256, 1024), (2, 64, 512), (64, 256), (1, 3, 4, 6)),
    },
    dtypes=("float32", "float64"),
    processes=5,
    min_rounds=3,
    max_rounds=100,
    row_budget_s=2.0,
    call_limit_s=60.0,
    session_limit_s=3600,
    compiled_up_to=1000,
    peers=True,
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
