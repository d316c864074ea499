"""``asv run`` for one profile and device, with progress and an account of where the time went."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import environment
from benchmarks.harness.ledger import RunName
from benchmarks.harness.profile import PROFILES
from benchmarks.harness.progress import estimate_left
from benchmarks.harness.record import write_json
from benchmarks.harness.run import every_cell, expected_seconds, planned
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import LOCAL, probe_all


def run(
    profile: str, device: str, machine: str | None, *, managed: bool, commits: str | None, bench: str | None
) -> int:
    """Run asv and return its exit status.

    Both the profile and the device are part of asv's environment, so that results of two profiles never share a file;
    the command line of asv cannot choose them, hence a configuration of its own, written beside the one in the
    repository.
    """
    from asv.util import load_json

    configuration = load_json(str(ROOT / "asv.conf.json"), js_comments=True)
    configuration["matrix"]["env_nobuild"] = {"BENCH_PROFILE": [profile], "BENCH_DEVICE": [device]}
    results = Path(os.environ.get("BENCH_RESULTS", ROOT / LOCAL)).absolute()
    configuration["results_dir"] = str(results)
    path = ROOT / f".asv-{profile}-{device}.conf.json"
    write_json(path, configuration)
    command = [sys.executable, "-m", "asv", "run", "--config", str(path), "--record-samples", "--show-stderr"]
    if managed:
        command += [commits or "HEAD^!"]
    else:
        head, _ = environment.commit(ROOT)
        if head is None:
            raise ValueError(f"{ROOT} is not a git checkout with a commit; asv stores results by commit")
        command += ["--environment=checkout:same", "--set-commit-hash", head]
    if machine:
        command += ["--machine", machine]
    if bench:
        command += ["--bench", bench]
    place = results, machine or platform.node()
    probe_all(*place)
    name = RunName.of_process(bench or "")
    name.hand_on()
    status = _follow(command, profile, device, total_known=not (bench or commits))
    if status:
        probe_all(*place)  # the likeliest reason, in one line
    return status


def _follow(command: list[str], profile: str, device: str, total_known: bool) -> int:
    """Run the command; show one line a session and asv's own lines about environments; keep all of asv's output in a
    log.
    """
    log = ROOT / ".asv" / "logs" / f"{profile}-{device}-{time.strftime('%Y%m%dT%H%M%S')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jacobench-") as folder:
        events = Path(folder) / "progress"
        events.touch()
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            # asv's dots reach its log whatever this terminal can show.
            env={
                **os.environ,
                "BENCH_PROGRESS": str(events),
                "BENCH_PARENT": str(os.getpid()),
                "PYTHONUNBUFFERED": "1",
                "PYTHONIOENCODING": "utf-8",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        done = threading.Event()
        account = _Account(profile, device, total_known)
        follower = threading.Thread(target=_show, args=(events, done, account))
        follower.start()
        try:
            with open(log, "w", encoding="utf-8") as sink:
                assert process.stdout is not None
                for line in process.stdout:
                    sink.write(line)
                    if any(word in line for word in ("Creating", "Installing", "Building", "rror", "dirty", "failed")):
                        print(line.rstrip(), flush=True)
            status = process.wait()
        except BaseException:
            # asv closes its server of benchmarks (``asv_hooks``). Not by an interrupt: what a script starts in the
            # background ignores those, and asv would measure on, tell it all, and leave nothing to go on with.
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise
        finally:
            done.set()
            follower.join()
    account.close(time.monotonic() - began)
    print(f"asv's own output: {log.relative_to(ROOT)}")
    return status


class _Account:
    """How far the run is and where its time went."""

    def __init__(self, profile: str, device: str, total_known: bool = True):
        self.began = time.monotonic()
        chosen = PROFILES[profile]
        known = every_cell(chosen, device)
        self.expected = {cell.name: expected_seconds(cell, chosen) for cell in known}
        # Of a part of the benchmarks, or a range of commits, asv alone knows how many sessions there will be.
        sessions = planned(chosen, device)
        self.expected_session = {name: seconds / sessions[name] for name, seconds in self.expected.items()}
        self.total = sum(sessions.values()) if total_known else None
        self.finished: list[tuple[str, float]] = []
        self.first_session: float | None = None
        self.resumed = 0

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

    def close(self, wall_s: float) -> None:
        """Say which part of the time after installation was spent inside sessions."""
        if self.first_session is None:
            return
        after = wall_s - (self.first_session - self.began)
        inside = sum(taken for _, taken in self.finished)
        resumed = f", {self.resumed} of them taken up from a run that was cut off" if self.resumed else ""
        print(
            f"{len(self.finished)} sessions{resumed}: {inside:.0f} s inside sessions of {after:.0f} s after"
            f" installation ({inside / max(after, 1e-9):.0%})"
        )


def _show(events: Path, done: threading.Event, account: _Account) -> None:
    """Follow the progress file until the run is over."""
    rest = ""
    with open(events, encoding="utf-8") as stream:
        while True:
            last = done.wait(0.2)
            rest += stream.read()
            *lines, rest = rest.split("\n")
            for line in lines:
                account.take(json.loads(line))
            if last:
                return


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
