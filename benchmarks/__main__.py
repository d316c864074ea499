"""The plain door: ``python -m benchmarks cell`` measures one cell here and now, ``python -m benchmarks run`` goes
through asv.
"""

from __future__ import annotations

import argparse
import sys

import bench_core
from bench_core.method import DEVICES, DTYPES, check_choice
from benchmarks import compare, sharding, studies, submit
from benchmarks.harness import lifeline
from benchmarks.harness.profile import PROFILES
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import LOCAL, Store
from benchmarks.harness.stream import say, tolerate


def main(arguments: list[str] | None = None) -> int:
    """Run a command; wrong input is one line on stderr and exit status 2."""
    tolerate()
    lifeline.end_in_order()
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.command(parsed)
    except ValueError as error:
        say(error)
        return 2
    except KeyboardInterrupt as ended:
        print("\nbenchmarks: interrupted; the same command goes on from here", file=sys.stderr)
        return 143 if isinstance(ended, lifeline.Terminated) else 130


class _Parser(argparse.ArgumentParser):
    """Errors in one line, as everywhere."""

    def error(self, message: str):
        self.exit(2, f"benchmarks: {message}; see python -m benchmarks --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True)

    cell = commands.add_parser("cell", help="measure one cell in fresh processes and print its rows")
    cell.add_argument("--family", default="logdet", help="a family [default: logdet]")
    cell.add_argument("--backend", default="torch", help=f"{' or '.join(bench_core.BACKENDS)} [default: torch]")
    cell.add_argument(
        "--dtype",
        help=f"{', '.join(DTYPES)} (tf32 and bfloat16 on cuda) [default: as the profile measures such a cell]",
    )
    cell.add_argument(
        "--method", action="append", default=[], metavar="ROW", help="only this row, e.g. relative:compiled; repeat"
    )
    cell.add_argument(
        "sizes", nargs="*", metavar="SIZE=VALUE", help="sizes, e.g. D=1000 B=100 L=2 [default: the family's]"
    )
    cell.set_defaults(command=_cell)

    run = commands.add_parser(
        "run", help="measure a profile through asv, with progress; resumes a run that was cut off"
    )
    run.add_argument(
        "range", nargs="?", help="commits, as asv takes them (managed environment only) [default: the head]"
    )
    run.add_argument(
        "--managed", action="store_true", help="asv's own pinned environment [default: this interpreter's environment]"
    )
    run.add_argument("--plain", action="store_true", help="without asv, for machines that do not have it")
    run.add_argument("--bench", help="only asv benchmarks that match this regular expression [default: all]")
    run.add_argument("--machine", help="name that the results are filed under [default: the host's name]")
    run.set_defaults(command=_run)

    publish = commands.add_parser(
        "publish", help=f"copy results from {LOCAL}/, which git ignores, into results/, which is published"
    )
    publish.add_argument("--machine", help="only the results of this machine [default: all]")
    publish.add_argument(
        "--family",
        action="append",
        default=[],
        help="only this family, finished or not the others; repeat [default: all]",
    )
    publish.add_argument(
        "--partial", action="store_true", help="of a run that is unfinished the cells that are done [default: refused]"
    )
    publish.set_defaults(command=_publish)

    settle = commands.add_parser(
        "settle", help="measure where the report cannot say yet which method to use, the widest regret first"
    )
    settle.add_argument("--minutes", type=float, default=10.0, help="time to spend, > 0 [default: 10]")
    settle.add_argument("--machine", help="name that this machine's results are filed under [default: the host's name]")
    settle.set_defaults(command=_settle)

    card = commands.add_parser(
        "card",
        help="measure a GPU that is at hand for minutes, the most valuable cells first; resumes what was cut off",
    )
    card.add_argument("--minutes", type=float, default=15.0, help="time to spend, at least 1 [default: 15]")
    card.add_argument("--machine", help="name that the results are filed under [default: the host's name]")
    card.set_defaults(command=_card)

    for command, profile in ((cell, "standard"), (run, "quick")):
        command.add_argument("--profile", default=profile, help=f"{', '.join(PROFILES)} [default: {profile}]")
        command.add_argument("--device", default="cpu", help=f"{' or '.join(DEVICES)} [default: cpu]")
    studies.add_command(commands)
    sharding.add_command(commands)
    compare.add_command(commands)
    submit.add_command(commands)
    return parser


def _cell(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import run, table
    from benchmarks.harness.cell import asked, rows, size

    profile = PROFILES[check_choice("profile", parsed.profile, tuple(PROFILES))]
    sizes = dict(map(size, parsed.sizes))
    cell = asked(profile, parsed.family, parsed.backend, sizes, parsed.device, parsed.dtype)
    known = rows(cell.family, cell.backend, device=cell.device)
    for row in parsed.method:
        check_choice(f"row of {cell.family} on {cell.backend}", row, known)
    _warn()
    records = run.measure(cell, profile, Store(), only=tuple(parsed.method), on_event=table.follow)
    table.show(records)
    return 0


def _run(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import asv_run, plain_run

    check_choice("profile", parsed.profile, tuple(PROFILES))
    check_choice("device", parsed.device, DEVICES)
    if parsed.range and not parsed.managed:
        raise ValueError(f"range {parsed.range!r} needs --managed: this environment has one commit only")
    if parsed.plain:
        if parsed.managed:
            raise ValueError("--plain runs without asv: it does not take --managed")
        _warn()
        return plain_run.run(PROFILES[parsed.profile], parsed.device, parsed.machine, parsed.bench)
    _warn()
    return asv_run.run(
        parsed.profile, parsed.device, parsed.machine, managed=parsed.managed, commits=parsed.range, bench=parsed.bench
    )


def _warn() -> None:
    """Refuse a policy or a cache that is none before anything is measured, and say what makes times less trustworthy
    here.
    """
    from benchmarks.harness import oracle_cache, policy, system

    policy.chosen()
    oracle_cache.folder()
    for line in system.warnings():
        say(f"warning: {line}")


def _publish(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import publish

    for family in parsed.family:
        check_choice("family", family, bench_core.FAMILIES)
    return publish.publish(
        Store().results, ROOT / "results", parsed.machine, tuple(parsed.family), partial=parsed.partial
    )


def _settle(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import settle

    seconds = _seconds(parsed)
    _warn()
    return settle.settle(seconds, parsed.machine)


def _card(parsed: argparse.Namespace) -> int:
    from benchmarks.harness import card

    seconds = _seconds(parsed, least=1.0)  # in less no session of a card ends
    _warn()
    return card.measure(seconds, parsed.machine)


def _seconds(parsed: argparse.Namespace, least: float = 0.0) -> float:
    if not (parsed.minutes > 0 and least <= parsed.minutes < float("inf")):
        allowed = f"{least:g} or more" if least else "> 0"
        raise ValueError(f"--minutes {parsed.minutes:g} is not a time to spend; allowed: {allowed}")
    return 60 * parsed.minutes


if __name__ == "__main__":
    sys.exit(main())
