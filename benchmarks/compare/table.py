"""A comparison in the terminal: what is lost first, then what is slower, faster, open, and the same."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.compare import verdict
from benchmarks.compare.comparison import Comparison, ratio
from benchmarks.compare.pair import SIDES

_ORDER = ("slower", "faster", "open", "same")
_HEADINGS = ("cell", "row", "head / base", "95 % over all rows", "verdict", "base s", "floor", "sees from", "pairs")


def lines(comparison: Comparison) -> list[str]:
    """What is told before the table: failures, lost rows, rows of one side only."""
    told = [f"{cell}: not compared: {reason}" for cell, reason in comparison.failed.items()]
    for (cell, row), sides in (comparison.lost() | comparison.neither()).items():
        told.append(f"{cell}: {row}: {'; '.join(f'{side} {_say(o)}' for side, o in sides.items())}")
    for (cell, row), side in comparison.only.items():
        own = comparison.outcomes.get((cell, row), {}).get(side)
        become = f", and there it is {_say(own)}" if own and own["outcome"] != "ok" else ""
        told.append(f"{cell}: {row}: only {side} has it{become}")
    told += [f"{row}: none of the cells has a ratio of it" for row in comparison.missing()]
    few: dict[str, list[int]] = {}
    for cell, row in comparison.unseen():
        few.setdefault(cell, []).append(len(comparison.states[cell, row].log_ratios))
    for cell, pairs in few.items():
        told.append(
            f"{cell}: of {len(pairs)} of its rows there are {max(pairs)} pairs at most, {verdict.LEAST_PAIRS} tell "
            f"something: give it more than {comparison.options.minutes:g} minutes, or fewer rows or cells"
        )
    return told


def _say(told: Mapping[str, Any]) -> str:
    return told["outcome"] + (f" ({told['reason']})" if told["reason"] else "")


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """The table's lines, what matters first."""
    verdicts = comparison.verdicts()

    def place(name: tuple[str, str]) -> tuple[bool, int, float]:
        mean = math.log(ratio(comparison.states[name]))
        return not verdicts[name].beyond, _ORDER.index(verdicts[name].word), -abs(mean)

    found = []
    for name in sorted(comparison.states, key=place):
        state, said = comparison.states[name], verdicts[name]
        seconds = [p["rows"][name[1]]["seconds"]["base"] for p in comparison.pairs_of(*name)]
        low, high = (math.exp(value) for value in state.interval or (math.nan, math.nan))
        smallest = verdict.smallest_seen(state, len(verdicts))
        found.append(
            (
                *name,
                f"{ratio(state):.3f}",
                f"{low:.3f} to {high:.3f}" if state.interval else "",
                f"{said.word}, beyond {100 * comparison.options.threshold:g}%" if said.beyond else said.word,
                f"{sorted(seconds)[len(seconds) // 2]:.3g}",
                f"{math.expm1(state.floor):.1%}",
                f"{smallest:.1%}" if smallest is not None else "",
                str(len(state.log_ratios)),
            )
        )
    return found


def title(comparison: Comparison) -> str:
    base, head = (comparison.sides[side] for side in SIDES)
    same = base.key() == head.key()
    return f"head {head.name} over base {base.name}" + (": equal sides (A/A)" if same else "")


def show(comparison: Comparison) -> None:
    """Print it all; plain where rich is missing."""
    if sys.stderr.isatty():
        print("\r" + " " * 79 + "\r", end="", file=sys.stderr)
    for line in lines(comparison):
        print(line)
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        for line in [_HEADINGS, *rows(comparison)]:
            print("  ".join(line))
    else:
        table = Table(title=title(comparison), title_justify="left")
        for heading in _HEADINGS:
            table.add_column(heading, justify="left" if heading in ("cell", "row", "verdict") else "right")
        for line in rows(comparison):
            table.add_row(*line)
        (Console() if sys.stdout.isatty() else Console(width=160)).print(table)
    print(summary(comparison))


def summary(comparison: Comparison) -> str:
    """The last line: how many rows of each verdict, and the time it took."""
    words = [said.word for said in comparison.verdicts().values()]
    counts = ", ".join(f"{words.count(word)} {word}" for word in _ORDER if word in words) or "nothing was compared"
    return f"{counts}; {comparison.spent_s:.0f} s, exit status {comparison.status()}"


def markdown(comparison: Comparison) -> str:
    """The same as a page for a job's summary."""
    head = ["| " + " | ".join(_HEADINGS) + " |", "|" + "---|" * len(_HEADINGS)]
    body = ["| " + " | ".join(line) + " |" for line in rows(comparison)]
    told = [f"- {line}" for line in lines(comparison)]
    return "\n".join([f"### {title(comparison)}", "", *told, "", *head, *body, "", summary(comparison), ""])
