"""What loading returns: a Run, its sessions, and the one error."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..comparisons import Compared
from ..devices import Sharding
from ..studies import Study

OUTCOMES = ("ok", "skipped", "over_budget", "oom", "timeout", "wrong", "error")
# A few calls of methods that take minutes, apart from the rounds: what nobody timed side by side with the others.
PATIENT = "patient"
# A cell measured twice at one commit: the more thorough profile is the one reported.
PROFILES = (PATIENT, "smoke", "quick", "card", "standard", "full")

# (machine, environment, commit): what one asv environment measured on one machine at one commit.
Origin = tuple[str, str, str | None]


class LoadError(Exception):
    """The results cannot be used; the message is the one line to show."""


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: its path below the results folder, what it is, and its SHA-256."""

    path: str
    kind: str
    sha256: str


@dataclass(frozen=True)
class Session:
    """One session record without its rows."""

    path: str
    machine: str
    commit: str | None
    environment: str
    cell: str
    record: dict[str, Any]

    def get(self, *keys: str, default: Any = None) -> Any:
        """The value below nested keys; `default` where any of them is missing or null."""
        value: Any = self.record
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value

    @property
    def patient(self) -> bool:
        """Whether it timed one to three calls of methods that take minutes, apart from the rounds."""
        return self.record.get("profile") == PATIENT


@dataclass(frozen=True)
class Part:
    """What one machine and environment contributed at one commit."""

    machine: str
    environment: str
    commit: str | None
    profile: str
    device: str
    asv: bool
    sessions: int

    @property
    def plain(self) -> bool:
        """Whether it was measured without asv, as a run or a cell by itself: there is no file of asv's then."""
        return self.environment.partition("-")[0] in ("plain", "direct")


@dataclass(frozen=True)
class Unmeasured:
    """Of one machine's run at one commit the cells that were planned and that nothing has measured since, by their
    names in records, and `others` that are no cells, each in a few words.
    """

    machine: str
    commit: str
    cells: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """Everything a report is made of.

    `frame` has one line for each row x cell x session; `sizes` there is a sorted tuple of (letter, value) pairs and
    the samples are arrays in seconds. Lines with `recorded_by == "asv"` have samples but no rounds: nothing about
    them is paired. `patient` lines are paired with those of their own session only. `history` has asv's median of
    every commit found. `problems` are lines for the Health section, `differences` those of rows whose median asv
    tells otherwise than the records, which are used.
    """

    results: str
    parts: tuple[Part, ...]
    machines: dict[str, dict[str, Any]]
    frame: pd.DataFrame
    sessions: tuple[Session, ...]
    files: tuple[SourceFile, ...]
    history: pd.DataFrame
    problems: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    superseded: int = 0
    unmeasured: tuple[Unmeasured, ...] = ()
    studies: tuple[Study, ...] = ()
    shardings: tuple[Sharding, ...] = ()
    comparisons: tuple[Compared, ...] = ()

    @property
    def profile(self) -> str:
        """Profiles reported, from quick to full."""
        # A part may have several: each counts once, and those that nobody knows stand in one order.
        found = {profile for part in self.parts for profile in part.profile.split(", ") if profile}
        return ", ".join(sorted(found, key=lambda profile: (rank_profile(profile), profile)))


def rank_profile(profile: str) -> int:
    """How thorough a profile is, -1 of one that is not known."""
    return PROFILES.index(profile) if profile in PROFILES else -1


def shorten(commit: str | None) -> str:
    """The first eight digits of a commit, or what to say where there is none."""
    return commit[:8] if commit else "no commit"
