"""JFB2: the step of JFB descends, at approximate fixed points too (Wu Fung et al. 2022)."""

import math

from ..analysis import Analysis
from ..points import Place, Point
from ..studies import Study
from ..text import count, write_list
from ._cells import at_place, in_study, list_cells, list_places, list_studies, name_cell
from ._claim import Claim, Evidence, missing
from ._effects import exact
from ._rule import above
from ._training import COMMAND, NO_STUDY, STUDY, WU_FUNG

WHAT = "cosine of the step of jfb with the gradient"
UNIT = "cosine"
NOT_RECORDED = "no cosine or descent was recorded"


def measure(analysis: Analysis) -> list[Evidence]:
    """The cosine of `jfb` with the gradient in every cell and in a training study, and of other gradients beside it."""
    findings = []
    for place in list_places(analysis, "implicit"):
        findings += [_judge_cells(analysis, place), _judge_others(analysis, place)]
    studies = [_judge_training(analysis, study) for study in list_studies(analysis, STUDY)]
    return findings + (studies or [missing(f"{WHAT}, at approximate fixed points", NO_STUDY)])


def _judge_cells(analysis: Analysis, place: Place) -> Evidence:
    known: list[tuple[float, Point, str]] = []
    for series, size in list_cells(analysis, "implicit", place):
        point = analysis.point(series, size, "jfb")
        if point is not None and not math.isnan(_descend(point)):
            known.append((_descend(point), point, name_cell(analysis, series, size)))
    what, where = f"{WHAT}, at exact fixed points", at_place(analysis, place, "implicit")
    if not known:
        return Evidence(what, NOT_RECORDED, where=where)
    _, point, cell = min(known, key=lambda k: k[0])
    up = sum(value > 0 for value, _, _ in known)
    parts = [(name, getattr(point.quality, name)) for name in ("cosine", "descent")]
    told = write_list([f"{name} {value:.3g}" for name, value in parts if not math.isnan(value)])
    text = f"smallest {told} ({cell}); above 0 in {up} of {count(len(known), 'cell')}"
    return Evidence(what, text, tuple(exact(value) for value, _, _ in known), above(0), unit=UNIT, where=where)


def _judge_others(analysis: Analysis, place: Place) -> Evidence:
    """The other approximate gradients: the paper says that Neumann-RBP does not guarantee descent."""
    known = [
        (_descend(point), row, name_cell(analysis, series, size))
        for series, size in list_cells(analysis, "implicit", place)
        for row in analysis.approximate_rows(series)
        if row.partition(":")[0] != "jfb"
        and (point := analysis.point(series, size, row)) is not None
        and not math.isnan(_descend(point))
    ]
    what, where = "cosine of the other approximate gradients", at_place(analysis, place, "implicit")
    if not known:
        return Evidence(what, NOT_RECORDED, counts=False, where=where)
    value, row, cell = min(known)
    text = f"of {count(len({row for _, row, _ in known}), 'row')}, the smallest {value:.3g} of {row} ({cell})"
    bad = sorted({row for value, row, _ in known if value <= 0})
    text += f"; not above 0 of {write_list(bad)}" if bad else ""
    return Evidence(what, text, tuple(exact(k[0]) for k in known), above(0), unit=UNIT, counts=False, where=where)


def _judge_training(analysis: Analysis, study: Study) -> Evidence:
    rows = study.of("jfb") if "jfb" in study.methods else []
    known = [row["cosine"] for row in rows if row.get("cosine") is not None]
    what, where = f"{WHAT}, at approximate fixed points", in_study(analysis, study)
    if not known:
        return missing(what, "no cosine was recorded", where=where)
    text = f"smallest {min(known):.3g} over {count(len(known), 'epoch')}, forward solves to {study.setting('tol'):g}"
    effects = tuple(exact(value) for value in known)
    return Evidence(what, text, effects, above(0), unit=UNIT, needed=True, where=where)


def _descend(point: Point) -> float:
    """The cosine, or where only that was recorded `<p, g> / |g|^2`: the sign is the same."""
    return point.quality.descent if math.isnan(point.quality.cosine) else point.quality.cosine


CLAIM = Claim(
    id="JFB2",
    family="implicit",
    paper=WU_FUNG,
    words="The step p of JFB “is a descent direction for ℓ(y_d, N_Θ(d)) with respect to Θ” (theorem 0.2); “JFB yields "
    "descent even for approximate fixed points” (corollary 0.1).",
    short="JFB's step is a descent direction, at approximate fixed points too.",
    figure="theorem 0.2 and corollary 0.1",
    printed="proved under assumptions 0.1 to 0.4; no figure",
    threshold="cosine with the gradient above 0 in every cell and epoch; without the theorem's assumption no cosine "
    "settles it",
    command=COMMAND,
    assumption="κ(MᵀM) ≤ 1/γ, M the derivative by the parameters (assumption 0.4; remark 0.2 calls it unnecessary in "
    "practice); nothing in this suite measures κ(MᵀM)",
    measure=measure,
)
