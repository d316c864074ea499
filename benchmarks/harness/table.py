"""A cell's rows in the terminal, and what is being done while they are measured."""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from benchmarks.harness.pairs import paired_ratios

_START = time.monotonic()


def follow(event: dict[str, Any]) -> None:
    """Show on one terminal line what the session is doing."""
    if event["event"] == "begin" and sys.stderr.isatty():
        doing = " ".join(filter(None, (event["row"], event["what"])))
        print(f"\r{time.monotonic() - _START:6.1f} s  {doing:<50}", end="", file=sys.stderr, flush=True)


def show(records: list[dict[str, Any]]) -> None:
    """Print every row of a cell: median seconds over all processes, ratio to the first row, error, memory or the
    reason.
    """
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:  # a bare machine: the numbers all the same
        _show_plain(records)
        return
    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    cell = records[0]["cell"]
    sizes = ", ".join(f"{name} = {value}" for name, value in cell["sizes"].items())
    table = Table(
        title=f"{cell['family']} on {cell['backend']}, {cell['device']}, {cell['dtype']}: {sizes}", title_justify="left"
    )
    for heading in ("row", "median s", "of the first", "error", "peak MiB", "first call s", "rounds", "outcome"):
        table.add_column(
            heading, justify="left" if heading in ("row", "outcome") else "right", no_wrap=heading == "row"
        )
    names = [name for name in records[0]["rows"] if not name.endswith("~twin")]
    reasons: list[str] = []
    baseline = next((name for name in names if _seconds(records, name)), None)
    for name in names:
        rows = [record["rows"][name] for record in records]
        worst = next((row for row in rows if row["outcome"] != "ok"), rows[0])
        seconds = _seconds(records, name)
        table.add_row(
            name,
            _number(statistics.median(seconds) if seconds else None, ".3g"),
            _number(_ratio(records, name, baseline) if baseline else None, ".3f"),
            _number(worst["error"], ".1e"),
            _number(worst["peak_bytes"] / 2**20 if worst["peak_bytes"] is not None else None, ".1f"),
            _number(worst["first_call_s"], ".3g"),
            "apart" if rows[0].get("apart") else str(len(seconds)) if seconds else "",
            worst["outcome"],
        )
        if worst["reason"]:
            reasons.append(f"{name}: {worst['reason']}")
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    reasons += [f"process {record['process']}, {line}" for record in records for line in record["failures"]]
    for reason in reasons:
        console.print(reason, markup=False, highlight=False)
    for record in records:
        stop, stages = record["stop"] or {}, ", ".join(f"{name} {s:.1f}" for name, s in record["stages_s"].items())
        console.print(
            f"process {record['process']}: {record['elapsed_s']:.1f} s ({stages}), stopped by {stop.get('reason')}",
            markup=False,
        )


def _show_plain(records: list[dict[str, Any]]) -> None:
    for name in records[0]["rows"]:
        rows = [record["rows"].get(name, {"outcome": "", "reason": ""}) for record in records]
        seconds = _seconds(records, name)
        median = f"{statistics.median(seconds):.3g} s" if seconds else ""
        print(f"{name:<30} {median:>12}  {rows[0]['outcome']} {rows[0]['reason']}")


def _seconds(records: list[dict[str, Any]], name: str) -> list[float]:
    """Samples of all processes."""
    return [seconds for record in records for seconds in record["rows"].get(name, {"samples_s": []})["samples_s"]]


def _ratio(records: list[dict[str, Any]], name: str, baseline: str) -> float | None:
    """Median of the paired ratios of all processes."""
    pairs = (paired_ratios(record["rows"][name], record["rows"][baseline]) for record in records)
    found = [ratio for ratios in pairs for ratio in ratios]
    return statistics.median(found) if found else None


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
