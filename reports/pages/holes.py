"""Rows that gave no time, by reason: what differs only in its numbers is one line."""

import re
from collections import Counter
from dataclasses import dataclass, field

from ..digest import Digest
from ..text import OUTCOME_WORDS, count, write_size
from .blocks import Cell, Table, columns

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
# Rows named in a line; more are counted.
_SHOWN = 6


@dataclass
class _Group:
    """Cells of a family with one outcome and one reason but for its numbers."""

    numbers: list[tuple[str, ...]] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    sizes: set[float] = field(default_factory=set)


def tabulate_holes(digest: Digest) -> Table:
    """A line for each family, outcome and reason, most cells first within a family."""
    rows = []
    for family in digest.families:
        groups: dict[tuple[str, str], _Group] = {}
        for series in family.series:
            for row in series.rows:
                for cell in row.cells:
                    if cell.outcome != "ok":
                        reason = cell.reason or "no reason recorded"
                        group = groups.setdefault((cell.outcome, _NUMBER.sub("#", reason)), _Group())
                        group.numbers.append(tuple(_NUMBER.findall(reason)))
                        group.rows[row.name] += 1
                        group.sizes.add(cell.size)
        for (outcome, pattern), group in sorted(groups.items(), key=lambda item: (-item[1].rows.total(), item[0])):
            low, high = min(group.sizes), max(group.sizes)
            span = write_size(low) if low == high else f"{write_size(low)} to {write_size(high)}"
            rows.append(
                {
                    "family": Cell(family.name),
                    "outcome": Cell(OUTCOME_WORDS[outcome]),
                    "cells": Cell(f"{group.rows.total():,}"),
                    "reason": Cell(_fill(pattern, group.numbers), "", _name_rows(group.rows)),
                    "span": Cell(f"{family.axis} = {span}"),
                }
            )
    heads = columns(
        ("family", "Family"), ("outcome", "Outcome"), ("cells", "Cells", True), ("reason", "Why"), ("span", "Sizes")
    )
    return Table("holes", "Rows that gave no time, by reason", heads, tuple(rows))


def _fill(pattern: str, numbers: list[tuple[str, ...]]) -> str:
    """The reason with the range of each of its numbers."""
    words = pattern.split("#")
    told = [words[0]]
    for given, word in zip(zip(*numbers, strict=True), words[1:], strict=True):
        low, high = (_write(pick(given, key=_read)) for pick in (min, max))
        told += [low if low == high else f"{low} to {high}", word]
    return "".join(told)


def _read(text: str) -> float:
    return float(text.replace(",", ""))


def _write(text: str) -> str:
    """As it was given, but for large numbers in powers of ten."""
    return f"{_read(text):,.0f}" if "e+" in text and _read(text) < 1e9 else text


def _name_rows(rows: Counter[str]) -> str:
    names = sorted(rows, key=lambda row: (-rows[row], row))
    told = ", ".join(f"{row} {rows[row]}" for row in names[:_SHOWN])
    return told if len(names) <= _SHOWN else f"{told} and {count(len(names) - _SHOWN, 'other row')}"
