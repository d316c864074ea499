"""The digest: everything that the report says, as plain values. Pages, Markdown, terminal and form only render it.

Written as `digest.json` without the measured cells, which are in `points.csv`; `docs/digest.md` is its schema.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ..analysis import Analysis
from ..families import FAMILIES
from ..forecasts import Forecasts
from ..plots.style import assign_colours
from ..processes import map_apart
from ..statistics import Estimate
from ..text import shorten
from .about import About, describe
from .answers import Candidate, CellAnswer, digest_answers, digest_approximate
from .cards import CardDigest, digest_card
from .claims import ClaimDigest, judge_claims
from .clocks import Clocked, digest_clocks
from .compilation import Payoff, digest_payoffs
from .crossovers import Crossing, digest_crossovers
from .devices import DevicesDigest, digest_devices
from .double_backprop import Doubling, digest_doublings
from .exponents import Growth, digest_exponents
from .form import FormRow, FormSeries, Quality, check_predictions, pack_form
from .fronts import Front, digest_fronts
from .goals import Goal, digest_goals
from .health import Health, examine, find_coverage
from .history import History, digest_history
from .knots import fold_knots
from .ladders import Climb, digest_climbs
from .libraries import Beside, Further, count_further, digest_libraries
from .orders import Order, digest_orders
from .pairs import Pair, digest_pairs
from .provenance import Provenance
from .qualities import Worth, digest_qualities
from .rivals import digest_rivals
from .rules import PlaceRule, Rule, find_place_rules, find_rules
from .series import Measured, digest_series
from .speedups import Speedup, digest_speedups
from .studies import StudyDigest, StudyMethod, digest_studies
from .transfers import Transfer, find_transfers

# Raised whenever a field of `digest.json` changes its meaning or goes.
SCHEMA = 4
# Of estimates that do not say theirs.
CONFIDENCE = 0.95
# Lists of a family with many entries: as tables, whose fields are named once.
TABLES = (
    *("answers", "approximate", "rules", "place_rules", "speedups", "exponents", "crossovers", "payoffs", "libraries"),
    *("transfers", "qualities", "doublings", "clocks", "goals", "orders", "pairs"),
)
# What is not written of these: what files beside it hold (measured cells, curves of studies, hashes of files), what the
# pages alone need, and what is asv's own (medians over commits).
UNWRITTEN: dict[type, tuple[str, ...]] = {
    Measured: ("rows",),
    FormRow: ("errors", "bytes", "refused"),
    StudyDigest: ("picture",),
    StudyMethod: ("curves", "learned"),
    Provenance: ("files",),
    History: ("tracks",),
}


@dataclass(frozen=True)
class FamilyDigest:
    """All that is said of one family. `colours` are the colour names of its rows, the same on every page.

    `answers` are those of exact methods, or where there is none of those within the question's accuracy; `approximate`
    those where an error is allowed.
    """

    name: str
    axis: str
    letters: tuple[str, ...]
    colours: dict[str, str]
    series: tuple[Measured, ...]
    answers: tuple[CellAnswer, ...] = ()
    approximate: tuple[CellAnswer, ...] = ()
    rules: tuple[Rule, ...] = ()
    place_rules: tuple[PlaceRule, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    form: tuple[FormSeries, ...] = ()
    quality: Quality | None = None
    card: CardDigest | None = None
    speedups: tuple[Speedup, ...] = ()
    exponents: tuple[Growth, ...] = ()
    crossovers: tuple[Crossing, ...] = ()
    payoffs: tuple[Payoff, ...] = ()
    libraries: tuple[Beside, ...] = ()
    further: Further | None = None
    climbs: tuple[Climb, ...] = ()
    fronts: tuple[Front, ...] = ()
    rivals: tuple[Front, ...] = ()
    qualities: tuple[Worth, ...] = ()
    doublings: tuple[Doubling, ...] = ()
    clocks: tuple[Clocked, ...] = ()
    goals: tuple[Goal, ...] = ()
    pairs: tuple[Pair, ...] = ()
    orders: tuple[Order, ...] = ()

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
    studies: tuple[StudyDigest, ...]
    history: History
    devices: tuple[DevicesDigest, ...] = ()

    def family(self, name: str) -> FamilyDigest | None:
        """A family by its name, None where it was not measured."""
        return next((family for family in self.families if family.name == name), None)


def build_digest(analysis: Analysis) -> Digest:
    """Everything once. Families, claims and studies take nearly all of the time, and side by side half of it."""
    about = describe(analysis)  # what all of them need is found before they part

    def digest(part: Any) -> Any:
        if isinstance(part, str):
            return digest_family(analysis, part), find_coverage(analysis, part)
        return part(analysis)

    *families, claims, studies = map_apart(digest, [*analysis.families, judge_claims, digest_studies])
    return Digest(
        SCHEMA,
        about,
        tuple(family for family, _ in families),
        claims,
        examine(analysis, [row for _, coverage in families for row in coverage]),
        studies,
        digest_history(analysis),
        digest_devices(analysis),
    )


def digest_family(analysis: Analysis, name: str) -> FamilyDigest:
    """Everything that is said of one family."""
    series = digest_series(analysis, name, FAMILIES[name].yardstick)
    answers = digest_answers(analysis, name)
    forecasts = Forecasts(analysis, name)
    speedups, rules = digest_speedups(analysis, name, series), find_rules(answers)
    return FamilyDigest(
        name=name,
        axis=analysis.series(name)[0].axis,
        letters=analysis.letters(name),
        colours=_assign_colours(series),
        series=series,
        answers=answers,
        approximate=digest_approximate(analysis, name),
        rules=rules,
        place_rules=find_place_rules(answers, series),
        transfers=find_transfers(answers, rules, series),
        form=pack_form(analysis, name, forecasts),
        quality=check_predictions(analysis, name, forecasts, answers),
        card=digest_card(analysis, FAMILIES[name], series),
        speedups=speedups,
        exponents=digest_exponents(analysis, name, series),
        crossovers=digest_crossovers(analysis, name, series, speedups),
        payoffs=digest_payoffs(analysis, name, series),
        libraries=digest_libraries(analysis, name, series),
        further=count_further(analysis, name),
        climbs=digest_climbs(analysis, name, series),
        fronts=digest_fronts(analysis, name),
        rivals=digest_rivals(analysis, name),
        qualities=digest_qualities(analysis, name, series),
        doublings=digest_doublings(analysis, name),
        clocks=digest_clocks(analysis, name, series),
        goals=digest_goals(analysis, name, series),
        pairs=digest_pairs(analysis, name, series),
        orders=digest_orders(analysis, name),
    )


def _assign_colours(measured: tuple[Measured, ...]) -> dict[str, str]:
    """The forms of a method share its colour."""
    methods = {row.name: row.method for series in measured for row in series.rows}
    found = assign_colours(methods.values())
    return {row: found[method] for row, method in sorted(methods.items())}


def write_json(digest: Digest) -> str:
    """`digest.json`: all but what files beside it hold (measured cells, curves of studies, hashes of files), or
    asv's own (medians over commits). Null where there is no number.

    A candidate is [row, regret, ratio, low, high], a knot what `fold_knots` makes of it.
    """
    return json.dumps(to_plain(digest, True), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def to_plain(value: Any, short: bool = False) -> Any:
    """Dataclasses as objects, tuples as lists, numbers to four digits and whole ones whole, NaN and infinity as null;
    estimates at 95 % do not say so. `short` is as `digest.json` has it: an estimate as [value, low, high, n], and its
    confidence where that is not CONFIDENCE.
    """
    if isinstance(value, Estimate):
        found = {name: to_plain(getattr(value, name)) for name in ("value", "low", "high", "n")}
        found |= {} if value.confidence == CONFIDENCE else {"confidence": value.confidence}
        return list(found.values()) if short else found
    if is_dataclass(value):
        value = _shorten(value) if short else {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item, short) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item, short) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    return shorten(float(value))


def _shorten(value: Any) -> Any:
    """A dataclass as `digest.json` has it, its fields not yet plain."""
    if isinstance(value, Candidate):
        ratio = value.ratio
        return [value.row, value.regret, *((ratio.value, ratio.low, ratio.high) if ratio else (None, None, None))]
    left = UNWRITTEN.get(type(value), ())
    known = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in left}
    if isinstance(value, CellAnswer):
        known["pick"] = value.pick and value.pick.row
        if value.accuracy is not None:
            del known["candidates"], known["excluded"]
    if isinstance(value, FormRow):
        known["knots"] = fold_knots(value.knots)
    return known | {name: _tabulate(known[name]) for name in (*TABLES, "trades") if name in known}


def _tabulate(entries: Sequence[Any]) -> dict[str, list[Any]]:
    """Entries of the same fields as `columns` and `rows`."""
    lines = [_shorten(entry) for entry in entries]
    names = sorted(lines[0]) if lines else []
    return {"columns": names, "rows": [[line[name] for name in names] for line in lines]}
