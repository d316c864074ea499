"""Density studies: what each model reaches on held-out samples, its rate and epoch chosen by those that validate.

Of a seed's trainings of a model, one for each rate, the epoch of the least validation loss is taken: that is stopping
early, and no test sample has a say in it. *In equal time* only epochs count that a training had come to within the
seconds that the quickest training of the seed took for all of its epochs.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from .statistics import Estimate, student_arm
from .studies import Study

OURS = "relative"


@dataclass(frozen=True)
class Choice:
    """A model's training of one seed: its method, the epoch, the seconds until then, the held-out mean log-likelihood
    in nats a dimension.
    """

    method: str
    epoch: int
    seconds: float
    value: float


@dataclass(frozen=True)
class Picture:
    """A density in the plane on [-limit, limit]^2: log-densities in nats at side x side centres of cells, rows from
    below, and samples (x, y).
    """

    limit: float
    side: int
    values: tuple[float, ...]
    points: tuple[tuple[float, float], ...]


def list_models(study: Study) -> tuple[str, ...]:
    """The models that were trained, in the study's order."""
    return tuple(dict.fromkeys(study.chosen(method)["model"] for method in study.methods))


def count_parameters(study: Study, model: str) -> int:
    """Those that act."""
    return next(study.chosen(m)["parameters"] for m in study.methods if study.chosen(m)["model"] == model)


def choose(study: Study, model: str, seed: int, within: float = math.inf) -> Choice | None:
    """A model's choice for a seed, of epochs that end `within` seconds of training; None where it has no number."""
    found: list[tuple[float, int, str, Choice]] = []
    for method in study.methods:
        spent = 0.0
        for row in study.of(method) if study.chosen(method)["model"] == model else ():
            if row["seed"] != seed:
                continue
            spent += row["seconds"]
            valid, test = row.get("valid_loss"), row.get("test_loss")
            if spent <= within and valid is not None and test is not None:
                choice = Choice(method, row["epoch"], spent, -test / study.setting("d"))
                found.append((valid, row["epoch"], method, choice))
    return min(found, key=lambda known: known[:3])[3] if found else None


def share_seconds(study: Study, seed: int) -> float:
    """What the quickest training of a seed took for all of its epochs, of those that stayed among the numbers: the
    others' epochs cost nothing in the end.
    """
    totals = []
    for method in study.methods:
        rows = [row for row in study.of(method) if row["seed"] == seed]
        if rows and rows[-1].get("valid_loss") is not None:
            # One by one, as `choose` adds: `sum` rounds otherwise from Python 3.12 on.
            totals.append(reduce(add, (row["seconds"] for row in rows)))
    return min(totals, default=0.0)


def choose_all(study: Study, model: str, equal_time: bool = False) -> dict[int, Choice]:
    """By seed, of those that have one."""
    chosen = {
        seed: choose(study, model, seed, share_seconds(study, seed) if equal_time else math.inf) for seed in study.seeds
    }
    return {seed: choice for seed, choice in chosen.items() if choice is not None}


def subtract(study: Study, other: str, equal_time: bool = False) -> list[float]:
    """Ours minus another model's, in nats a dimension, for each seed: the same split."""
    ours, theirs = (choose_all(study, model, equal_time) for model in (OURS, other))
    return [ours[seed].value - theirs[seed].value for seed in sorted(ours.keys() & theirs.keys())]


def estimate_mean(study: Study, values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Mean over the seeds, with a t interval; none from one seed.

    Folds of one table share most of their training samples, so that their means vary together: the variance of the
    mean is that of the values times 1 / n + (test samples / all others), after Nadeau and Bengio 2003, Machine Learning
    52, 239. Where all seeds have one split (or samples of their own) it is times 1 / n.
    """
    count, value = len(values), float(np.mean(values))
    if count < 2:
        return Estimate(value, math.nan, math.nan, count, confidence)
    test, others = study.setting("test"), study.setting("train") + study.setting("valid")
    factor = 1 / count + (test / others if study.setting("folds") else 0.0)
    arm = student_arm(confidence, count - 1) * math.sqrt(float(np.var(values, ddof=1)) * factor)
    return Estimate(value, value - arm, value + arm, count, confidence)


def find_picture(study: Study) -> Picture | None:
    """The density that our best training of the first seed learned; None where none was drawn."""
    chosen = choose(study, OURS, study.seeds[0]) if OURS in list_models(study) else None
    drawn = [row["picture"] for row in study.of(chosen.method) if row.get("picture")] if chosen is not None else []
    if not drawn:
        return None
    known = drawn[0]
    limit, cells, points = known["limit"], _unpack(known["cells"]), _unpack(known["points"]).reshape(-1, 2)
    values = known["top"] + known["depth"] * (cells / 255 - 1)
    placed = limit * (2 * points / 255 - 1)
    return Picture(limit, known["side"], tuple(values.tolist()), tuple((x, y) for x, y in placed.tolist()))


def _unpack(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).astype(float)
