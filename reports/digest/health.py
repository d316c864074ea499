"""Whether the numbers can be trusted: the machine while it was measured, its states, noise, coverage and incidents."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..analysis.catalogue import find_place
from ..load import Session, Unmeasured
from ..points import Place
from ..records import is_number, is_positive
from ..states import SPEEDS, State, list_readings, read_canary
from ..statistics import SMALLEST_MARGIN, Coverage, judge
from .exponents import WIDEST
from .gpu import CardHealth, examine_card
from .incidents import Incident, find_incidents, weigh
from .provenance import Provenance, trace

# What the report says of a state as it was found.
_OF_STATE = ("letter", "processor", "gemm_flops_per_s", "copy_bytes_per_s", "canary_s", "one_thread_s")


@dataclass(frozen=True)
class PlaceHealth:
    """The machine while a place was measured; NaN and empty where no session recorded it.

    noise        A/A noise floor, from `twins` ratios; `margin` is that of a verdict
    canary       distance of the quartiles of the canary, relative to each session's median
    load, steal  the most in a session: cores that other work kept busy, share of time given to other guests
    stops        (reason, sessions) of why rounds ended
    checked      of `timed` points those whose result was checked again on new data, NaN where no record says
    rounds_s     seconds in rounds, of `elapsed_s` in sessions
    card         the GPU meanwhile; None on the CPU
    """

    place: Place
    noise: float
    twins: int
    margin: float
    canary: float
    load: float
    steal: float
    threads: tuple[str, ...]
    mhz: tuple[float, float]
    throttled: int | None
    stops: tuple[tuple[str, int], ...]
    sessions: int
    rounds_s: float
    elapsed_s: float
    timed: int
    checked: float
    card: CardHealth | None = None


@dataclass(frozen=True)
class MachineState:
    """Sessions of a place on one processor (or card) that ran at one speed, in times that of the place's state A."""

    place: Place
    threads: str
    letter: str
    processor: str
    speed: float
    gemm_flops_per_s: float
    copy_bytes_per_s: float
    canary_s: float
    one_thread_s: float
    sessions: int
    families: tuple[str, ...]


@dataclass(frozen=True)
class CoverageRow:
    """How often the 95 % interval of something (`what`) held what was left out; NaN where nothing was."""

    family: str
    what: str
    share: float
    left_out: int
    factor: float


@dataclass(frozen=True)
class Comparisons:
    """Rows compared with the fastest of their cell: how many are undetermined, and how many of these only because
    the noise floor is above the smallest margin; `unpaired` had no round in common.
    """

    total: int
    undetermined: int
    for_noise: int
    unpaired: int


@dataclass(frozen=True)
class Health:
    """The run's health. The first page tells `warnings`, the gravest first, and says nothing where there are none."""

    warnings: tuple[Incident, ...]
    notes: tuple[Incident, ...]
    places: tuple[PlaceHealth, ...]
    states: tuple[MachineState, ...]
    coverage: tuple[CoverageRow, ...]
    comparisons: Comparisons
    unmeasured: tuple[Unmeasured, ...]
    provenance: Provenance


def examine(analysis: Analysis, coverage: Iterable[CoverageRow] | None = None) -> Health:
    """The health of a run, with the `coverage` of its families where that is known already."""
    if coverage is None:
        coverage = (row for family in analysis.families for row in find_coverage(analysis, family))
    incidents = find_incidents(analysis)
    return Health(
        warnings=tuple(sorted((incident for incident in incidents if incident.warns), key=weigh)),
        notes=tuple(incident for incident in incidents if not incident.warns),
        places=tuple(_examine_place(analysis, place) for place in analysis.places),
        states=tuple(_compare_states(analysis.states)),
        coverage=tuple(coverage),
        comparisons=_count_comparisons(analysis),
        unmeasured=analysis.run.unmeasured,
        provenance=trace(analysis),
    )


def _examine_place(analysis: Analysis, place: Place) -> PlaceHealth:
    sessions, noise = analysis.sessions(place), analysis.noise(place)
    canary = [np.asarray(trace) / np.median(trace) for session in sessions if (trace := read_canary(session))]
    quartiles = np.quantile(np.concatenate(canary), [0.25, 0.75]) if canary else [math.nan, math.nan]
    throttled = [bool(t) for s in sessions if (t := s.get("environment", "throttled")) is not None]
    rows = [(series, row) for series in analysis.series() if series.place == place for row in analysis.rows(series)]
    checked = [point.checked_again for row in rows for point in analysis.points(*row) if point.ok]
    return PlaceHealth(
        place=place,
        noise=math.nan if noise is None else noise,
        twins=len(analysis.twins(place)),
        margin=analysis.margin(place),
        canary=float(quartiles[1] - quartiles[0]),
        load=_largest(s.get("state", "load_of_others") for s in sessions),
        steal=_largest(s.get("state", "steal") for s in sessions),
        threads=tuple(sorted({str(t) for s in sessions if (t := s.get("environment", "threads")) is not None})),
        mhz=_find_clocks(sessions),
        throttled=sum(throttled) if throttled else None,
        stops=tuple(sorted(Counter(str(s.get("stop", "reason", default="unknown")) for s in sessions).items())),
        sessions=len(sessions),
        rounds_s=_add(s.get("stages_s", "rounds") for s in sessions),
        elapsed_s=_add(s.get("elapsed_s") for s in sessions),
        timed=len(checked),
        checked=_add(checked),
        card=examine_card(sessions),
    )


def _find_clocks(sessions: list[Session]) -> tuple[float, float]:
    """The lowest and the highest clock; NaN where it is constant, as a virtual machine shows it to its guests."""
    names = ("mhz_before", "mhz_after")
    clocks = [s.get("environment", name) for s in sessions if not s.get("state") for name in names]
    known = [v for v in (*clocks, *(s.get("state", "mhz") for s in sessions)) if is_positive(v)]
    return (float(min(known)), float(max(known))) if len(set(known)) > 1 else (math.nan, math.nan)


def _compare_states(states: Iterable[State]) -> Iterable[MachineState]:
    usual: dict[Any, np.ndarray] = {}
    for state in states:
        threads = str(state.sessions[0].get("environment", "threads", default=""))
        place = find_place(state.sessions[0])
        speeds = np.log(list_readings(state)) * SPEEDS
        # States come with A, that of most sessions, first.
        gains = speeds - usual.setdefault((place, threads), speeds)
        # Where one thread was measured alone it tells; the others are of a pool, which has speeds of its own.
        known = gains[~np.isnan(gains)] if np.isnan(gains[3]) else gains[3:]
        yield MachineState(
            place=place,
            threads=threads,
            **{name: getattr(state, name) for name in _OF_STATE},
            speed=float(np.exp(np.median(known))) if known.size else math.nan,
            sessions=len(state.sessions),
            families=tuple(sorted({str(s.get("cell", "family")) for s in state.sessions})),
        )


def find_coverage(analysis: Analysis, family: str) -> tuple[CoverageRow, ...]:
    """How often the intervals of a family held what was left out."""
    found: dict[str, Coverage] = {
        "a time, for another process": analysis.coverage(family),
        "a ratio, for another process": analysis.coverage_of_ratios(family),
        "an exponent, for another process": analysis.coverage_of_exponents(family, WIDEST),
        "a crossover, for another process": analysis.coverage_of_crossovers(family),
    }
    return tuple(CoverageRow(family, what, c.share, c.total, c.factor) for what, c in found.items())


def _count_comparisons(analysis: Analysis) -> Comparisons:
    """What noise cost: comparisons with the fastest of a cell, by question."""
    counts: Counter[str] = Counter()
    for series in analysis.series():
        for size in analysis.sizes(series):
            for question in analysis.questions(series.family):
                rows = analysis.candidates(series, size, question)
                points = [p for row in rows if (p := analysis.point(series, size, row)) and p.ok]
                points.sort(key=lambda p: (p.seconds.value, p.row))
                for point in points[1:]:
                    ratio = analysis.ratio(series, size, points[0].row, point.row)
                    verdict = judge(ratio, analysis.margin(series.place))
                    counts["total"] += 1
                    counts[verdict] += 1
                    settled = judge(ratio, SMALLEST_MARGIN) != "undetermined"
                    counts["for noise"] += verdict == "undetermined" and settled
    return Comparisons(counts["total"], counts["undetermined"], counts["for noise"], counts["not-run"])


def _largest(values: Iterable[Any]) -> float:
    return max((float(value) for value in values if is_number(value)), default=math.nan)


def _add(values: Iterable[Any]) -> float:
    known = [value for value in values if is_number(value)]
    return float(sum(known)) if known else math.nan
