"""Matrix products and library calls in the text of a compiled program (HLO): what cost formulas are held to."""

from __future__ import annotations

import re
from collections import Counter
from math import prod

COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = (\(.*?\)|\S+) ([\w\-]+)\((.*)$")
SHAPE = re.compile(r"\w+\[([\d,]*)\]")
CALLED = re.compile(r"(?:calls|body|to_apply)=%?([\w.\-]+)")
TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
CONTRACTED = re.compile(r"lhs_contracting_dims=\{([\d,]*)\}")
TARGET = re.compile(r'custom_call_target="([^"]+)"')


def matrix_flops(text: str) -> float:
    """FLOPs of all ``dot`` operations, two for a multiply-add, bodies of loops as often as they run.

    Without the products that have a vector for operand or result, which cost formulas leave out.
    """
    return sum((2.0 * size * times for size, times in _dots(text)), 0.0)


def custom_calls(text: str) -> Counter[str]:
    """How often each library routine is called, by its target's name."""
    calls: Counter[str] = Counter()
    for _, operation, rest, _, times in _executed(text):
        if operation == "custom-call" and (target := TARGET.search(rest)):
            calls[target[1]] += times
    return calls


def _dots(text: str, smallest: int = 2):
    """(multiply-adds, times) of every product whose free and contracted dimensions are all ``smallest`` or more."""
    for shape, operation, rest, shapes, times in _executed(text):
        if operation == "dot":
            left = shapes[re.findall(r"%?([\w.\-]+)[,)]", rest)[0]]
            contracted = [left[int(axis)] for axis in CONTRACTED.findall(rest)[0].split(",") if axis]
            if min((*shape, *contracted)) >= smallest and len(shape) >= smallest:
                yield prod(shape) * prod(contracted), times


def _executed(text: str):
    """(shape, operation, rest of the line, shapes of the computation, times it runs), from the entry down."""
    computations, entry = _parse(text)

    def visit(name: str, times: int):
        shapes = {label: shape for label, shape, _, _ in computations[name]}
        for _, shape, operation, rest in computations[name]:
            yield shape, operation, rest, shapes, times
            if operation in ("fusion", "call", "while"):
                trips = TRIPS.search(rest) if operation == "while" else None
                for called in CALLED.findall(rest):
                    yield from visit(called, times * (int(trips[1]) if trips else 1))

    yield from visit(entry, 1)


def _parse(text: str) -> tuple[dict[str, list], str]:
    """The instructions (name, shape, operation, rest) of every computation, and the entry's name."""
    computations: dict[str, list] = {}
    entry = current = ""
    for line in text.splitlines():
        if header := COMPUTATION.match(line):
            current = header[2]
            computations[current] = []
            entry = current if header[1] else entry
        elif current and (found := INSTRUCTION.match(line)):
            name, result, operation, rest = found.groups()
            numbers = SHAPE.match(result)
            shape = tuple(int(n) for n in numbers[1].split(",") if n) if numbers else ()
            computations[current].append((name, shape, operation, rest))
    if not entry:
        raise ValueError("no entry computation in this text; allowed: the HLO of a compiled program")
    return computations, entry
