"""From the frame's lines to the points of each series: one row at one size, all its processes together."""

import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from .clocks import read_clocks
from .load import shorten
from .points import DIMENSIONS, Place, Point, Points, Products, Quality, Series, Start
from .statistics import choose_spread, fit_spread

# What a session says of a row that would take it too long; what ran, was wrong or had no memory it knows.
NO_TIME = ("over_budget", "timeout", "skipped")


def collect_points(
    frame: pd.DataFrame, states: Mapping[tuple[Any, ...], str], astray: Collection[tuple[Any, ...]] = ()
) -> Points:
    """The points of each series by size and row; `states` has the letter of each session by its `session_key`, and
    `astray` are the keys of those that ran at another speed than their state.
    """
    lines = frame.to_dict("records")
    for line in lines:
        line["moved"] = line["moved"] or _find_key(line) in astray
    axes = {family: _choose_axis(part["sizes"]) for family, part in frame.groupby("family", sort=True)}
    letters = _choose_letters(lines, states)
    grouped: dict[tuple[Series, float, str], list[dict[Any, Any]]] = {}
    for line, letter in zip(lines, letters, strict=True):
        sizes, axis = dict(line["sizes"]), axes[line["family"]]
        if axis not in sizes:
            continue
        fixed = tuple((name, value) for name, value in line["sizes"] if name != axis)
        series = Series(line["family"], _find_place(line), fixed, axis, letter)
        grouped.setdefault((series, float(sizes[axis]), line["row"]), []).append(line)
    found: Points = {}
    for (series, size, row), records in grouped.items():
        found.setdefault(series, {}).setdefault(size, {})[row] = _make_point(size, records)
    _lend_spreads(found)
    return found


def _find_key(line: Mapping[Any, Any]) -> tuple[Any, ...]:
    """The `session_key` of a row's line."""
    return tuple(line[key] for key in ("machine", "environment", "commit", "cell", "process", "patient"))


def _find_place(line: Mapping[Any, Any]) -> Place:
    return Place(line["machine"], line["backend"], line["device"], line["dtype"])


def _choose_letters(lines: Sequence[Mapping[Any, Any]], states: Mapping[tuple[Any, ...], str]) -> list[str]:
    """The letter of each line, "" where its family has one state at its place; unknown ones are in the first."""
    letters = [states.get(_find_key(line), "") for line in lines]
    scopes = [(line["family"], _find_place(line)) for line in lines]
    several: dict[Any, set[str]] = {}
    for scope, letter in zip(scopes, letters, strict=True):
        several.setdefault(scope, set()).update({letter} - {""})
    return [
        "" if len(several[scope]) < 2 else letter or min(several[scope])
        for scope, letter in zip(scopes, letters, strict=True)
    ]


def find_scopes(series: Series) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What shares a spread between processes: a family at its place and state, and all families with its backend on the
    machine.
    """
    place = series.place
    return (series.family, place, series.state), (place.machine, place.backend, place.device)


def _lend_spreads(found: Points) -> None:
    """Give each point the spread between processes of its family, place and state, where that is known: of few cells
    the wider of it and that of all families with its backend on the machine.
    """
    groups: dict[Any, list[list[np.ndarray]]] = {}
    for series, sizes in found.items():
        for rows in sizes.values():
            several = [p.medians for p in rows.values() if p.lends and len(p.medians) > 1]
            for scope in find_scopes(series):
                groups.setdefault(scope, []).append(several)
    spreads = {scope: fit_spread(chain(*cells)) for scope, cells in groups.items()}
    for series, sizes in found.items():
        own, wider = find_scopes(series)
        spread = spreads[own]
        if spread is not None:
            spread = choose_spread(spread, sum(map(bool, groups[own])), spreads[wider])
        for rows in sizes.values():
            rows.update({row: replace(p, spread=spread) for row, p in rows.items() if not p.patient})


def _choose_axis(cells: Iterable[tuple[tuple[str, Any], ...]]) -> str:
    """The dimension where it varies, else the size that varies most."""
    values: dict[str, set[Any]] = {}
    for sizes in cells:
        for letter, value in sizes:
            values.setdefault(letter, set()).add(value)
    numeric = {letter: found for letter, found in values.items() if not any(isinstance(v, str) for v in found)}
    for letter in DIMENSIONS:
        if len(numeric.get(letter, ())) > 1:
            return letter
    return min(numeric or values, key=lambda letter: (-len(values[letter]), letter not in DIMENSIONS, letter))


def _make_point(size: float, lines: Sequence[Mapping[Any, Any]]) -> Point:
    """One point from a row's lines, one per process: the outcome is the first that was not ok.

    Lines of patient sessions are the point only where the rounds had no time for the row, and these sessions had.
    """
    records, others = ([line for line in lines if line["patient"] == patient] for patient in (False, True))
    told = [line for line in others if line["outcome"] not in NO_TIME]
    if not records or (told and all(record["outcome"] in NO_TIME for record in records)):
        records, others = others, []
    shown = next((record for record in records if record["outcome"] != "ok"), records[0])
    names = ("row", "method", "form", "role", "exact", "computes", "source", "outcome", "reason", "measure")
    names += ("peak_instrument", "settings")
    numbers = ("predicted_s", "predicted_bytes", "tolerance", "flops", "bytes", "vjps", "jvps", "evaluations")
    numbers += ("formula_peak_bytes",)
    values: dict[str, Any] = {name: shown[name] for name in names} | {name: float(shown[name]) for name in numbers}
    return Point(
        size=size,
        **values,
        # The worst process: an error or a memory peak is a bound, not an average.
        error=_largest(record["error"] for record in records),
        peak_bytes=_largest(record["peak_bytes"] for record in records),
        # What it looks for is the code's: one process is enough.
        checked_again=_largest(record["checked_again"] for record in records),
        starts={each["process"]: Start(*(float(each[start.name]) for start in fields(Start))) for each in records},
        samples=_read_samples(records),
        moved=frozenset(record["process"] for record in records if record["moved"]),
        beside=_read_samples(others),
        patient=bool(records[0]["patient"]),
        products=_read_products(shown),
        quality=_merge_quality([record["quality"] for record in records]),
        commit=shorten(shown["commit"]),
        clocks=read_clocks(records),
    )


def _read_samples(records: Iterable[Mapping[Any, Any]]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    return {record["process"]: (record["rounds"], record["samples_s"]) for record in records}


def _read_products(record: Mapping[str, Any]) -> Products | None:
    """What the record counted, else what its formula says; None where neither is known."""
    given = record["products"] or {name: record[name] for name in ("vjps", "jvps", "evaluations")}
    spent = {name: given.get(name) for name in ("vjps", "jvps", "evaluations")}
    known = {name: float(value) for name, value in spent.items() if isinstance(value, int | float) and value >= 0}
    if not known:
        return None
    counted = record["products"].get("counted") is True
    return Products(*(known.get(name, 0.0) for name in spent), counted=counted)


# By what the worst is the largest, where that is not the number itself.
_WORST: Mapping[str, Callable[[float], float]] = {"cosine": operator.neg, "descent": operator.neg, "bias": abs}


def _merge_quality(found: Sequence[Mapping[str, float]]) -> Quality:
    """The worst process of each: a bound, not an average."""
    # A looser setting that solved nothing at all tells nothing.
    known = [{n: v for n, v in given.items() if not (n == "looser_residual" and v >= 1)} for given in found]
    names = [quantity.name for quantity in fields(Quality)]
    return Quality(**{n: _largest((given.get(n, math.nan) for given in known), _WORST.get(n)) for n in names})


def _largest(values: Iterable[float], by: Callable[[float], float] | None = None) -> float:
    """What is known and largest ``by`` this, by itself where nothing is said."""
    return max((value for value in values if not math.isnan(value)), key=by, default=math.nan)
