"""Cells over nodes and devices: ``python -m benchmarks submit`` sends each session of a profile as a job of its own.

``submission.py`` is the run and its ledger, ``job.py`` what a job does, ``slurm.py`` and ``local.py`` send jobs,
``standing.py`` says where each session stands, ``merge.py`` files what they have left. For its users:
``docs/cluster.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import replace

import bench_core
from bench_core.method import DEVICES, check_choice

EXECUTORS = ("slurm", "local")
# Options that say what a run is, and those that say how its jobs are sent: the latter may change when it is resumed.
_OF_RUNS, _OF_JOBS = ("profile", "device", "family", "backend", "executor"), ("workers", "slurm", "setup")


def add_command(commands: argparse._SubParsersAction) -> None:
    """The subcommand ``submit``."""
    parser = commands.add_parser(
        "submit", help="measure a profile as jobs, one session and one device each, through Slurm or on this machine"
    )
    instead = parser.add_mutually_exclusive_group()
    for name, says in (
        ("status", "say where every session of a run stands; exit status 1 while one is not done"),
        ("resume", "send jobs again for what is neither done nor queued"),
        ("merge", "file the records of a run, and those that were lost as outcomes"),
    ):
        instead.add_argument(f"--{name}", nargs="?", const="", metavar="RUN", help=f"{says} [default: the newest run]")
    parser.add_argument("--partial", action="store_true", help="of an unfinished run merge what is done")
    parser.add_argument("--profile", help="what is measured [default: quick]")
    parser.add_argument("--device", help=f"{' or '.join(DEVICES)} [default: cpu]")
    parser.add_argument("--family", action="append", default=[], help="only this family; repeat [default: all]")
    parser.add_argument("--backend", action="append", default=[], help="only this backend; repeat [default: both]")
    parser.add_argument("--machine", help="name that results are filed under [default: the host's; on Slurm none]")
    parser.add_argument("--executor", help="slurm or local [default: slurm where there is sbatch]")
    parser.add_argument("--workers", type=int, help="jobs at once [default: the devices here; what Slurm allows]")
    parser.add_argument(
        "--slurm",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of sbatch, e.g. partition=gpu, time=60 (minutes), exclusive=no; repeat",
    )
    parser.add_argument(
        "--setup", action="append", default=[], metavar="LINE", help="shell before each job of Slurm's; repeat"
    )
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    if importlib.util.find_spec("submitit") is None:
        raise ValueError("submit needs submitit; install it with: pip install 'jacobench[cluster]'")
    from benchmarks.harness.store import results_folder
    from benchmarks.submit.submission import find

    if parsed.workers is not None and parsed.workers < 1:
        raise ValueError(f"--workers {parsed.workers} is no number of jobs; allowed: 1 or more")
    if parsed.partial and parsed.merge is None:
        raise ValueError("--partial is an option of --merge")
    for name, act in (("status", _status), ("resume", _resume), ("merge", _merge)):
        if (run := getattr(parsed, name)) is not None:
            given = [o for o in (*_OF_RUNS, *(() if name == "resume" else _OF_JOBS)) if getattr(parsed, o)]
            if given:
                raise ValueError(f"--{given[0]} is no option of --{name}: the run has its own")
            return act(find(results_folder(), parsed.machine, run), parsed)
    parsed.profile, parsed.device = parsed.profile or "quick", parsed.device or "cpu"
    return _submit(parsed)


def _submit(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import plain_run, policy, system
    from benchmarks.harness.ledger import RunName
    from benchmarks.harness.profile import PROFILES
    from benchmarks.harness.session import ROOT
    from benchmarks.harness.store import Store, probe_all
    from benchmarks.harness.stream import say
    from benchmarks.submit import local, slurm
    from benchmarks.submit.submission import Submission, find_all, plan, planned_cells

    profile = PROFILES[check_choice("profile", parsed.profile, tuple(PROFILES))]
    check_choice("device", parsed.device, DEVICES)
    for family in parsed.family:
        check_choice("family", family, bench_core.FAMILIES)
    for backend in parsed.backend:
        check_choice("backend", backend, bench_core.BACKENDS)
    settings = _settings(parsed)
    policy.chosen()
    if settings.executor == "slurm" and not (parsed.machine or os.environ.get("BENCH_MACHINE")):
        raise ValueError("--machine is missing: Slurm's nodes need a name that their results are filed under")
    if settings.executor == "local":
        local.places(parsed.device, settings.workers)
        for line in system.warnings():
            say(f"warning: {line}")
    name = RunName(os.urandom(6).hex(), plan(parsed.family, parsed.backend))
    store = Store(machine=parsed.machine, environment_name=plain_run.environment_name(profile, parsed.device), run=name)
    if store.commit is None:
        raise ValueError(f"{ROOT} is not a git checkout with a commit; records are kept by commit")
    if store.dirty:
        raise ValueError(
            "bench_core or benchmarks are changed: commit them first; jobs read the checkout when they begin"
        )
    for earlier in reversed(find_all(store.results, store.machine)):
        same = (earlier.commit, earlier.profile, earlier.device, earlier.run.plan, earlier.settings.executor)
        asked = (store.commit, profile, parsed.device, name.plan, settings.executor)
        if same != asked or earlier.is_told():
            continue
        if earlier.is_old() and not (earlier.settings.executor == "slurm" and slurm.queued(earlier)):
            continue
        if earlier.sent() or slurm.unnoted(earlier):
            print(f"going on with run {earlier.run.id}: what it measured is kept")
            return _resume(earlier, parsed)
    probe_all(store.results, store.machine)
    cells = planned_cells(profile, parsed.device, parsed.family, parsed.backend)
    if not cells:
        raise ValueError(f"profile {profile.name} has no cell of {name.plan.removeprefix('submit ')}")
    return _send(Submission.begin(store, profile, parsed.device, cells, settings))


def _settings(parsed: argparse.Namespace, earlier=None):
    """How jobs are sent: as the command line says, what it leaves out as before."""
    from benchmarks.submit.submission import VARIABLES, Settings

    given = dict(option.partition("=")[::2] for option in parsed.slurm)
    for option, value in given.items():
        if not option or not value:
            raise ValueError(f"--slurm {option or value!r} is not NAME=VALUE, e.g. partition=gpu")
    asked = parsed.executor or EXECUTORS[shutil.which("sbatch") is None]
    executor = check_choice("executor", asked, EXECUTORS) if earlier is None else earlier.executor
    if executor == "local" and (parsed.slurm or parsed.setup):
        raise ValueError("--slurm and --setup are options of Slurm's jobs, and the executor is local")
    if earlier is not None:
        return replace(
            earlier,
            workers=parsed.workers or earlier.workers,
            slurm={**earlier.slurm, **given},
            setup=tuple(parsed.setup) or earlier.setup,
            # All sessions of a run are measured alike; where they wait for each other is no part of that.
            variables=earlier.variables | {name: os.environ[name] for name in ("BENCH_LOCK",) if name in os.environ},
        )
    variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return Settings(executor, parsed.workers, given, tuple(parsed.setup), variables)


def _send(submission) -> int:
    """Jobs for all that is neither done nor queued."""
    from benchmarks.harness.store import keep_aside
    from benchmarks.submit import local, slurm

    with submission.alone():
        submission.check_checkout()
        if submission.settings.executor == "slurm":
            for (cell, process), job in slurm.unnoted(submission).items():
                submission.note("submitted", cell=cell, process=process, job=job)
        standings = _standings(submission)
        for each in standings:
            if each.state == "beside" and each.record:  # its time is none: it is measured anew
                keep_aside(each.record)
                each.record.unlink()
        sessions = [each.session for each in standings if each.state in ("open", "lost", "beside")]
        done = sum(each.state == "done" for each in standings)
        if submission.settings.executor == "slurm":
            if sessions:
                arrays = slurm.submit(submission, sessions)
                print(
                    f"run {submission.run.id}: {len(sessions)} sessions sent to Slurm as {', '.join(arrays)};"
                    f" python -m benchmarks submit --status says where they stand"
                )
            else:
                print(f"run {submission.run.id}: nothing to send, {done} sessions are done")
            return 0
        local.work(submission, sessions, _Account(len(standings), done).tell)
        return _file(submission, partial=False)


def _resume(submission, parsed: argparse.Namespace) -> int:
    if submission.is_told():
        raise ValueError(f"run {submission.run.id} was merged as a whole; submit begins another")
    submission.resend_with(_settings(parsed, submission.settings))
    return _send(submission)


def _status(submission, parsed: argparse.Namespace) -> int:
    from benchmarks.submit.standing import STATES

    standings = _standings(submission)
    counts = Counter(each.state for each in standings)
    merged = ", merged" if submission.is_told() else ""
    print(
        f"run {submission.run.id} on {submission.machine}: profile {submission.profile.name}, {submission.device},"
        f" commit {submission.commit[:8]}, {submission.settings.executor}{merged}\n"
        f"{len(standings)} sessions: {', '.join(f'{counts[state]} {state}' for state in STATES if counts[state])}"
    )
    for each in standings:
        if each.state == "running" or each.reason:
            said = f" ({each.where()})" if each.where() else ""
            print(f"{each.state:>8}  {each.session.name}{said}{f': {each.reason}' if each.reason else ''}")
    return 0 if counts["done"] == len(standings) else 1


def _merge(submission, parsed: argparse.Namespace) -> int:
    with submission.alone():
        return _file(submission, parsed.partial)


def _file(submission, partial: bool) -> int:
    """Merge; exit status 1 where sessions were lost, or are left out."""
    from benchmarks.submit.merge import merge

    standings = _standings(submission)
    counts = Counter(each.state for each in standings)
    left = {state: counts[state] for state in ("running", "waiting", "open", "beside") if counts[state]}
    told = ", ".join(f"{count} {state}" for state, count in left.items())
    if left and not partial:
        raise ValueError(
            f"run {submission.run.id} is unfinished, sessions: {told}; --resume sends jobs for what is open or beside"
            " another, --merge --partial files what is done"
        )
    for line in merge(submission, standings, partial=partial):
        print(line)
    for each in standings:
        if each.state == "lost":
            print(f"lost: {each.session.name} ({each.where()}): {each.reason}", file=sys.stderr)
    if not partial:
        print(f"run {submission.run.id} is merged; python -m reports --machine {submission.machine} reports it")
    return 1 if left or counts["lost"] else 0


def _standings(submission):
    from benchmarks.submit import slurm, standing

    if submission.settings.executor == "slurm":
        return standing.read(submission, slurm.queued(submission), slurm.ended, slurm.unnoted(submission))
    return standing.read(submission)


class _Account:
    """A line for each session that is settled, and how long the rest will take."""

    def __init__(self, total: int, done: int):
        self._total, self._done, self._before, self._began = total, done, done, time.monotonic()

    def tell(self, standing, left: int) -> None:
        from benchmarks.harness.progress import estimate_left

        self._done += 1
        elapsed = time.monotonic() - self._began
        rest = estimate_left([(1.0, elapsed / (self._done - self._before))], [1.0] * left) or 0.0
        what = "done" if standing.state == "done" else f"{standing.state}: {standing.reason or 'its job was killed'}"
        print(
            f"[{self._done:>3}/{self._total}] {standing.session.name}: {what}"
            f"   elapsed {elapsed:.0f} s, about {rest:.0f} s left",
            flush=True,
        )
