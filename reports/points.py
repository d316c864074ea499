"""One row at one size, and the series of cells it belongs to: what the frame's lines become."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .clocks import Clocks
from .families import FAMILIES
from .statistics import Estimate, Spread, deviate_process, estimate_process, middle

# Gradients by other parameters than the family's: shown beside its methods, and never an answer to its questions.
OTHER_MODELS = frozenset(kind for family in FAMILIES.values() for kind in family.others)
# What `computes` says of rows whose answer is none to what computes a gradient. Every other word is one of some kind.
NOT_GRADIENTS = OTHER_MODELS | {kind for family in FAMILIES.values() for kind in family.no_answers}
# Forms that are compiled before they are timed.
COMPILED = ("compiled", "jit")
# The letters of the papers for the size that all is about.
DIMENSIONS = tuple(dict.fromkeys(family.sizes[0].letter for family in FAMILIES.values()))
_MEMORY_WORDS = re.compile(r"memory|bytes|\b[kKMGT]i?B\b")


@dataclass(frozen=True, order=True)
class Place:
    """Where something was measured."""

    machine: str
    backend: str
    device: str
    dtype: str


@dataclass(frozen=True, order=True)
class Series:
    """Cells that differ in one size only, the `axis`; the others are `fixed`.

    `state` is the letter of the machine's state where the family was measured in several: cells of two states share
    no curve. It is "" where there is one.
    """

    family: str
    place: Place
    fixed: tuple[tuple[str, Any], ...]
    axis: str
    state: str = ""

    def size(self, letter: str) -> Any:
        """One of the fixed sizes, None where the family has no such letter."""
        return dict(self.fixed).get(letter)


@dataclass(frozen=True)
class Group:
    """Cells of one place, size and batch that differ in what is solved (gamma, T), one of each series."""

    place: Place
    size: float
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Products:
    """Products per sample and what counted them: the wrapped operator in an untimed run, or the formula."""

    vjps: float
    jvps: float
    evaluations: float
    counted: bool

    @property
    def total(self) -> float:
        """All three together: each costs about as much as the others."""
        return self.vjps + self.jvps + self.evaluations


UNCOUNTED = Products(math.nan, math.nan, math.nan, False)


@dataclass(frozen=True)
class Quality:
    """What a result is worth beyond its error, the worst process of each; NaN where it was not recorded.

    residual is the largest |v - J^T w| / |v| of a sample, looser_residual what a library reaches with the nearest
    looser setting that misses its tolerance, cosine that of the parameter gradient p against the oracle's g, descent
    <p, g> / |g|^2. path_error and round_trip are an inverse's, mean and spread those of a curl's ratio to
    the dense one, over the samples. sample_error is the largest of a sample where one is harder than the others,
    hard_error that one's, estimate the largest by the rule's own estimate. bias and noise are an estimated
    log|det W|'s, in nats a dimension.
    """

    residual: float = math.nan
    looser_residual: float = math.nan
    cosine: float = math.nan
    descent: float = math.nan
    iterations_max: float = math.nan
    path_error: float = math.nan
    round_trip: float = math.nan
    mean: float = math.nan
    spread: float = math.nan
    sample_error: float = math.nan
    hard_error: float = math.nan
    estimate: float = math.nan
    bias: float = math.nan
    noise: float = math.nan


@dataclass(frozen=True)
class Start:
    """What a process spent before a row's later calls, seconds; NaN where it was not recorded.

    Compiling with nothing cached (`compile_cold_s`) or from a warm disk cache (`compile_cached_s`) is part of the build
    (JAX) or of the first call (torch).
    """

    build_s: float = math.nan
    compile_cold_s: float = math.nan
    compile_cached_s: float = math.nan
    first_call_s: float = math.nan


@dataclass(frozen=True)
class Ladder:
    """Rows of one method that differ in one number, `letter`: (value, row) ascending. `stem` is what names share."""

    stem: str
    letter: str
    rungs: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Point:
    """One row at one size: all its processes together."""

    size: float
    row: str
    method: str
    form: str
    role: str
    exact: bool
    computes: str
    source: str
    outcome: str
    reason: str
    predicted_s: float
    predicted_bytes: float
    error: float
    tolerance: float
    flops: float
    bytes: float
    vjps: float
    jvps: float
    evaluations: float
    formula_peak_bytes: float
    peak_bytes: float
    peak_instrument: str
    # process: (rounds, seconds)
    samples: dict[int, tuple[np.ndarray, np.ndarray]] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    products: Products | None = None
    quality: Quality = field(default_factory=Quality)
    # process: what came before the later calls
    starts: dict[int, Start] = field(default_factory=dict, repr=False)
    # What `error` is: against the reference, by random probes, or a residual; "" in records that do not say.
    measure: str = ""
    # 1 where a process checked it once more on new data, after timing, else 0; NaN in records that do not say.
    checked_again: float = math.nan
    commit: str = ""
    # How far another process may lie, None where nothing like this was measured in several.
    spread: Spread | None = None
    # Timed in one to three calls by a session of its own, as no other profile had the time: nothing shows its spread.
    patient: bool = False
    # process: samples of the same row in a patient session of the cell, for ratios with that session's rows only
    beside: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False)
    # Processes whose machine moved while they ran, or ran at another speed than its state: rounds pair their rows as
    # ever, of their seconds nothing is said where the cell has others.
    moved: frozenset[int] = frozenset()
    # What else timed it, on a GPU.
    clocks: Clocks = field(default_factory=Clocks)

    def choose(self, processes: set[int]) -> "Point":
        """The same with the samples of these processes alone."""
        return replace(self, samples={process: self.samples[process] for process in sorted(processes)})

    @cached_property
    def ok(self) -> bool:
        """Ran, was right and was timed."""
        return self.outcome == "ok" and any(seconds.size for _, seconds in self.samples.values())

    @property
    def in_rounds(self) -> bool:
        """Ran in the rounds of a profile, not in a patient session."""
        return self.ok and not self.patient

    @property
    def lends(self) -> bool:
        """Whether its processes say how far apart those of other rows may lie."""
        return self.in_rounds and self.role != "twin"

    @cached_property
    def groups(self) -> list[np.ndarray]:
        """Samples in seconds, one array per process: of those whose machine kept its speed, of all where none did."""
        known = {process: seconds for process, (_, seconds) in self.samples.items() if seconds.size}
        return [known[process] for process in sorted(known.keys() - self.moved or known)]

    @cached_property
    def seconds(self) -> Estimate:
        """Seconds of one call: the processes' median, with the interval for the median of another process."""
        return estimate_process(self.groups, self.spread)

    @cached_property
    def medians(self) -> np.ndarray:
        """Log median seconds (processes,)."""
        return np.array([middle(np.log(group)) for group in self.groups])

    @cached_property
    def deviation(self) -> float:
        """Standard deviation, in log seconds, that its processes are worth to its level; NaN where it is not known."""
        return deviate_process(self.medians, self.spread)

    @property
    def minimum(self) -> float:
        """The fastest sample."""
        return float(min(group.min() for group in self.groups))

    @property
    def cold_starts(self) -> list[Start]:
        """Starts of the processes that found nothing cached; of a row that is not compiled, of all."""
        cold = [start for start in self.starts.values() if not math.isnan(start.compile_cold_s)]
        return cold if cold or self.form in COMPILED else list(self.starts.values())

    @property
    def limit(self) -> str:
        """Why it did not run: memory, time, or the outcome's own name; "" if it ran."""
        if self.outcome == "over_budget":
            return "memory" if _MEMORY_WORDS.search(self.reason) else "time"
        return {"ok": "", "oom": "memory", "timeout": "time"}.get(self.outcome, self.outcome)

    @property
    def is_gradient(self) -> bool:
        """A candidate for the winner: an exact method that returns a gradient."""
        return self.role == "method" and self.exact and self.computes not in NOT_GRADIENTS

    @property
    def is_approximate(self) -> bool:
        """A method that returns a gradient which is not meant to be exact."""
        return self.role == "method" and not self.exact and self.computes not in NOT_GRADIENTS


Points = dict[Series, dict[float, dict[str, Point]]]


def pair_samples(a: Point, b: Point) -> list[tuple[np.ndarray, np.ndarray]]:
    """Samples of two rows aligned by round, one pair of arrays for each process that has both.

    A patient row stands beside what its own session timed, never beside another session's. Where a call took so long
    that it was timed apart from the rounds, the session's medians are the pair.
    """
    patient = a.patient or b.patient
    mine, theirs = (_read_patient(a), _read_patient(b)) if patient else (a.samples, b.samples)
    pairs = []
    for process in sorted(mine.keys() & theirs.keys()):
        (rounds_a, seconds_a), (rounds_b, seconds_b) = mine[process], theirs[process]
        if patient and process >= 0 and not (rounds_a.size and rounds_b.size):
            pairs.append((np.array([middle(seconds_a)]), np.array([middle(seconds_b)])))
        elif rounds_a.size and rounds_b.size:
            at = np.searchsorted(rounds_b, rounds_a) % rounds_b.size  # they ascend
            both = rounds_b[at] == rounds_a
            pairs += [(seconds_a[both], seconds_b[at[both]])] if both.any() else []
    return pairs


def find_middle(values: Iterable[float]) -> float:
    """The median of what is known, NaN where nothing is."""
    known = [value for value in values if not math.isnan(value)]
    return middle(np.array(known)) if known else math.nan


def summarise_starts(point: Point) -> dict[str, Any]:
    """Medians over processes: of those that found nothing cached, and of compilations from a warm disk cache."""
    cold = point.cold_starts
    return {
        "compile_cold_s": find_middle(start.compile_cold_s for start in cold),
        "compile_cached_s": find_middle(start.compile_cached_s for start in point.starts.values()),
        "first_call_s": find_middle(start.first_call_s for start in cold),
    }


def _read_patient(point: Point) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    samples = point.samples if point.patient else point.beside
    return {process: timed for process, timed in samples.items() if timed[1].size}
