"""What a claim is: a sentence of a paper as data, and the function that finds what was measured of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..analysis import Analysis
from ..points import Place
from ._rule import Effect, Limits

SWEEPS = "python -m benchmarks run --profile full"
# Calls without a limit of time.
PATIENT = "python -m benchmarks run --profile patient"


def train(study: str, *data: str) -> str:
    """The command that trains a study, on each data set where it has several."""
    command = f"python -m benchmarks study {study} --profile standard"
    return "; ".join(f"{command} --data {name}" for name in data) or command


@dataclass(frozen=True)
class Where:
    """Where something was found: all series of a place, one of them (`fixed` sizes, `state`), or a study's data."""

    words: str
    place: Place | None = None
    fixed: tuple[tuple[str, Any], ...] = ()
    state: str = ""
    study: str = ""


NOWHERE = Where("–")


@dataclass(frozen=True)
class Evidence:
    """One part of a claim before the claim's error rate is shared: effects of its cells, and where it holds.

    what      the part in words: the sentence that its limits judge
    measured  what was found, in words; without `effects` why nothing was: the part is `not run`
    pick      `least`, `most` or `typical` of the cells
    unit      of the effect and of the limits; of a pure number a word for what it is: `exponent`
    counts    False for what the paper's sentence is not about
    needed    True for a part without which the sentence is not settled
    reason    what else is to be said where it is not reproduced
    """

    what: str
    measured: str
    effects: tuple[Effect, ...] = ()
    limits: Limits = field(default_factory=Limits)
    pick: str = "least"
    unit: str = ""
    counts: bool = True
    needed: bool = False
    where: Where = NOWHERE
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence of a paper.

    words, quoted   the paper's, or a paraphrase of it
    short           the sentence in at most fifteen words
    figure          where it stands; `printed` is the figure that stands there, in words
    assumption      what the paper presumes, "" if nothing
    threshold       where the sentence holds and where it fails, in words; the numbers are each part's limits
    command         runs it again; "" where nothing runs it yet
    """

    id: str
    family: str
    paper: str
    words: str
    quoted: bool = True
    short: str
    figure: str
    printed: str
    assumption: str = ""
    threshold: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Claim(Sentence):
    """A sentence and how it is tested.

    measure         finds the evidence
    check           whether what the paper presumes was met, None where that was not measured
    """

    measure: Callable[[Analysis], list[Evidence]]
    check: Callable[[Analysis], bool | None] = lambda analysis: None


def missing(what: str, reason: str, counts: bool = True, where: Where = NOWHERE) -> Evidence:
    """A part that was not run; it is needed where it counts."""
    return Evidence(what, reason, counts=counts, needed=counts, where=where)
