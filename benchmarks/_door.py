"""What every asv class of the suite has in common: parameters, metrics, and the sessions behind them."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bench_core
from bench_core.method import DTYPES
from benchmarks.families import FAMILIES
from benchmarks.harness import RULER, lifeline, outcome, run
from benchmarks.harness.cell import Cell
from benchmarks.harness.listing import rows_of_checkout
from benchmarks.harness.pairs import paired_ratios
from benchmarks.harness.profile import device_from_environment, profile_from_environment
from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.store import Store, UnwritableError

PROFILE = profile_from_environment()
DEVICE = device_from_environment()


class _Door:
    """One sweep of a family on one backend (``classes`` makes them).

    All benchmarks of an asv run share one working folder (that is what the empty ``setup_cache`` is for). The first
    metric of a cell runs its sessions and leaves their names there; the other metrics and rows read them.
    """

    family: str
    backend: str
    param_names: list[str]
    timeout = 7 * 24 * 3600  # asv's limit knows no rows; the harness keeps the real deadlines
    version = str(RULER)

    def setup_cache(self) -> None:
        pass

    def track_seconds(self, method: str, *sizes: Any) -> Any:
        """Seconds of one call, over all processes of the cell."""
        samples = [seconds for row in self._rows(method, sizes) for seconds in row["samples_s"]]
        return {"samples": samples, "number": 1} if samples else math.nan

    def track_times_yardstick(self, method: str, *sizes: Any) -> Any:
        """A row's seconds over those of its family's yardstick in the same round, of all rounds of all processes.

        A machine's state moves both. Of the yardstick itself it would say nothing: NaN.
        """
        yardstick = FAMILIES[self.family].yardstick
        pairs = zip(self._rows(method, sizes), self._rows(yardstick, sizes)) if method != yardstick else ()
        samples = [ratio for row, other in pairs if not row.get("apart") for ratio in paired_ratios(row, other)]
        return {"samples": samples, "number": 1} if samples else math.nan

    def track_peak_bytes(self, method: str, *sizes: Any) -> float:
        """Working memory at the peak of one call, the largest of all processes."""
        return _largest(row["peak_bytes"] for row in self._rows(method, sizes))

    def track_error(self, method: str, *sizes: Any) -> float:
        """Relative error of the timed result against the float64 oracle, the largest of all processes."""
        return _largest(row["error"] for row in self._rows(method, sizes))

    def track_outcome(self, method: str, *sizes: Any) -> int:
        """0 ok, 1 skipped, 2 over_budget, 3 oom, 4 timeout, 5 wrong, 6 error; the worst of all processes."""
        return max(outcome.CODES[row["outcome"]] for row in self._rows(method, sizes))

    track_seconds.unit = "seconds"  # type: ignore[attr-defined]
    track_times_yardstick.unit = "times yardstick"  # type: ignore[attr-defined]
    track_peak_bytes.unit = "bytes"  # type: ignore[attr-defined]
    track_error.unit = "relative error"  # type: ignore[attr-defined]
    track_outcome.unit = "outcome"  # type: ignore[attr-defined]

    def _rows(self, method: str, sizes: tuple[Any, ...]) -> list[dict[str, Any]]:
        """This row in the records of all processes of its cell; runs the sessions if this run has not yet."""
        *values, dtype = sizes
        if self.family not in bench_core.FAMILIES or dtype not in DTYPES:
            return [_ABSENT]
        cell = Cell.of(self.family, self.backend, dict(zip(self.param_names[1:], values)), DEVICE, dtype)
        shared = Path.cwd()
        index = shared / f"{cell.name}.json"
        if index.exists():
            records = [read_json(Path(name)) for name in read_json(index)]
        else:
            records = _measure(cell, store := Store(), shared)
            write_json(index, [str(store.path(cell, process)) for process in range(len(records))])
        return [record["rows"].get(method, _ABSENT) for record in records]


def classes(family: str, base: type[_Door] = _Door) -> dict[str, type[_Door]]:
    """The asv classes of a family, by name: one for each backend and sweep, ``Torch``, ``JaxSpectrum`` and so on.

    The rows are the checkout's, not those of the commit under test: asv lists parameters once and afterwards names
    them by their number, so they must be the same list whichever commit is installed.
    """
    made = {}
    for backend in bench_core.BACKENDS:
        for name, sweep in PROFILE.sweeps(family).items():
            values = {
                "method": rows_of_checkout(family, backend, name),
                **sweep.sizes,
                "dtype": PROFILE.dtypes_of(sweep),
            }
            title = backend.capitalize() + name
            made[title] = type(
                title,
                (base,),
                {
                    "__module__": f"benchmarks.{family}",
                    "__doc__": base.__doc__,
                    "family": family,
                    "backend": backend,
                    "params": tuple(map(list, values.values())),
                    "param_names": list(values),
                },
            )
    return made


def _measure(cell: Cell, store: Store, shared: Path) -> list[dict[str, Any]]:
    """The cell's records; where they cannot be kept, asv is ended: it would repeat the session for every row."""
    lifeline.end_in_order()
    if "BENCH_ASV" in os.environ:
        lifeline.die_with(os.getppid())
    try:
        return run.measure(cell, PROFILE, store, cache=shared)
    except UnwritableError:
        if "BENCH_ASV" in os.environ:
            os.kill(int(os.environ["BENCH_ASV"]), signal.SIGTERM)
        raise


# asv's server of benchmarks imports this module, and ends with asv however that ends: by asv's interrupt, too, where
# the run ignores those from the keyboard. None of them reaches the server, which has a process group of its own.
if os.environ.get("BENCH_ASV") == str(os.getppid()):
    lifeline.die_with(os.getppid())
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A method or family that the commit under test does not have yet, or no longer.
_ABSENT = {"outcome": "skipped", "rounds": [], "samples_s": [], "error": None, "peak_bytes": None}


def _largest(values: Iterable[float | None]) -> float:
    """NaN where there is none: asv's mark for an expected hole."""
    return max((float(value) for value in values if value is not None), default=math.nan)
