"""Progress of a study: a bar in a terminal, elsewhere a line a round."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any


class Bar:
    """``rest`` are the methods of the epochs still to be trained, in order; ``taken`` what each took so far."""

    def __init__(self, total: int, rest: Sequence[str], round_length: int):
        self._total, self._rest, self._round = total, list(rest), round_length
        self._taken: dict[str, list[float]] = {}
        self._began = time.monotonic()
        self._progress: Any = None

    @contextlib.contextmanager
    def show(self) -> Iterator[None]:
        """Draw the bar while the study runs."""
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[clock]}"),
        )
        with Progress(*columns, console=Console(stderr=True)) as self._progress:
            done = self._total - len(self._rest)
            self._task = self._progress.add_task("", total=self._total, completed=done, clock=self._clock())
            yield

    def start(self, unit: str) -> None:
        """This epoch is trained next."""
        if self._progress is not None:
            self._progress.update(self._task, description=unit, clock=self._clock())

    def step(self, unit: str, method: str, seconds: float) -> None:
        """It is done."""
        self._taken.setdefault(method, []).append(seconds)
        self._rest.pop(0)
        done = self._total - len(self._rest)
        if self._progress is not None:
            self._progress.update(self._task, completed=done, clock=self._clock())
        elif done % self._round == 0:
            print(f"[{done:>4}/{self._total}] {unit}   {self._clock()}", file=sys.stderr, flush=True)

    def _clock(self) -> str:
        left = estimate_left(self._rest, self._taken)
        told = "" if left is None else f", about {_write(left)} left"
        return f"elapsed {_write(time.monotonic() - self._began)}{told}"


def estimate_left(rest: Sequence[str], taken: dict[str, list[float]]) -> float | None:
    """Seconds still to go: a method's epochs take what they took so far, one not yet seen what the others did."""
    if not taken:
        return None
    means = {method: fmean(seconds) for method, seconds in taken.items()}
    return sum(means.get(method, fmean(means.values())) for method in rest)


def _write(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
