"""The sentence of each kind of incident. The facts are `reports/digest/incidents.py`'s."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..columns import MEANINGS
from ..digest import Digest
from ..digest.incidents import Incident
from ..points import DIMENSIONS
from ..text import count, write_bytes, write_list, write_rate, write_seconds, write_share, write_size
from .naming import name_environment, name_place

# Names in a sentence; more are counted.
SHOWN = 4

# A rate as records tell it; where two are compared the second has no unit. And seconds.
_RATE = re.compile(r"\b(\d+(?:\.\d+)?e\+\d+)(?: FLOP/s)?")
_SECONDS = re.compile(r"\b(\d+(?:\.\d+)?(?:e-\d+)?) s\b")

# A cell's name in records: family, place, and letters with their sizes.
_LETTER = f"(?:{'|'.join(letter for letter in MEANINGS if len(letter) > 1)}|[A-Za-z])"
_CELL = re.compile(rf"([a-z_]+)-([a-z]+-[a-z]+-[a-z0-9]+)-({_LETTER}[\w.-]+)")
_SIZE = re.compile(rf"-({_LETTER})([\w.]+(?:-\d+)?)")
_IN_LINE = re.compile(rf"^{_CELL.pattern}")

Values = dict[str, Any]


def write_incident(digest: Digest, incident: Incident, brief: bool = False) -> str:
    """One line, without a full stop; a `brief` one counts cells and does not name them."""
    values: Values = {**incident.values, "brief": brief}
    where = name_place(digest, values["place"]) if "place" in values else ""
    if "state" in values and sum(state.place == values["place"] for state in digest.health.states) > 1:
        where += f", state {values['state']}"
    told = _WRITERS[incident.kind](values)
    return f"{where}: {told}" if where else told


def _write_states(values: Values) -> str:
    sizes = dict(values["sizes"])
    most = max(sizes, key=lambda letter: (len(sizes[letter]), letter))
    rest = [
        f"{letter} ({values['axis']} = {_shorten([write_size(size) for size in found], 8)})"
        for letter, found in sizes.items()
        if letter != most
    ]
    told = f"{values['family']} was measured in {count(len(sizes), 'state')} of the machine"
    return f"{told}; beside state {most}, on curves of their own: {write_list(rest)}"


def _write_moved(values: Values, what: str) -> str:
    """With the record's line, which has rates and seconds as numbers."""
    told = f"{what} within {_cells(values)}"
    if values["brief"]:
        return told
    how = _RATE.sub(lambda number: write_rate(float(number[1])), values["how"])
    how = _SECONDS.sub(lambda number: write_seconds(float(number[1])), how)
    first = "in one of them " if len(values["cells"]) > 1 else ""
    again = f", though repeated {count(values['repeated'], 'time')}" if values.get("repeated") else ""
    return f"{told} ({first}{how}){again}"


def _write_card(values: Values) -> str:
    held = f"{write_list(values['reasons'])} held the card's clock back" if values["reasons"] else "the card was slow"
    usual, least, default = (f"{values[name]:,.0f}" for name in ("usual", "least", "default"))
    return f"{held}, to {usual} of {default} MHz in the median and {least} at the lowest, in {_cells(values)}"


def _name_rows(values: Values) -> str:
    return _shorten([f"{row} ({family}, {count(number, 'cell')})" for family, row, number in values["rows"]])


def _cells(values: Values) -> str:
    if values["brief"]:
        return count(len(values["cells"]), "cell")
    cells = [_name_cell(cell) for cell in values["cells"]]
    return f"{count(len(cells), 'cell')}: {_shorten(cells)}" if len(cells) > 1 else cells[0]


def read_cell(cell: str) -> tuple[str, str, dict[str, float | str]] | None:
    """Family, place and sizes, the dimension first, of a cell's name in records; None of what is no such name."""
    found = _CELL.fullmatch(cell)
    if found is None:
        return None
    family, where, spelled = found.groups()
    sizes = sorted(_SIZE.findall(f"-{spelled}"), key=lambda size: size[0] not in DIMENSIONS)
    return family, where, {letter: _read(value) for letter, value in sizes}


def _name_cell(cell: str, place: bool = False) -> str:
    """`logdet at D = 100 (B = 100, L = 2)` for a cell's name in records, with its `place` where no other word says it;
    what is no such name as it is.
    """
    read = read_cell(cell)
    if read is None:
        return cell
    family, where, found = read
    sizes = [f"{letter} = {write_size(value)}" for letter, value in found.items()]
    rest = [", ".join(where.split("-"))] * place + ([", ".join(sizes[1:])] if sizes[1:] else [])
    told = f" ({'; '.join(rest)})" if rest else ""
    return f"{family} at {sizes[0]}{told}" if sizes else family


def _read(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _shorten(words: Sequence[str], most: int = SHOWN) -> str:
    return write_list(words) if len(words) <= most else f"{', '.join(words[:most])} and {len(words) - most} more"


def _list_failures(lines: Sequence[str]) -> str:
    """The first two: each is a sentence with commas of its own."""
    named = [_IN_LINE.sub(lambda cell: _name_cell(cell[0], place=True), line) for line in lines[:2]]
    told = "; ".join(named)
    return f"{told}; and {len(lines) - 2} more" if len(lines) > 2 else told


_WRITERS: dict[str, Callable[[Values], str]] = {
    "file": lambda v: v["line"],
    "differs": lambda v: v["line"],
    "dirty": lambda v: (
        f"{count(v['sessions'], 'session')} of {v['of']} ran from a working tree with changes: the commit does not say "
        "what was measured"
    ),
    "faster": lambda v: f"the machine was up to {v['most']:.2g} times faster than usual in {_cells(v)}",
    "disturbed": lambda v: f"the machine was up to {v['most']:.2g} times slower than usual in {_cells(v)}",
    "canary": lambda v: f"the canary ran up to {v['most']:.2g} times slower than usual in {_cells(v)}",
    "moved": lambda v: _write_moved(v, "the machine's speed moved"),
    "pool": lambda v: _write_moved(v, "the backend's threads together ran at two speeds on one and the same machine"),
    "clock": lambda v: f"the clock was over 10 % below its usual in {_cells(v)}",
    "busy": lambda v: f"other work kept up to {v['most']:.2g} of the cores busy in {_cells(v)}",
    "stolen": lambda v: f"the host ran other guests for up to {write_share(v['most'])} of the time in {_cells(v)}",
    "held": lambda v: (
        f"the control group's quota held threads back for up to {write_seconds(v['most'])} in {_cells(v)}"
    ),
    "throttled": lambda v: f"the clock was throttled in {_cells(v)}",
    "card-clock": _write_card,
    "card-capped": _write_card,
    "card-shared": lambda v: f"other processes held up to {write_bytes(v['most'])} of the card's memory in {_cells(v)}",
    "system": lambda v: f"{v['line']} (in {count(v['sessions'], 'session')})",
    "limit": lambda v: f"{v['line']} (in {count(v['sessions'], 'session')})",
    "without-asv": lambda v: (
        f"{name_environment(v['environment'])} on {v['machine']}: {count(v['sessions'], 'session record')} without an "
        "asv result file (ended before asv saved)"
    ),
    "without-sessions": lambda v: (
        f"{name_environment(v['environment'])} on {v['machine']}: asv values without session records, so unpaired and "
        "without verdicts"
    ),
    "commits": lambda v: f"cells of several commits stand side by side: {write_list(v['commits'])}",
    "superseded": lambda v: (
        f"{count(v['measurements'], 'measurement')} of a cell left out for one that is newer or more thorough"
    ),
    "states": _write_states,
    "failures": lambda v: (
        f"{count(len(v['lines']), 'child process', 'child processes')} ended early, whose rows gave no time: "
        f"{_list_failures(v['lines'])}"
    ),
    "wrong": lambda v: f"wrong results or errors, not timed: {_name_rows(v)}",
    "retracted": lambda v: f"retracted, measured by code that is mended since: {_name_rows(v)}",
}
