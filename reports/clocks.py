"""The clocks of a GPU beside that of a queued block: a call waited for, cache warm or cold, and the device's own."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .statistics import middle

NAMES = ("latency_s", "cold_latency_s", "device_s")
NOTES = ("latency_note", "device_note")


@dataclass(frozen=True)
class Clocks:
    """Seconds of one call, NaN where a clock was not read; `note` says why.

    latency_s       waited for alone, with a warm cache; `cold_latency_s` after the L2 cache was swept
    device_s        by the device's own clock: of torch between two events, of JAX its busy time by a trace
    """

    latency_s: float = math.nan
    cold_latency_s: float = math.nan
    device_s: float = math.nan
    note: str = ""


def read_clocks(records: Iterable[Mapping[Any, Any]]) -> Clocks:
    """Of a row's records, one a process: as its time, the geometric mean of the processes' medians."""
    records = list(records)
    found = {}
    for name in NAMES:
        medians = [middle(record[name]) for record in records if record[name].size]
        found[name] = float(np.exp(np.mean(np.log(medians)))) if medians else math.nan
    note = next((record[name] for record in records for name in NOTES if record[name]), "")
    return Clocks(**found, note=note)
