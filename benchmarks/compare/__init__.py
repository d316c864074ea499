"""Is HEAD slower than BASE? ``python -m benchmarks compare``: two processes a pair, one of each side, in lockstep.

``sides.py`` makes what is compared, ``pair.py`` measures one pair, ``verdict.py`` judges all rows of all pairs so far,
``comparison.py`` goes on where a verdict is open. How it decides, and what it sees: ``docs/compare.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bench_core
from bench_core.method import DEVICES, DTYPES, check_choice

if TYPE_CHECKING:
    from benchmarks.compare.sides import Side
    from benchmarks.harness.cell import Cell
    from benchmarks.harness.profile import Profile

# What is compared of a family that may differ between the sides; of logdet where none may.
DEFAULT_CELLS = {
    "logdet": ("D=100", "D=1000"),
    "implicit": ("D=64",),
    "line_integral": ("d=32",),
    "score": ("d=64",),
}
CELL_MINUTES, LEAST_MINUTES = 3, 10
_EXAMPLE = "logdet torch D=100"
# What of the user's environment may change times: a comparison that was cut off goes on under the same alone.
_PREFIXES = ("XLA_", "JAX_", "TORCH", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "MALLOC_", "CUDA_", "BENCH_")
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
        help=f"family, backend and sizes, e.g. {_EXAMPLE!r}; repeat [default: some of every family that may differ]",
    )
    parser.add_argument("--method", action="append", default=[], metavar="ROW", help="only this row; repeat")
    parser.add_argument(
        "--dtype",
        help=f"{', '.join(DTYPES)} (tf32 and bfloat16 on cuda) [default: as the profile measures such a cell]",
    )
    parser.add_argument("--device", default="cpu", help=f"{' or '.join(DEVICES)} [default: cpu]")
    parser.add_argument("--profile", default="quick", help="whose rows and budgets [default: quick]")
    parser.add_argument("--threshold", type=float, default=5.0, help="per cent; slower beyond it fails [default: 5]")
    parser.add_argument(
        "--minutes",
        type=float,
        help="no pair is begun after them [default: 3 a cell, at least 10; the first look has its six in any case]",
    )
    parser.add_argument("--json", metavar="FILE", help="write everything there")
    parser.add_argument("--bencher", metavar="FILE", help="write the ratios there in Bencher's metric format")
    parser.add_argument("--markdown", metavar="FILE", help="append the table there, as for a job's summary")
    parser.add_argument(
        "--keep",
        nargs="?",
        const=platform.node(),
        metavar="MACHINE",
        help="keep it with this machine's results: the report's history asks it [default: the host's name]",
    )
    parser.set_defaults(command=_run)


def cache() -> Path:
    """Where sides and unfinished comparisons lie: ``XDG_CACHE_HOME`` or ``~/.cache``, folder ``jacobench``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jacobench"


def _run(parsed: argparse.Namespace) -> int:
    """As a command: 1 is a slowdown and nothing else."""
    try:
        return _compare(parsed)
    except ValueError:
        raise
    except Exception:
        traceback.print_exc()
        return 2


def _compare(parsed: argparse.Namespace) -> int:
    from benchmarks.compare import bencher, comparison, keep, sides, table, verdict
    from benchmarks.compare.log import Log
    from benchmarks.harness.policy import chosen
    from benchmarks.harness.profile import PROFILES

    for name, number in (("threshold", parsed.threshold), ("minutes", parsed.minutes)):
        if number is not None and not number > 0:
            raise ValueError(f"{name} {number:g}; allowed: a number above zero")
    for file in filter(None, (parsed.json, parsed.bencher, parsed.markdown)):
        if not os.access(Path(file).resolve().parent, os.W_OK):
            raise ValueError(f"file {file!r} cannot be written; allowed: one in a folder that exists")
    profile = PROFILES[check_choice("profile", parsed.profile, tuple(PROFILES))]
    given = [_cell(text, parsed, profile) for text in parsed.cell]
    head = sides.make(parsed.head_commit, ROOT, cache() / "sides", parsed.head_python, parsed.head)
    commit = parsed.base_commit or parsed.head_commit
    base = sides.make(commit, ROOT, cache() / "sides", parsed.base_python, parsed.base)
    if parsed.keep is not None:
        keep.check(base, head)
    cells: Sequence[Cell] = given
    if not cells:
        some = [_cell(text, parsed, profile) for text in _choose(base, head)]
        cells = _only_asked(some, (base, head), parsed.method)
    # Cells are named by base's precision, whatever head's is.
    cells = [replace(cell, dtype=base.settings.dtype or cell.dtype) for cell in cells]
    base, head = _name_forms(base, head)
    both = {"base": base, "head": head}
    for side in both.values():
        _check_form(side.settings.form, cells, parsed.method)
    if commit is None:
        _check_rows(cells, parsed.method)
    minutes = parsed.minutes or max(LEAST_MINUTES, CELL_MINUTES * len(cells))
    # Where the user has set no limit, a busy machine takes longer to the first look and has one all the same.
    least = 0 if parsed.minutes else verdict.LEAST_PAIRS
    options = comparison.Options(profile, parsed.threshold / 100, minutes, least, tuple(parsed.method))
    policy = comparison.SPIN_BRIEFLY | chosen().variables()
    ruler = sides.digest(ROOT / "benchmarks")
    key = [
        base.key(),
        head.key(),
        [cell.to_json() for cell in cells],
        profile.name,
        parsed.threshold,
        minutes,
        parsed.method,
        ruler,
        policy,
        chosen().threads,
        platform.node(),
        sorted((name, value) for name, value in os.environ.items() if name.startswith(_PREFIXES)),
    ]
    log = Log(cache() / "compare", key)
    with log.alone():
        done = comparison.run(both, cells, options, log, policy, _follow)
        table.show(done)
        for file, render in ((parsed.json, comparison.to_json), (parsed.bencher, bencher.metrics)):
            if file:
                Path(file).write_text(json.dumps(render(done), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        if parsed.markdown:
            with open(parsed.markdown, "a", encoding="utf-8") as stream:
                stream.write(table.markdown(done))
        for path in keep.keep(done, parsed.keep) if parsed.keep is not None else ():
            print(f"kept {path}", file=sys.stderr)
        log.finish()
    return done.status()


def _choose(base: Side, head: Side) -> list[str]:
    """Cells of the families that may differ: all four where shared code, environment or settings do, else those whose
    code does; logdet's where the sides are equal.
    """
    one, other = base.digests(), head.digests()
    elsewhere = one[""] != other[""] or base.key()[1:] != head.key()[1:]
    families = [name for name in DEFAULT_CELLS if elsewhere or one.get(name) != other.get(name)] or ["logdet"]
    return [
        f"{name} {backend} {size}"
        for name in families
        for backend in bench_core.BACKENDS
        for size in DEFAULT_CELLS[name]
    ]


def _only_asked(cells: Sequence[Cell], sides: Sequence[Side], asked: Sequence[str]) -> Sequence[Cell]:
    """Of cells that nobody has named those that have a row, and the forms, that are asked for; all where none has."""
    from benchmarks.harness.cell import rows

    def has(cell: Cell) -> bool:
        known = rows(cell.family, cell.backend, device=cell.device)
        return (not asked or bool({*asked} & {*known})) and all(
            side.settings.form is None or side.settings.form in _forms(cell, asked) for side in sides
        )

    return [cell for cell in cells if has(cell)] or cells


def _name_forms(base: Side, head: Side) -> tuple[Side, Side]:
    """Both sides' rows by their methods, where one side's are."""
    from benchmarks.harness.cell import FIRST

    if (base.settings.form is None) == (head.settings.form is None):
        return base, head
    named = [replace(side, settings=replace(side.settings, form=side.settings.form or FIRST)) for side in (base, head)]
    return named[0], named[1]


def _cell(text: str, parsed: argparse.Namespace, profile: Profile) -> Cell:
    from benchmarks.harness.cell import asked
    from benchmarks.harness.cell import size as read_size

    words = text.split()
    if len(words) < 2 or any("=" in word for word in words[:2]):
        raise ValueError(f"cell {text!r} is none; allowed: FAMILY BACKEND SIZE=VALUE ..., e.g. {_EXAMPLE!r}")
    sizes = dict(map(read_size, words[2:]))
    return asked(profile, words[0], words[1], sizes, parsed.device, parsed.dtype)


def _check_rows(cells: Sequence[Cell], asked: Sequence[str]) -> None:
    """Whether the working tree, which is both sides, has every row that is asked for in some cell."""
    from benchmarks.harness.cell import rows

    known = [row for cell in cells for row in rows(cell.family, cell.backend, device=cell.device)]
    for row in asked:
        check_choice("row of these cells", row, tuple(dict.fromkeys(known)))


def _check_form(form: str | None, cells: Sequence[Cell], asked: Sequence[str]) -> None:
    """Whether some method of each cell has it, and rows are asked for by their methods."""
    if form is None:
        return
    for row in asked:
        if ":" in row:
            raise ValueError(
                f"row {row!r} names a form, and the sides do; allowed: its method, {row.partition(':')[0]}"
            )
    for cell in cells:
        name = f"form of {', '.join(asked) or cell.family} on {cell.backend} and {cell.device}"
        check_choice(name, form, _forms(cell, asked))


def _forms(cell: Cell, asked: Sequence[str]) -> tuple[str, ...]:
    """Those that some method of the cell has, of the methods asked for."""
    from benchmarks.harness.cell import FIRST

    tried = [m for m in bench_core.methods(cell.family, cell.backend) if not asked or m.name in asked]
    return FIRST, *sorted({each for method in tried for each in method.forms_on(cell.device)})


def _follow(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{time.strftime('%H:%M:%S')}  {text:<69}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
