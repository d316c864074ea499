"""`python -m reports` builds the report; `answer`, `claims`, `open` and `sides` say at the terminal what it says."""

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from .analysis import Analysis
from .arithmetic import find_series
from .columns import MEANINGS
from .digest import FamilyDigest, build_digest, digest_family
from .digest.claims import judge_claims
from .families import FAMILIES, Question
from .lenders import FILE as LENT
from .lenders import write_lenders
from .load import LoadError, load
from .lookup import find_answer, list_places
from .points import DIMENSIONS
from .points_csv import write_points
from .render import write_report, write_single
from .sides import write_sides
from .stream import tolerate
from .terminal import print_answers, print_claims, print_open
from .text import count

# The other sizes that may be asked for, as the papers name them.
SIZES = {
    size.letter: (str if size.kinds else float, MEANINGS[size.letter])
    for family in FAMILIES.values()
    for size in family.sizes
    if size.letter not in family.apart and size.letter not in DIMENSIONS
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 if it did, 2 with one line on stderr if it could not."""
    tolerate()
    parser = _make_parser()
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except LoadError as error:
        print(f"reports: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a folder that cannot be written, a pipe that nobody reads
        print(f"reports: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
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
        "answer",
        help="the recommended method at one size",
        description="The recommended method at one size. Of another size that was not measured the nearest one is used "
        "(default: the sweep with most sizes). Cells that are measured for their errors have no part in it: the page "
        "tells of them.",
    )
    _add_source(answer, argparse.SUPPRESS)
    answer.add_argument("--family", required=True, help=f"one of {', '.join(FAMILIES)}")
    answer.add_argument(
        *(f"--{letter}" for letter in DIMENSIONS),
        "--size",
        dest="size",
        type=float,
        required=True,
        metavar=DIMENSIONS[0],
        help="the size along the family's axis, > 0",
    )
    for letter, (kind, words) in SIZES.items():
        answer.add_argument(f"--{letter}", dest=f"size_{letter}", type=kind, metavar=letter, help=words)
    answer.add_argument("--device", help="cpu or cuda (default: all that were measured)")
    answer.add_argument("--dtype", help="precision, e.g. float32 (default: all that were measured)")
    answer.add_argument("--backend", help="torch or jax (default: all that were measured)")
    answer.add_argument(
        "--accuracy",
        "--error",
        dest="error",
        type=float,
        metavar="E",
        help="largest relative error allowed, by approximate methods too (default: exact ones; where none is, 1e-6, or "
        "what the question says)",
    )
    answer.add_argument("--question", metavar="Q", help="what is asked, such as gradient, step or value (default: all)")
    _add_json(answer)
    claims = commands.add_parser(
        "claims", help="the papers' claims and their verdicts", description="The papers' claims and their verdicts."
    )
    _add_source(claims, argparse.SUPPRESS)
    _add_json(claims)
    open_ = commands.add_parser(
        "open",
        help="the cells whose answer is undetermined",
        description="Cells in which the answer may lose more than 25 %, widest first: `python -m benchmarks settle`.",
    )
    _add_source(open_, argparse.SUPPRESS)
    _add_json(open_)
    sides = commands.add_parser(
        "sides",
        help="the machines side by side: whether the rules of each hold on the others, as Markdown",
        description="The machines side by side, as Markdown: whether the rules of each hold on the others.",
    )
    _add_source(sides, argparse.SUPPRESS)
    sides.add_argument("--output", metavar="FILE", help="beside the machines' reports, to link them (default: printed)")
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


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="plain values in place of text")


def _build(options: argparse.Namespace) -> int:
    gc.set_threshold(100_000, 50, 1000)  # nearly all that is made is kept until the pages are written
    analysis, output = _analyse(options), Path(options.output)
    run, digest = analysis.run, build_digest(analysis)
    if options.single_file:
        page = write_single(digest, output)
    else:
        data = {"points.csv": write_points(analysis), LENT: write_lenders(analysis.lenders)}
        page = write_report(digest, output, data)
    for problem in (*run.problems, *run.differences):
        print(f"reports: {problem}", file=sys.stderr)
    print(f"{page} ({count(len(run.sessions), 'session')}, {count(len(run.files), 'file')} read)")
    return 0


def _analyse(options: argparse.Namespace) -> Analysis:
    """Of the folders named, or of this machine's own results, where there are any, before the published ones."""
    found = [name for name in ("results-local", "results") if Path(name).is_dir()]
    return Analysis(load(options.results or found or ["results"], options.commit, options.machine))


def _answer(options: argparse.Namespace) -> int:
    if options.family not in FAMILIES:
        raise LoadError(f"unknown family {options.family!r} (known: {', '.join(FAMILIES)})")
    wanted = {letter: value for letter in SIZES if (value := getattr(options, f"size_{letter}")) is not None}
    for name, value in (("D", options.size), ("error", options.error), *wanted.items()):
        if isinstance(value, float) and not 0 < value < float("inf"):
            raise LoadError(f"{name} must be positive and finite, got {value:g}")
    analysis = _analyse(options)
    if options.family not in analysis.families:
        raise LoadError(f"no results of family {options.family} (the results hold: {', '.join(analysis.families)})")
    family = digest_family(analysis, options.family)
    _check_sizes(family, wanted)
    if not family.form:
        raise LoadError(f"no answer in family {options.family}: its cells were measured for their errors alone")
    places = list_places(family, options.backend, options.device, options.dtype)
    if not places:
        wanted_place = ", ".join(word for word in (options.backend, options.device) if word)
        measured = sorted({f"{series.place.backend} {series.place.device}" for series in family.series})
        raise LoadError(f"no results of {options.family} on {wanted_place} (measured: {', '.join(measured)})")
    questions = _choose_questions(options)
    asked = wanted | ({"dtype": options.dtype} if options.dtype else {})
    answers = [
        find_answer(family, find_series(place, wanted), question, options.size, options.error, asked)
        for place in places
        for question in questions
    ]
    print_answers(answers, options.json)
    return 0


def _choose_questions(options: argparse.Namespace) -> list[Question]:
    """The question asked for, or those that the first page answers."""
    known = FAMILIES[options.family].questions
    if options.question is None:
        return [question for question in known if question.first]
    chosen = [question for question in known if question.key == options.question]
    if not chosen:
        raise LoadError(f"no question {options.question!r} (known: {', '.join(q.key for q in known)})")
    return chosen


def _check_sizes(family: FamilyDigest, wanted: dict[str, Any]) -> None:
    """Refuse a size that the family has not, and a word that was not measured."""
    for letter, value in wanted.items():
        found = sorted({fixed[letter] for series in family.series if letter in (fixed := dict(series.fixed))})
        if not found:
            letters = ", ".join(letter for letter, _ in family.series[0].fixed)
            raise LoadError(f"family {family.name} has no size {letter} (it has: {letters})")
        if isinstance(value, str) and value not in found:
            raise LoadError(f"no results with {letter} = {value} (measured: {', '.join(map(str, found))})")


def _claims(options: argparse.Namespace) -> int:
    print_claims(judge_claims(_analyse(options)), options.json)
    return 0


def _list_open(options: argparse.Namespace) -> int:
    analysis = _analyse(options)
    print_open([digest_family(analysis, family) for family in analysis.families], options.json)
    return 0


def _show_sides(options: argparse.Namespace) -> int:
    digest, output = build_digest(_analyse(options)), options.output and Path(options.output)
    if output:
        output.write_text(write_sides(digest, output.parent), encoding="utf-8")
    else:
        print(write_sides(digest), end="")
    return 0


_COMMANDS = {None: _build, "answer": _answer, "claims": _claims, "open": _list_open, "sides": _show_sides}


if __name__ == "__main__":
    sys.exit(main())
