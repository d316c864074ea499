"""Which of all measurements are reported: newest commit of each curve, newest ruler, most thorough profile."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..group import group_by
from ..points import DIMENSIONS
from .pile import Pile
from .row import PLACE, describe_cell
from .run import PATIENT, LoadError, Origin, Part, Session, rank_profile, shorten


def find_origin(line: dict[str, Any]) -> Origin:
    """Where a line is from."""
    return line["machine"], line["environment"], line["commit"]


def complete_commits(pile: Pile) -> None:
    """A shortened commit in a record is the full one that another file spells out."""
    full = {commit for _, _, commit in pile.asv_parts if commit} | {s.commit for s in pile.sessions if s.commit}
    longest = {commit[:8]: commit for commit in sorted(full, key=len)}
    for line in itertools.chain(pile.lines, pile.asv):
        if line["commit"]:
            line["commit"] = longest[line["commit"][:8]]
    pile.asv_parts = {(m, e, longest[c[:8]] if c else c) for m, e, c in pile.asv_parts}
    pile.sessions = [replace(s, commit=longest[s.commit[:8]]) if s.commit else s for s in pile.sessions]


def find_date(commit: str | None, dates: dict[str, float]) -> float:
    """When a commit was made; the working tree without a commit is newer than any."""
    if commit is None:
        return math.inf
    return dates.get(commit, dates.get(f"started:{commit}", -math.inf))


def choose_commits(pile: Pile, wanted: str | None, folder: Path) -> None:
    """Keep the newest commit of each machine, environment and curve, or the one `wanted`.

    Cells that differ in the dimension alone are one curve: it is of one commit, and not hidden by a later run of
    another curve, nor what took rounds by a few patient calls.
    """
    found = {_find_choice(line) for line in itertools.chain(pile.lines, pile.asv)}
    if wanted is not None:
        chosen = {choice for choice in found if choice[2] and choice[2].startswith(wanted)}
        commits = {choice[2] for choice in chosen}
        if not chosen:
            known = ", ".join(sorted({shorten(choice[2]) for choice in found}))
            raise LoadError(f"no results for commit {wanted} in {folder} (there are: {known})")
        if len(commits) > 1:
            raise LoadError(f"commit {wanted} could be {', '.join(sorted(map(shorten, commits)))}; give more digits")
    else:
        ordered = sorted(found, key=lambda choice: (find_date(choice[2], pile.dates), choice[2] or ""))
        chosen = set({(m, e, *rest): (m, e, commit, *rest) for m, e, commit, *rest in ordered}.values())
    pile.lines = [line for line in pile.lines if _find_choice(line) in chosen]
    pile.asv = [line for line in pile.asv if _find_choice(line) in chosen]
    curves = [_find_curve(describe_cell(session.record["cell"])) for session in pile.sessions]
    known = zip(pile.sessions, curves, strict=True)
    pile.sessions = [s for s, curve in known if (*_find_source(s), curve, s.patient) in chosen]


def drop_superseded(lines: list[dict[str, Any]], pile: Pile) -> tuple[list[dict[str, Any]], int]:
    """Of a machine's cells of a family keep those of its newest ruler: times of two rulers do not belong on one curve.

    Of a cell measured in several environments keep one: of runs before single cells (`direct`) that of the newest
    commit, then the more thorough profile, then asv. Both apart for patient sessions, whose ruler must be that of the
    others. Returns the lines, and how many cells are not in them.
    """
    rulers = {(*_find_source(s), s.cell, s.patient): int(s.get("ruler", default=0)) for s in pile.sessions}
    newest: dict[tuple[str, str, bool], int] = {}
    for line in lines:
        ruler = rulers.get(_find_cell(line), 0)
        newest[_find_scope(line)] = max(newest.get(_find_scope(line), 0), ruler)
    of_rounds = {scope[:2]: ruler for scope, ruler in newest.items() if not scope[2]}
    newest = {scope: of_rounds.get(scope[:2], ruler) for scope, ruler in newest.items()}
    kept = [line for line in lines if _fits(rulers.get(_find_cell(line), math.inf), newest[_find_scope(line)], line)]
    best: dict[tuple[str, str, bool], tuple[Any, ...]] = {}
    for line in kept:
        key = line["machine"], line["cell"], line["patient"]
        best[key] = max(best.get(key, (-math.inf,)), _rank(line, pile.dates))
    kept = [line for line in kept if _rank(line, pile.dates) == best[line["machine"], line["cell"], line["patient"]]]
    remaining = {_find_cell(line) for line in kept}
    pile.sessions = [s for s in pile.sessions if (*_find_source(s), s.cell, s.patient) in remaining]
    return kept, len({_find_cell(line) for line in lines} - remaining)


def list_parts(lines: Iterable[dict[str, Any]], pile: Pile) -> tuple[Part, ...]:
    """What each machine, environment and commit contributed."""
    parts = sorted(group_by(lines, find_origin).items(), key=lambda part: (*part[0][:2], part[0][2] or ""))
    return tuple(
        Part(
            *origin,
            profile=", ".join(sorted({line["profile"] for line in own if line["profile"]})),
            device=", ".join(sorted({line["device"] for line in own})),
            asv=origin in pile.asv_parts,
            sessions=sum(_find_source(session) == origin for session in pile.sessions),
        )
        for origin, own in parts
    )


def _find_source(session: Session) -> Origin:
    return session.machine, session.environment, session.commit


def _find_choice(line: dict[str, Any]) -> tuple[Any, ...]:
    """Machine, environment, commit, what the cells of its curve have in common, whether of patient sessions."""
    return *find_origin(line), _find_curve(line), line["profile"] == PATIENT


def _find_curve(cell: dict[str, Any]) -> tuple[Any, ...]:
    """What the cells of one curve have in common: all but the dimension."""
    rest = tuple((letter, value) for letter, value in cell["sizes"] if letter not in DIMENSIONS)
    return *(cell[name] for name in PLACE), rest


def _find_cell(line: dict[str, Any]) -> tuple[Any, ...]:
    return *find_origin(line), line["cell"], line["patient"]


def _find_scope(line: dict[str, Any]) -> tuple[str, str, bool]:
    return line["machine"], line["family"], line["patient"]


def _fits(ruler: float, newest: int, line: dict[str, Any]) -> bool:
    """Lines that only asv has do not say their ruler."""
    return ruler >= newest and not (line["patient"] and newest < ruler < math.inf)


def _rank(line: dict[str, Any], dates: dict[str, float]) -> tuple[Any, ...]:
    date, thorough = find_date(line["commit"], dates), rank_profile(line["profile"])
    through_asv = not line["environment"].startswith("plain-")
    return line["environment"] != "direct", date, thorough, through_asv, line["environment"]
