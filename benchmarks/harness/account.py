"""How far a run is, as lines while it goes, and where its time went."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness.profile import Profile
from benchmarks.harness.progress import estimate_left
from benchmarks.harness.run import every_cell, expected_seconds, planned


class Account:
    """How far the run is and where its time went."""

    def __init__(self, profile: Profile, device: str, plan: str = "", commits: str | None = None):
        self.began = time.monotonic()
        sessions = planned(profile, device, plan)
        known = [cell for cell in every_cell(profile, device) if cell.name in sessions]
        self.expected = {cell.name: expected_seconds(cell, profile) for cell in known}
        self.expected_session = {name: seconds / sessions[name] for name, seconds in self.expected.items()}
        # Of a range of commits asv alone knows how many there will be.
        self.total = sum(sessions.values()) if commits is None else None
        self.finished: list[tuple[str, float]] = []
        self.checking_s = 0.0
        self.first_session: float | None = None
        self.resumed = 0

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Show the progress of all sessions of this process, and of those that it starts, within the context; after it
        where the time went.
        """
        done = threading.Event()
        before = os.environ.get("BENCH_PROGRESS")
        with tempfile.TemporaryDirectory(prefix="jacobench-") as folder:
            events = Path(folder) / "progress"
            events.touch()
            os.environ["BENCH_PROGRESS"] = str(events)
            follower = threading.Thread(target=self._show, args=(events, done))
            follower.start()
            try:
                yield
            finally:
                done.set()
                follower.join()
                os.environ.pop("BENCH_PROGRESS")
                if before is not None:
                    os.environ["BENCH_PROGRESS"] = before
        self._close()

    def take(self, event: dict[str, Any]) -> None:
        """Add one progress event and show it."""
        if event["event"] == "line":
            print(event["text"], flush=True)
            return
        if event["event"] == "session":
            if event["resumed"] and not self.resumed:
                print("going on with a run that was cut off: what it measured is kept", flush=True)
            if self.first_session is None:
                self.first_session = time.monotonic()
            self.resumed += event["resumed"]
            return
        self.finished.append((event["cell"], event["elapsed_s"]))
        self.checking_s += event["checking_s"]
        print(
            f"[{len(self.finished):>3}/{self.total or '?'}] {event['cell']} process {event['process']}:"
            f" {event['elapsed_s']:.1f} s   elapsed {_clock(time.monotonic() - self.began)}{self._left()}",
            flush=True,
        )

    def _left(self) -> str:
        """The estimate of the rest. Sessions that were taken up took no time and teach nothing."""
        pairs = [(self.expected_session.get(cell, 1.0), taken) for cell, taken in self.finished]
        rest = sum(self.expected.values()) - sum(expected for expected, _ in pairs)
        seconds = estimate_left([pair for pair in pairs if pair[1] > 0.1], [max(rest, 0.0)])
        return "" if self.total is None or seconds is None else f", about {_clock(seconds)} left"

    def _close(self) -> None:
        """Say which part of the time since the first session began was spent inside sessions, and which part of that
        judging results.
        """
        if self.first_session is None:
            return
        after = time.monotonic() - self.first_session
        inside = sum(taken for _, taken in self.finished)
        resumed = f", {self.resumed} of them taken up from a run that was cut off" if self.resumed else ""
        print(
            f"{len(self.finished)} sessions{resumed}: {inside:.0f} s inside sessions of {after:.0f} s"
            f" since the first began ({inside / max(after, 1e-9):.0%}), {self.checking_s:.0f} s of them checking"
            f" ({self.checking_s / max(inside, 1e-9):.0%})"
        )

    def _show(self, events: Path, done: threading.Event) -> None:
        """Follow the progress file until the run is over."""
        rest = ""
        with open(events, encoding="utf-8") as stream:
            while True:
                last = done.wait(0.2)
                rest += stream.read()
                *lines, rest = rest.split("\n")
                for line in lines:
                    self.take(json.loads(line))
                if last:
                    return


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
