"""Who lends a spread: published results with several processes a cell, for runs that have one.

Every report has its own in `spread.json`; those of the published reports are lent. No number here is written by hand.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .load import LoadError
from .statistics import Spread, reach_alone

FILE = "spread.json"
SCHEMA = 1
PUBLISHED = Path(__file__).parent / "published"
_DIGITS = 4


@dataclass(frozen=True)
class Lender:
    """How far log ratios differ between processes of a family, backend and device on a machine, bounded from above.

    ruler, policy     how it was measured: the way of measuring; the allocator and the waiting that sessions chose
    cells, processes  cells with several processes, and processes of all of them
    spread            of `bound_spread`
    """

    machine: str
    processor: str
    family: str
    backend: str
    device: str
    ruler: int
    policy: str
    cells: int
    processes: int
    spread: Spread


def find_lender(
    lenders: Iterable[Lender], family: str, backend: str, device: str, ruler: int, policy: str, processor: str = ""
) -> Lender | None:
    """The lender for what was measured so: one with the same processor, and of several machines, none of which or all
    of which have it, the one whose processes differ most.
    """
    wanted = family, backend, device, ruler, policy
    fitting = [x for x in lenders if (x.family, x.backend, x.device, x.ruler, x.policy) == wanted]
    same = [x for x in fitting if x.processor == processor]
    return max(same or fitting, key=lambda x: (reach_alone(x.spread), x.machine), default=None)


def write_lenders(lenders: Iterable[Lender]) -> str:
    """`spread.json`: one object a lender, numbers to four digits."""
    entries = [asdict(lender) | {"spread": _pack(lender.spread)} for lender in lenders]
    lines = [json.dumps(entry, ensure_ascii=False, sort_keys=True) for entry in entries]
    body = ",\n".join(lines)
    return f'{{"schema": {SCHEMA}, "lenders": [\n{body}\n]}}\n' if lines else f'{{"schema": {SCHEMA}, "lenders": []}}\n'


def read_lenders(folder: Path = PUBLISHED) -> tuple[Lender, ...]:
    """Lenders of the reports below a folder. Raises LoadError where a file of theirs cannot be used."""
    return tuple(lender for path in sorted(folder.glob(f"*/{FILE}")) for lender in _read(path))


def _read(path: Path) -> Iterable[Lender]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["schema"] != SCHEMA:
            raise LoadError(f"{path}: schema {known['schema']!r} is not {SCHEMA}, the one this reader knows")
        return [Lender(**entry | {"spread": _unpack(**entry["spread"])}) for entry in known["lenders"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{path}: not a file of spreads ({type(error).__name__}: {error})") from error


def _pack(spread: Spread) -> dict[str, object]:
    return {
        "variance": _short(spread.variance),
        "freedom": _short(spread.freedom),
        "groups": spread.groups,
        "stretch": [_short(value) for value in spread.stretch],
        "scores": [_short(value) for value in spread.scores[0]],
    }


def _unpack(variance: float, freedom: float, groups: int, stretch: list[float], scores: list[float]) -> Spread:
    one, several = stretch
    return Spread(variance, freedom, groups, (one, several), (np.array(scores), np.empty(0)), lent=True)


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
