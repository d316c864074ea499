"""The digest: everything that the report says, as plain values. Pages, Markdown, terminal and form only render it.

Written as `digest.json` without the measured cells, which are in `points.csv`; `docs/digest.md` is its schema.
"""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any

from ..analysis import Analysis
from ..families import FAMILIES
from ..forecasts import Forecasts
from ..plots.style import assign_colours
from .about import About, describe
from .answers import CellAnswer, digest_answers
from .cards import CardDigest, digest_card
from .claims import ClaimDigest, judge_claims
from .compilation import Payoff, digest_payoffs
from .crossovers import Crossing, digest_crossovers
from .double_backprop import Doubling, digest_doublings
from .exponents import Growth, digest_exponents
from .form import FormSeries, Quality, check_predictions, pack_form
from .fronts import Front, digest_fronts
from .health import Health, examine
from .ladders import Climb, digest_climbs
from .libraries import Beside, digest_libraries
from .qualities import Worth, digest_qualities
from .rules import PlaceRule, Rule, find_place_rules, find_rules
from .series import Measured, digest_series
from .speedups import Speedup, digest_speedups

# Raised whenever a field of `digest.json` changes its meaning or goes.
SCHEMA = 1


@dataclass(frozen=True)
class FamilyDigest:
    """All that is said of one family. `colours` are the colour names of its rows, the same on every page."""

    name: str
    axis: str
    letters: tuple[str, ...]
    colours: dict[str, str]
    series: tuple[Measured, ...]
    answers: tuple[CellAnswer, ...] = ()
    rules: tuple[Rule, ...] = ()
    place_rules: tuple[PlaceRule, ...] = ()
    form: tuple[FormSeries, ...] = ()
    quality: Quality | None = None
    card: CardDigest | None = None
    speedups: tuple[Speedup, ...] = ()
    exponents: tuple[Growth, ...] = ()
    crossovers: tuple[Crossing, ...] = ()
    payoffs: tuple[Payoff, ...] = ()
    libraries: tuple[Beside, ...] = ()
    climbs: tuple[Climb, ...] = ()
    fronts: tuple[Front, ...] = ()
    qualities: tuple[Worth, ...] = ()
    doublings: tuple[Doubling, ...] = ()

    def find(self, key: str) -> Measured:
        """A series by its key."""
        return next(series for series in self.series if series.key == key)


@dataclass(frozen=True)
class Digest:
    """The whole report."""

    schema: int
    about: About
    families: tuple[FamilyDigest, ...]
    claims: tuple[ClaimDigest, ...]
    health: Health

    def family(self, name: str) -> FamilyDigest | None:
        """A family by its name, None where it was not measured."""
        return next((family for family in self.families if family.name == name), None)


def build_digest(analysis: Analysis) -> Digest:
    """Everything once, in this order: cells, answers, rules, predictions, claims, health."""
    families = tuple(digest_family(analysis, name) for name in analysis.families)
    return Digest(SCHEMA, describe(analysis), families, judge_claims(analysis), examine(analysis))


def digest_family(analysis: Analysis, name: str) -> FamilyDigest:
    """Everything that is said of one family."""
    series = digest_series(analysis, name, FAMILIES[name].yardstick)
    answers = digest_answers(analysis, name)
    forecasts = Forecasts(analysis, name)
    speedups = digest_speedups(analysis, name, series)
    return FamilyDigest(
        name=name,
        axis=analysis.series(name)[0].axis,
        letters=analysis.letters(name),
        colours=_assign_colours(series),
        series=series,
        answers=answers,
        rules=find_rules(answers),
        place_rules=find_place_rules(answers, series),
        form=pack_form(analysis, name, forecasts),
        quality=check_predictions(analysis, name, forecasts, answers),
        card=digest_card(analysis, FAMILIES[name], series),
        speedups=speedups,
        exponents=digest_exponents(analysis, name, series),
        crossovers=digest_crossovers(analysis, name, series, speedups),
        payoffs=digest_payoffs(analysis, name, series),
        libraries=digest_libraries(analysis, name, series),
        climbs=digest_climbs(analysis, name, series),
        fronts=digest_fronts(analysis, name),
        qualities=digest_qualities(analysis, name, series),
        doublings=digest_doublings(analysis, name),
    )


def _assign_colours(measured: tuple[Measured, ...]) -> dict[str, str]:
    """The forms of a method share its colour."""
    methods = {row.name: row.method for series in measured for row in series.rows}
    found = assign_colours(methods.values())
    return {row: found[method] for row, method in sorted(methods.items())}


def write_json(digest: Digest) -> str:
    """`digest.json`: all but the measured cells; numbers to six digits, null where there is none.

    What `points.csv` says of a candidate or a row stands there alone; a knot is [size, seconds, low, high, how].
    """
    plain = to_plain(digest)
    for family in plain["families"]:
        for series in family["series"]:
            del series["rows"]
        for candidate in (c for answer in family["answers"] for c in [*answer["candidates"], answer["pick"]] if c):
            for name in ("seconds", "error", "peak_bytes"):
                candidate.pop(name, None)
        for row in (row for form in family["form"] for row in form["rows"]):
            row["knots"] = [[knot[name] for name in ("size", "seconds", "low", "high", "how")] for knot in row["knots"]]
            for name in ("errors", "bytes", "refused"):
                del row[name]
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def to_plain(value: Any) -> Any:
    """Dataclasses as objects, tuples as lists, NaN and infinity as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    number = float(value)
    return float(f"{number:.6g}") if math.isfinite(number) else None
