"""Is HEAD slower than BASE? ``python -m benchmarks compare``: two processes a pair, one of each side, in lockstep.

``sides.py`` makes what is compared, ``pair.py`` measures one pair, ``verdict.py`` judges all rows of all pairs so far,
``comparison.py`` goes on where a verdict is open. How it decides, and what it sees: ``docs/compare.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bench_core
from bench_core.method import DEVICES, DTYPES, check_choice

if TYPE_CHECKING:
    from benchmarks.harness.cell import Cell
    from benchmarks.harness.profile import Profile

DEFAULT_CELLS = tuple(f"logdet {backend} D={size}" for backend in ("torch", "jax") for size in (100, 1000))
ROOT = Path(__file__).resolve().parents[2]


def add_command(commands: argparse._SubParsersAction) -> None:
    """The subcommand ``compare``."""
    parser = commands.add_parser(
        "compare", help="is HEAD slower than BASE? paired, with a verdict; goes on where it was cut off"
    )
    parser.add_argument("base_commit", nargs="?", metavar="BASE", help="a commit [default: as HEAD, which shows noise]")
    parser.add_argument("head_commit", nargs="?", metavar="HEAD", help="a commit [default: the working tree]")
    for side in ("base", "head"):
        parser.add_argument(f"--{side}-python", metavar="PATH", help=f"interpreter of {side} [default: this one]")
        parser.add_argument(
            f"--{side}",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"threads=N, dtype=NAME, form=NAME or an environment variable of {side}; repeat",
        )
    parser.add_argument(
        "--cell",
        action="append",
        default=[],
        metavar="CELL",
        help=f"family, backend and sizes, e.g. {DEFAULT_CELLS[0]!r}; repeat [default: logdet at D = 100 and 1000]",
    )
    parser.add_argument("--method", action="append", default=[], metavar="ROW", help="only this row; repeat")
    parser.add_argument(
        "--dtype",
        help=f"{', '.join(DTYPES)} (tf32 and bfloat16 on cuda) [default: as the profile measures such a cell]",
    )
    parser.add_argument("--device", default="cpu", help=f"{' or '.join(DEVICES)} [default: cpu]")
    parser.add_argument("--profile", default="quick", help="whose rows and budgets [default: quick]")
    parser.add_argument("--threshold", type=float, default=5.0, help="per cent; slower beyond it fails [default: 5]")
    parser.add_argument("--minutes", type=float, default=5.0, help="no pair is begun after them [default: 5]")
    parser.add_argument("--json", metavar="FILE", help="write everything there")
    parser.add_argument("--bencher", metavar="FILE", help="write the ratios there in Bencher's metric format")
    parser.add_argument("--markdown", metavar="FILE", help="append the table there, as for a job's summary")
    parser.set_defaults(command=_compare)


def cache() -> Path:
    """Where sides and unfinished comparisons lie: ``XDG_CACHE_HOME`` or ``~/.cache``, folder ``jacobench``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jacobench"


def _compare(parsed: argparse.Namespace) -> int:
    from benchmarks.compare import bencher, comparison, sides, table
    from benchmarks.compare.log import Log
    from benchmarks.harness.policy import chosen
    from benchmarks.harness.profile import PROFILES

    if not parsed.threshold > 0 or not parsed.minutes > 0:
        raise ValueError(
            f"threshold {parsed.threshold:g} % and minutes {parsed.minutes:g}; allowed: numbers above zero"
        )
    profile = PROFILES[check_choice("profile", parsed.profile, tuple(PROFILES))]
    cells = [_cell(text, parsed, profile) for text in parsed.cell or DEFAULT_CELLS]
    options = comparison.Options(profile, parsed.threshold / 100, parsed.minutes, tuple(parsed.method))
    head = sides.make(parsed.head_commit, ROOT, cache() / "sides", parsed.head_python, parsed.head)
    commit = parsed.base_commit or parsed.head_commit
    base = sides.make(commit, ROOT, cache() / "sides", parsed.base_python, parsed.base)
    both = {"base": base, "head": head}
    for form in sorted({form for side in both.values() if (form := side.settings.form) is not None}):
        _check_form(form, cells, parsed.method)
    policy = comparison.SPIN_BRIEFLY | chosen().variables()
    ruler = sides.digest(ROOT / "benchmarks")
    key = [
        base.key(),
        head.key(),
        [cell.to_json() for cell in cells],
        profile.name,
        parsed.threshold,
        parsed.minutes,
        parsed.method,
        ruler,
        policy,
        chosen().threads,
    ]
    done = comparison.run(both, cells, options, Log(cache() / "compare", key), policy, _follow)
    table.show(done)
    for file, render in ((parsed.json, comparison.to_json), (parsed.bencher, bencher.metrics)):
        if file:
            Path(file).write_text(json.dumps(render(done), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if parsed.markdown:
        with open(parsed.markdown, "a", encoding="utf-8") as stream:
            stream.write(table.markdown(done))
    return done.status()


def _cell(text: str, parsed: argparse.Namespace, profile: Profile) -> Cell:
    from benchmarks.harness.cell import asked, rows
    from benchmarks.harness.cell import size as read_size

    words = text.split()
    if len(words) < 2 or any("=" in word for word in words[:2]):
        raise ValueError(f"cell {text!r} is none; allowed: FAMILY BACKEND SIZE=VALUE ..., e.g. {DEFAULT_CELLS[0]!r}")
    sizes = dict(map(read_size, words[2:]))
    cell = asked(profile, words[0], words[1], sizes, parsed.device, parsed.dtype)
    known = rows(cell.family, cell.backend, device=cell.device)
    if parsed.method and not set(parsed.method) & set(known):
        check_choice(f"row of {cell.family} on {cell.backend}", parsed.method[0], known)
    return cell


def _check_form(form: str, cells: Sequence[Cell], asked: Sequence[str]) -> None:
    """Whether some method of each cell has it, and rows are asked for by their methods."""
    for row in asked:
        if ":" in row:
            raise ValueError(
                f"row {row!r} names a form, and the sides do; allowed: its method, {row.partition(':')[0]}"
            )
    for cell in cells:
        tried = [m for m in bench_core.methods(cell.family, cell.backend) if not asked or m.name in asked]
        known = sorted({each for method in tried for each in method.forms_on(cell.device)})
        check_choice(
            f"form of {', '.join(asked) or cell.family} on {cell.backend} and {cell.device}", form, tuple(known)
        )


def _follow(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{time.strftime('%H:%M:%S')}  {text:<69}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
