"""Whole trainings as plain values: what an epoch costs, what each method reaches, and the curves in between."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..analysis import Analysis
from ..claims._cells import study_margin
from ..densities import Picture, find_picture
from ..families import TRAININGS
from ..group import group_by
from ..statistics import Estimate, judge
from ..studies import Study, epoch_ratios, epoch_seconds, final, final_differences, products, summarise_seeds
from ..text import shorten
from .ascents import Climbed, digest_ascents
from .densities import Reached, digest_densities

# What an epoch's row may hold besides its times, as medians and ranges over the seeds.
MEASURES = (
    *("loss", "accuracy", "valid_loss", "test_loss", "tol", "asymmetry", "score_error", "path_gap"),
    *("slope_min", "slope_max"),
    *("cosine", "cosine_latent", "contraction", "probe_residual", "residual", "iterations"),
)
# Extremes over all seeds and epochs: the worst is what counts.
LEAST, MOST = ("cosine", "cosine_latent"), ("contraction", "probe_residual", "residual", "iterations")

# Of longer trainings the table holds so many epochs: the folder is small, and a curve has no more to tell; fewer of
# those that another learning rate takes further, whose curves no page draws.
MOST_EPOCHS, FEWER_EPOCHS = 20, 4
# A cosine may differ from 1 in the fifth digit.
DIGITS = {"cosine": 6, "cosine_latent": 6}


@dataclass(frozen=True)
class Curve:
    """A quantity after each epoch: `seconds` of training, median over the seeds, and its median and range."""

    seconds: tuple[float, ...]
    values: tuple[Estimate, ...]


@dataclass(frozen=True)
class Learned:
    """A function of one variable before and after training, on a grid; `inverse` is x of y, empty if not computed.

    Slopes are the least and the largest over the grid and all seeds; `round_trip` and `inverse_error` the largest.
    """

    before_slopes: tuple[float, float]
    after_slopes: tuple[float, float]
    round_trip: float
    inverse_error: float
    x: tuple[float, ...] = ()
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    inverse: tuple[float, ...] = ()


@dataclass(frozen=True)
class StudyMethod:
    """A method of a study. `order` is k of a truncated series, 0 of `jfb`, None of others; `best` is False of those
    that another learning rate takes further.

    seconds, ratio   of an epoch, and in those of the baseline, paired by epoch (None of itself); `verdict` beyond the
                     noise margin of its machine
    vjps, jvps       of one sample in one step; `products` are those of a training, `evaluations` too
    ends             measures of the last epoch, over the seeds; `behind` is the accuracy minus the baseline's
    extremes         the worst over all seeds and epochs; `missed` samples above the tolerance
    """

    name: str
    exact: bool
    order: int | None
    settings: dict[str, Any]
    best: bool
    seconds: Estimate
    ratio: Estimate | None
    verdict: str
    vjps: float
    jvps: float
    products: float
    evaluations: Estimate
    ends: dict[str, Estimate]
    behind: Estimate | None
    extremes: dict[str, float]
    missed: int
    curves: dict[str, Curve]
    learned: Learned | None


@dataclass(frozen=True)
class StudyDigest:
    """One study on one data set. `key` is its name in files; `resumed` how often it was cut off and went on; `reached`
    and `picture` are of a density study alone, `ascents` of one of both gradients.
    """

    name: str
    data: str
    machine: str
    key: str
    baseline: str
    methods: tuple[StudyMethod, ...]
    seeds: tuple[int, ...]
    epochs: int
    settings: dict[str, Any]
    margin: float
    path: str
    command: str
    profile: str
    commit: str | None
    dirty: bool
    resumed: int
    threads: int
    processor: str
    versions: tuple[tuple[str, str], ...]
    elapsed_s: float
    reached: tuple[Reached, ...] = ()
    picture: Picture | None = None
    ascents: tuple[Climbed, ...] = ()

    def method(self, name: str) -> StudyMethod | None:
        """A method by its name."""
        return next((method for method in self.methods if method.name == name), None)


def digest_studies(analysis: Analysis) -> tuple[StudyDigest, ...]:
    """Every study that was found, by machine, name and data."""
    studies = analysis.run.studies
    several = len({study.machine for study in studies}) > 1
    return tuple(_digest(analysis, study, several) for study in studies)


def write_study(study: StudyDigest) -> str:
    """`study-KEY.csv`: a line for each method and epoch, at most MOST_EPOCHS of them evenly and the last among them (of
    a method that is not at its best rate FEWER_EPOCHS), with medians and ranges over the seeds. The record has all.
    """
    measures = [name for name in MEASURES if any(name in method.curves for method in study.methods)]
    ends = ("", "_low", "_high")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("method", "epoch", "seconds", *(f"{name}{end}" for name in measures for end in ends)))
    for method in study.methods:
        # A measure that is not known after every epoch has no curve.
        longest = max(method.curves.values(), key=lambda found: len(found.seconds), default=Curve((), ()))
        for j in _choose_epochs(len(longest.seconds), MOST_EPOCHS if method.best else FEWER_EPOCHS):
            cells = [end for name in measures for end in _ends(name, method.curves.get(name), j)]
            writer.writerow((method.name, j + 1, shorten(longest.seconds[j]), *cells))
    return stream.getvalue()


def _choose_epochs(count: int, most: int) -> list[int]:
    """Places of the epochs that are told."""
    step = max(1, -(-count // most))
    return list(range(count - 1, -1, -step))[::-1]


def _ends(name: str, curve: Curve | None, j: int) -> tuple[float | None, ...]:
    value = curve.values[j] if curve is not None and j < len(curve.values) else None
    numbers = (math.nan,) * 3 if value is None else (value.value, value.low, value.high)
    return tuple(shorten(number, DIGITS.get(name, 4)) for number in numbers)


def _digest(analysis: Analysis, study: Study, several: bool) -> StudyDigest:
    record, facts = study.record, TRAININGS[study.name]
    reached = digest_densities(study) if facts.kind == "densities" else ()
    ascents = digest_ascents(study) if facts.kind == "ascents" else ()
    best = tuple(found.method for found in (*reached, *ascents))
    baseline = next((found for found in best if found.startswith(facts.baseline)), "") if facts.kind else facts.baseline
    processes = record.get("processes") or []
    environment = processes[0].get("environment", {}) if processes else {}
    margin = study_margin(analysis, study)
    ratios, behind = epoch_ratios(study, baseline), final_differences(study, "accuracy", baseline)
    words = (study.name, study.data, study.machine) if several else (study.name, study.data)
    return StudyDigest(
        **{name: getattr(study, name) for name in ("name", "data", "machine", "seeds", "epochs", "path", "commit")},
        key="-".join(words),
        baseline=baseline,
        methods=tuple(
            _digest_method(study, method, ratios.get(method), behind.get(method), margin, not best or method in best)
            for method in study.methods
        ),
        settings=dict(record.get("settings", {})),
        margin=margin,
        command=str(record.get("command") or ""),
        profile=str(record.get("profile") or ""),
        dirty=bool(record.get("dirty")),
        resumed=max(len(processes) - 1, 0),
        threads=int(environment.get("threads") or 0),
        processor=str(environment.get("cpu") or "an unnamed processor"),
        versions=tuple(sorted((str(k), str(v)) for k, v in (environment.get("packages") or {}).items())),
        elapsed_s=float(record.get("elapsed_s") or math.nan),
        reached=reached,
        picture=find_picture(study) if facts.kind == "densities" else None,
        ascents=ascents,
    )


def _digest_method(
    study: Study, name: str, ratio: Estimate | None, behind: Estimate | None, margin: float, best: bool
) -> StudyMethod:
    rows = study.of(name)
    vjps, jvps, total = products(study, name)
    spent = [sum(row["evaluations"] for row in rows if row["seed"] == seed) for seed in study.seeds]
    ends = {measure: end for measure in MEASURES if (end := final(study, name, measure)) is not None}
    extremes = {measure: _pick(rows, measure, min) for measure in LEAST}
    extremes |= {measure: _pick(rows, measure, max) for measure in MOST}
    return StudyMethod(
        name=name,
        exact=study.exact(name),
        order=study.order(name),
        settings=dict(study.record["methods"][name].get("settings") or {}),
        best=best,
        seconds=epoch_seconds(study, name),
        ratio=ratio,
        verdict=judge(ratio, margin) if ratio is not None else "",
        vjps=vjps,
        jvps=jvps,
        products=total,
        evaluations=summarise_seeds(spent),
        ends=ends,
        behind=behind,
        extremes={measure: value for measure, value in extremes.items() if not math.isnan(value)},
        missed=sum(row.get("missed") or 0 for row in rows),
        curves=_find_curves(study, rows),
        learned=_find_learned(rows),
    )


def _find_curves(study: Study, rows: list[dict[str, Any]]) -> dict[str, Curve]:
    """Each measure after the epochs at which every seed knows it, against the median seconds spent until then."""
    found: dict[str, tuple[list[float], list[Estimate]]] = {measure: ([], []) for measure in MEASURES}
    spent = dict.fromkeys(study.seeds, 0.0)
    for _, given in sorted(group_by(rows, lambda row: row["epoch"]).items()):
        for row in given:
            spent[row["seed"]] += row["seconds"]
        elapsed = median(spent.values())
        for measure, (seconds, values) in found.items():
            known = [row[measure] for row in given if row.get(measure) is not None]
            if known and len(known) == len(given):
                seconds.append(elapsed)
                values.append(summarise_seeds(known))
    return {measure: Curve(tuple(seconds), tuple(values)) for measure, (seconds, values) in found.items() if seconds}


def _pick(rows: Iterable[dict[str, Any]], name: str, pick: Any) -> float:
    return float(pick((row[name] for row in rows if row.get(name) is not None), default=math.nan))


def _find_learned(rows: list[dict[str, Any]]) -> Learned | None:
    found = {when: [row[when] for row in rows if row.get(when)] for when in ("initial", "final")}
    if not all(found.values()):
        return None
    first, last = ((min(f["slope_min"] for f in given), max(f["slope_max"] for f in given)) for given in found.values())
    drawn: dict[str, tuple[float, ...]] = {}
    # Rows come by seed: these are of the first.
    before, after = found["initial"][0], found["final"][0]
    if "x" in after:
        given = {"x": after["x"], "before": before["y"], "after": after["y"], "inverse": after.get("inverse") or ()}
        drawn = {name: tuple(map(float, values)) for name, values in given.items()}
    return Learned(
        first,
        last,
        _pick(found["final"], "round_trip", max),
        _pick(found["final"], "inverse_error", max),
        **drawn,
    )
