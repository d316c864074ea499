"""Rows that gave no time, by reason: what differs only in its numbers is one line."""

import re
from collections import Counter

from ..digest import Digest
from ..group import group_by
from ..text import OUTCOME_WORDS, count, write_size
from .blocks import Cell, Table, columns

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
# Stands for a number in a reason, which may hold any sign that can be read.
_GAP = "\0"
# Rows named in a line; more are counted.
_SHOWN = 6


def tabulate_holes(digest: Digest) -> Table:
    """A line for each family, outcome and reason, most cells first within a family."""
    rows = []
    for family in digest.families:
        holes = (
            (cell.outcome, cell.reason or "no reason recorded", row.name, cell.size)
            for series in family.series
            for row in series.rows
            for cell in row.cells
            if cell.outcome != "ok"
        )
        groups = group_by(holes, lambda hole: (hole[0], _NUMBER.sub(_GAP, hole[1])))
        for (outcome, pattern), found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            ends = sorted({pick(size for *_, size in found) for pick in (min, max)})
            names = Counter(name for _, _, name, _ in found)
            rows.append(
                {
                    "family": Cell(family.name),
                    "outcome": Cell(OUTCOME_WORDS[outcome]),
                    "cells": Cell(f"{len(found):,}"),
                    "reason": Cell(_fill(pattern, [reason for _, reason, *_ in found]), "", _name_rows(names)),
                    "span": Cell(f"{family.axis} = {' to '.join(map(write_size, ends))}"),
                }
            )
    heads = columns(
        ("family", "Family"), ("outcome", "Outcome"), ("cells", "Cells", True), ("reason", "Why"), ("span", "Sizes")
    )
    return Table("holes", "Rows that gave no time, by reason", heads, tuple(rows))


def _fill(pattern: str, reasons: list[str]) -> str:
    """The reason with the range of each of its numbers."""
    words, numbers = pattern.split(_GAP), (_NUMBER.findall(reason) for reason in reasons)
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
