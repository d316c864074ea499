"""``asv run`` for one profile and device, with progress and an account of where the time went."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time

from benchmarks.harness import environment
from benchmarks.harness.account import Account
from benchmarks.harness.ledger import RunName
from benchmarks.harness.profile import PROFILES
from benchmarks.harness.record import write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import probe_all, results_folder


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
    results = results_folder()
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
    account = Account(PROFILES[profile], device, bench or "", commits)
    status = _follow(command, f"{profile}-{device}", account)
    if status:
        probe_all(*place)  # the likeliest reason, in one line
    return status


def _follow(command: list[str], name: str, account: Account) -> int:
    """Run the command; show one line a session and asv's own lines about environments; keep all of asv's output in a
    log.
    """
    log = ROOT / ".asv" / "logs" / f"{name}-{time.strftime('%Y%m%dT%H%M%S')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with account.followed():
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            # asv's dots reach its log whatever this terminal can show.
            env={
                **os.environ,
                "BENCH_PARENT": str(os.getpid()),
                "PYTHONUNBUFFERED": "1",
                "PYTHONIOENCODING": "utf-8",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
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
    print(f"asv's own output: {log.relative_to(ROOT)}")
    return status
