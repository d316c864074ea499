"""`python -m reports` builds the report; `python -m reports answer` says which method to use at one size."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .analysis import Analysis
from .digest import build_digest
from .load import FAMILIES, LoadError, load
from .pages.common import name_place
from .points import Series
from .predict import Answer, Predictor, find_predictor
from .render import write_report, write_single
from .stream import tolerate
from .text import count, write_error, write_kind, write_list, write_seconds, write_size

# The other sizes that a family may have, as the papers name them.
SIZES = {
    "B": (float, "batch; the nearest one measured is used (default: the sweep with most sizes)"),
    "L": (float, "layers (logdet, score)"),
    "H": (float, "width of the hidden layers (line_integral, score)"),
    "J": (str, "what the Jacobian is made of: free, tanh, psd, kronecker or kronecker_psd (line_integral)"),
    "gamma": (float, "contraction factor (implicit)"),
    "T": (str, "what is iterated: random, symmetric, rotation or conv (implicit)"),
    "tol": (float, "tolerance of the solvers (implicit)"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 if it did, 2 with one line on stderr if it could not."""
    tolerate()
    parser = _make_parser()
    options = parser.parse_args(arguments)
    try:
        return _answer(options) if options.command == "answer" else _build(options)
    except LoadError as error:
        print(f"reports: {error}", file=sys.stderr)
        return 2


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m reports", description=__doc__)
    _add_source(parser, None)
    parser.add_argument(
        "--output", default="reports/output", metavar="DIR", help="where the page goes (default: reports/output)"
    )
    parser.add_argument("--single-file", action="store_true", help="write all pages as one file, to be mailed")
    commands = parser.add_subparsers(dest="command")
    answer = commands.add_parser(
        "answer", help="the recommended method at one size", description="The recommended method at one size."
    )
    _add_source(answer, argparse.SUPPRESS)
    answer.add_argument("--family", required=True, help=f"one of {', '.join(FAMILIES)}")
    answer.add_argument(
        "--D",
        "--d",
        "--size",
        dest="size",
        type=float,
        required=True,
        metavar="D",
        help="the size along the family's axis, > 0",
    )
    for letter, (kind, words) in SIZES.items():
        answer.add_argument(f"--{letter}", dest=f"size_{letter}", type=kind, metavar=letter, help=words)
    answer.add_argument("--device", help="cpu or cuda (default: all that were measured)")
    answer.add_argument("--backend", help="torch or jax (default: all that were measured)")
    answer.add_argument(
        "--accuracy",
        "--error",
        dest="error",
        type=float,
        metavar="E",
        help="largest relative error allowed, by approximate methods too (default: exact ones, or 1e-6 where none is)",
    )
    answer.add_argument(
        "--computes",
        default="gradient",
        help="gradient (any kind; of score each model's), or one kind: relative, step, … (default: gradient)",
    )
    return parser


class _Parser(argparse.ArgumentParser):
    """Errors of the command line in one line."""

    def error(self, message: str):
        self.exit(2, f"reports: {message}\n")


def _add_source(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--results",
        default=default,
        metavar="DIR",
        action="append",
        help="results folder; may be repeated: of one file the first (default: results-local, if there, and results)",
    )
    parser.add_argument(
        "--commit",
        default=default,
        metavar="X",
        help="commit, or its first digits (default: the newest of each environment and family)",
    )
    parser.add_argument(
        "--machine", default=default, metavar="NAME", help="only the results of this machine (default: all)"
    )


def _build(options: argparse.Namespace) -> int:
    run = load(_sources(options), options.commit, options.machine)
    write = write_single if options.single_file else write_report
    page = write(build_digest(Analysis(run)), Path(options.output))
    for problem in run.problems:
        print(f"reports: {problem}", file=sys.stderr)
    print(f"{page} ({count(len(run.sessions), 'session')}, {count(len(run.files), 'file')} read)")
    return 0


def _sources(options: argparse.Namespace) -> list[str]:
    """The folders named, or this machine's own results, where there are any, before the published ones."""
    if options.results:
        return options.results
    found = [name for name in ("results-local", "results") if Path(name).is_dir()]
    return found or ["results"]


def _answer(options: argparse.Namespace) -> int:
    if options.family not in FAMILIES:
        raise LoadError(f"unknown family {options.family!r} (known: {', '.join(FAMILIES)})")
    wanted = {letter: value for letter in SIZES if (value := getattr(options, f"size_{letter}")) is not None}
    for name, value in (("D", options.size), ("error", options.error), *wanted.items()):
        if isinstance(value, float) and not 0 < value < float("inf"):
            raise LoadError(f"{name} must be positive and finite, got {value:g}")
    analysis = Analysis(load(_sources(options), options.commit, options.machine))
    if options.family not in analysis.families:
        raise LoadError(f"no results of family {options.family} (the results hold: {', '.join(analysis.families)})")
    known = analysis.series(options.family)
    _check_sizes(options.family, known, wanted)
    chosen = [
        s for s in known if options.device in (None, s.place.device) and options.backend in (None, s.place.backend)
    ]
    if not chosen:
        wanted = ", ".join(word for word in (options.backend, options.device) if word)
        places = sorted({name_place(analysis, s.place, options.family) for s in known})
        raise LoadError(f"no results of {options.family} on {wanted} (measured: {'; '.join(places)})")
    kinds = {
        analysis.facts(s, row).computes
        for s in known
        for row in analysis.rows(s)
        if analysis.facts(s, row).role == "method"
    }
    if options.computes != "gradient" and options.computes not in kinds:
        raise LoadError(f"no method computes {options.computes!r} (known: {', '.join(['gradient', *sorted(kinds)])})")
    console = Console(highlight=False)
    for place in sorted({s.place for s in chosen}, key=[s.place for s in chosen].index):
        predictor = find_predictor(analysis, tuple(s for s in chosen if s.place == place), wanted)
        for computes in analysis.questions(options.family) if options.computes == "gradient" else (options.computes,):
            answer = predictor.answer(options.size, options.error, computes)
            _print_answer(console, predictor, answer, options, wanted)
    return 0


def _check_sizes(family: str, known: tuple[Series, ...], wanted: dict[str, Any]) -> None:
    """Refuse a size that the family has not, and a word that was not measured."""
    for letter, value in wanted.items():
        found = sorted({series.size(letter) for series in known if series.size(letter) is not None})
        if not found:
            letters = ", ".join(letter for letter, _ in known[0].fixed)
            raise LoadError(f"family {family} has no size {letter} (it has: {letters})")
        if isinstance(value, str) and value not in found:
            raise LoadError(f"no results with {letter} = {value} (measured: {', '.join(map(str, found))})")


def _print_answer(
    console: Console, predictor: Predictor, answer: Answer, options: argparse.Namespace, wanted: dict[str, Any]
) -> None:
    series = predictor.series
    fixed = ", ".join(f"{letter} = {write_size(value)}" for letter, value in series.fixed)
    place = name_place(predictor.analysis, series.place, series.family)
    console.print(
        f"[bold]{options.family}[/bold] on [bold]{place}[/bold], {series.axis} = {write_size(options.size)}, {fixed}",
        soft_wrap=True,
    )
    for letter, value in wanted.items():
        if series.size(letter) != value:
            told = f"these times are for {letter} = {write_size(series.size(letter))}"
            console.print(f"  {letter} = {write_size(value)} was not measured here: {told}", soft_wrap=True)
    if answer.best is None:
        reasons = (
            "; ".join(f"{p.row}: {_say_why(p, answer.error)}" for p in answer.excluded) or "no row gives this answer"
        )
        console.print(f"  no recommendation: {reasons}\n", soft_wrap=True, markup=False)
        return
    best = answer.best
    kind = write_kind(best.computes)
    console.print(
        (
            f"  use [bold]{best.row}[/bold] ({kind}): {_escape(write_seconds(best.seconds))} a call, {best.how}, "
            f"error {write_error(best.error)}"
        ),
        soft_wrap=True,
    )
    if answer.ties:
        told = "as fast within the margin" if answer.settled else "not told apart from"
        console.print(f"  {told}: {write_list(answer.ties)}", soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    table.add_column("row", no_wrap=True)
    table.add_column("time of a call", justify="right", no_wrap=True)
    table.add_column("error", justify="right", no_wrap=True)
    table.add_column("how")
    for p in answer.ranked:
        table.add_row(p.row, _escape(write_seconds(p.seconds)), write_error(p.error), p.how.partition(" ")[0])
    console.print(table)
    left_out: dict[str, list[str]] = {}
    for p in answer.excluded:
        left_out.setdefault(_say_why(p, answer.error), []).append(p.row)
    for reason, rows in left_out.items():
        console.print(f"  left out: {write_list(rows)}: {reason}", style="dim", markup=False, soft_wrap=True)
    console.print()


def _say_why(prediction, error: float | None) -> str:
    if prediction.reason:
        return prediction.reason
    return "not exact" if error is None else f"error {write_error(prediction.error)} above {error:g}"


def _escape(text: str) -> str:
    return text.replace("[", "\\[")


if __name__ == "__main__":
    sys.exit(main())
