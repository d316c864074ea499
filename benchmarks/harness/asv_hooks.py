"""A run inside asv's own process: its name, its end, and what it tells.

asv says nothing when it has written a result file, shows nothing of what a benchmark says while it runs, and leaves
its server of benchmarks behind when it is terminated.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.harness import ledger, lifeline
from benchmarks.harness.ledger import RunName
from benchmarks.harness.store import UnwritableError, probe_all, results_folder
from benchmarks.harness.stream import say

_FOLLOW_S = 0.2


def begin(bench: list[str]) -> None:
    """Prepare this process and those that asv starts for a run of the benchmarks that match ``bench`` (all: none)."""
    from asv.util import UserError

    place = results_folder(), os.environ["BENCH_MACHINE"]
    try:
        probe_all(*place)
    except UnwritableError as error:
        raise UserError(str(error)) from None
    lifeline.end_in_order()
    if parent := os.environ.pop("BENCH_PARENT", None):
        lifeline.die_with(int(parent))
    os.environ["BENCH_ASV"] = str(os.getpid())
    os.environ.setdefault("BENCH_COMMAND", " ".join(["asv", *sys.argv[1:]])[:200])
    run = RunName.of_process("|".join(bench))
    run.hand_on()
    machine = place[0] / place[1]
    _tell_when_saved(machine, run)
    atexit.register(_end, place, run)
    if "BENCH_PROGRESS" not in os.environ:
        _follow()


def _tell_when_saved(machine: Path, run: RunName) -> None:
    """When asv has written a result file, its run's ledger says so."""
    from asv.results import Results

    save = Results.save

    def save_and_tell(self, result_dir):
        save(self, result_dir)
        ledger.tell(machine, run, "told", f"{self.commit_hash[:8]}-{self.env_name}")

    Results.save = save_and_tell


def _end(place: tuple[Path, str], run: RunName) -> None:
    """This is not reached by a process that is killed: what was running is not at fault."""
    try:
        ledger.tell(place[0] / place[1], run, "stopped")
        probe_all(*place)
    except (OSError, UnwritableError) as error:
        say(error)


def _follow() -> None:
    """asv was started by hand: say on stderr what is waited for, and what is taken up."""
    descriptor, name = tempfile.mkstemp(prefix="jacobench-progress-")
    os.close(descriptor)
    os.environ["BENCH_PROGRESS"] = name
    over = threading.Event()
    follower = threading.Thread(target=_show, args=(Path(name), over), daemon=True)
    follower.start()

    def close() -> None:
        over.set()
        follower.join(5)
        Path(name).unlink(missing_ok=True)

    atexit.register(close)


def _show(events: Path, over: threading.Event) -> None:
    sessions, resumed, rest = 0, 0, ""
    with open(events, encoding="utf-8") as stream:
        while True:
            last = over.wait(_FOLLOW_S)
            *lines, rest = (rest + stream.read()).split("\n")
            for event in map(json.loads, lines):
                if event["event"] == "line":
                    say(event["text"])
                elif event["event"] == "session":
                    if event["resumed"] and not resumed:
                        say("going on with a run that was cut off: what it measured is kept")
                    sessions, resumed = sessions + 1, resumed + event["resumed"]
            if last:
                if resumed:
                    say(f"{sessions} sessions, {resumed} of them taken up from a run that was cut off")
                return
