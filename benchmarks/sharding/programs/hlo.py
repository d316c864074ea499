"""Collectives in the text of a compiled program (HLO)."""

from __future__ import annotations

import re
from math import prod

import numpy as np

from bench_core.logdet.sharded.traffic import TURNS, Collective, Traffic

_COMPUTATION = re.compile(r"^(ENTRY )?%?[\w.\-]+ \(.*\{$")
_COLLECTIVE = re.compile(
    r"= (?P<shapes>.*?) (?P<kind>all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute|"
    r"collective-broadcast|ragged-all-to-all)(?P<start>-start)?\(.*?(?:replica_groups=(?P<groups>.*?), \w+=|$)"
)
_SHAPE = re.compile(r"([a-z]+\d+)\[([\d,]*)\]")
_TYPES = {"f64": "float64", "f32": "float32", "s32": "int32", "s64": "int64", "u32": "uint32"}


def read_traffic(text: str) -> Traffic:
    """The exchanges of one run of the program.

    Raises ``ValueError`` for a collective in a loop or a branch, of which the text does not say how often it runs, and
    for kinds, types and groups that are not known here.
    """
    found, entry = [], False
    for line in text.splitlines():
        if header := _COMPUTATION.match(line):
            entry = bool(header[1])
        elif match := _COLLECTIVE.search(line):
            if not entry:
                raise ValueError(f"{match['kind']} outside the entry computation; allowed: none in loops and branches")
            found.append(_read(match))
    return Traffic(tuple(each for each in found if each.devices > 1))


def _read(match: re.Match[str]) -> Collective:
    kind = match["kind"]
    if kind not in TURNS:
        raise ValueError(f"unknown collective {kind!r}; allowed: {', '.join(TURNS)}")
    devices = _count(match["groups"] or "")
    sizes = [_bytes(*shape) for shape in _SHAPE.findall(match["shapes"])]
    if match["start"] and kind != "all-reduce":
        sizes = sizes[len(sizes) // 2 :]  # operands come first, then results
    total = sum(sizes)
    return Collective(kind, float(total * devices if kind == "reduce-scatter" else total), devices)


def _bytes(kind: str, shape: str) -> int:
    if kind not in _TYPES:
        raise ValueError(f"unknown type {kind!r} in a collective; allowed: {', '.join(_TYPES)}")
    return np.dtype(_TYPES[kind]).itemsize * prod(int(n) for n in shape.split(",") if n)


def _count(groups: str) -> int:
    """Devices of a group: ``{{0,1},{2,3}}`` and ``[2,2]<=[4]`` say 2, ``mesh['a'=2,'b'=2] {'b'}`` as well."""
    if listed := re.match(r"\{\{([\d,]+)\}", groups):
        return listed[1].count(",") + 1
    if iota := re.match(r"\[\d+,(\d+)\]<=", groups):
        return int(iota[1])
    if mesh := re.match(r"(?:mesh|@mesh\w*)\[(.*?)\] ?\{(.*?)\}", groups):
        sizes = dict(re.findall(r"'([\w.]+)'=(\d+)", mesh[1]))
        return prod(int(sizes[name]) for name in re.findall(r"'([\w.]+)'", mesh[2]))
    raise ValueError(f"unknown replica groups {groups!r}; allowed: lists, iota and mesh axes")
