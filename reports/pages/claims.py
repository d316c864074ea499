"""Section 2: the scoreboard of the papers' claims."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..claims.rg2 import ORDER_OF_100, model_speedup
from ..digest.claims import ClaimDigest, ClaimPart, judge_claims, write_effect
from ..plots import Line, draw_speedup
from ..points import Series
from ..text import write_ratio, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Section, Table, Text, columns, spread
from .common import colours, name_series, size_cell

ID, TITLE = "claims", "Claims"
TONES = {"reproduced": "good", "contradicted": "bad", "undetermined": "undecided", "not run": "off"}
RULE = (
    "A part of a claim is reproduced where the whole interval of its effect lies where the sentence holds, "
    "contradicted where all of it lies where the sentence fails, else undetermined. A claim is contradicted by one "
    "counted part, reproduced only by all of them with every part that it needs, and undetermined where what it "
    "presumes was not measured or is not met. Either is false in at most 5 % of runs: all parts must hold, "
    "each at 95 %; one of k contradicts at 1 − 0.05 / k."
)


def build(analysis: Analysis) -> Section:
    """One row per claim, then the evidence of each part."""
    claims = judge_claims(analysis)
    blocks: list[Block] = [
        Table(
            "claims",
            "The papers' words and what was found here",
            columns(
                ("id", "Claim"),
                ("words", "The paper"),
                ("printed", "Its figure"),
                ("measured", "Ours"),
                ("verdict", "Verdict"),
                ("why", "What decided it"),
            ),
            tuple(_write_claim(claim) for claim in claims),
        ),
        Text(RULE, "note"),
        Table(
            "claims-findings",
            "Findings, one for each part of a claim",
            columns(
                ("id", "Claim"),
                ("place", "Place"),
                ("what", "What"),
                ("effect", "Effect"),
                ("holds", "Holds"),
                ("measured", "Measured"),
                ("verdict", "Verdict"),
            ),
            tuple(_write_part(claim, part) for claim in claims for part in claim.parts),
            folded=True,
        ),
    ]
    constancy = next(claim for claim in claims if claim.id == "RG2")
    figures = tuple(f for s in analysis.series("logdet") if (f := _draw(analysis, s, constancy)) is not None)
    if figures:
        blocks.append(Heading("RG2 as a picture"))
        blocks.append(
            Figures("Speed-up of `relative` by size: a line in D, or a constant of the order of 100?", figures)
        )
    return Section(ID, TITLE, tuple(blocks))


def _write_claim(claim: ClaimDigest) -> dict[str, Cell]:
    notes = [f"{claim.words} ({claim.paper}, {claim.figure})", *_say_rules(claim), f"`{claim.command}`"]
    effect = "–" if claim.effect is None else write_effect(claim.effect, claim.unit)
    data = {name: getattr(claim, name) for name in ("paper", "figure", "words", "quoted", "short")}
    return {
        "id": Cell(claim.id, {"id": claim.id}),
        "words": Cell(claim.short, data, "", "\n".join(notes)),
        "printed": Cell(claim.printed, {"printed": claim.printed}),
        "measured": Cell(effect, spread("effect", claim.effect) | {"unit": claim.unit}),
        "verdict": Cell(claim.verdict, {"verdict": claim.verdict}, TONES[claim.verdict]),
        "why": Cell(claim.decided, {"decided": claim.decided, "command": claim.command}),
    }


def _say_rules(claim: ClaimDigest) -> Iterator[str]:
    yield f"Holds: {claim.threshold}."
    if claim.assumption:
        met = {True: "met here", False: "not met here", None: "not measured"}[claim.assumption_met]
        yield f"Presumes: {claim.assumption} ({met})."


def _write_part(claim: ClaimDigest, part: ClaimPart) -> dict[str, Cell]:
    place = asdict(part.place) if part.place is not None else {}
    where: dict[str, Any] = {"place": part.where, **place, **dict(part.fixed), "study": part.study}
    counted = {"verdict": part.verdict, "counts": part.counts}
    note = "" if part.counts else "beside the claim"
    effect = "–" if part.effect is None else write_effect(part.effect, part.unit)
    return {
        "id": Cell(claim.id, {"id": claim.id}),
        "place": Cell(part.where, where),
        "what": Cell(part.what, {"what": part.what}),
        "effect": Cell(effect, spread("effect", part.effect) | {"unit": part.unit}),
        "holds": Cell(part.holds, {"holds": part.holds}),
        "measured": Cell(part.measured, {"measured": part.measured}),
        "verdict": Cell(part.verdict, counted, TONES[part.verdict], note),
    }


def _draw(analysis: Analysis, series: Series, claim: ClaimDigest) -> Figure | None:
    palette, lines, rows = colours(analysis, series.family), [], []
    for baseline in ("inverse", "slogdet_autodiff", "jacobian_autodiff"):
        known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, baseline, "relative"))]
        if not known:
            continue
        lines.append(Line(f"over {baseline}", palette[baseline], [d for d, _ in known], [r for _, r in known]))
        for size, ratio in known:
            model = model_speedup(series, np.array([size])) if baseline == "inverse" else None
            predicted = float(model[0]) if model is not None else None
            rows.append(
                {
                    "baseline": Cell(baseline, {"baseline": baseline}),
                    "size": size_cell(series.axis, size),
                    "ratio": Cell(f"{write_ratio(ratio)} ×", spread("speedup", ratio)),
                    "model": Cell(f"{predicted:.3g} ×" if predicted is not None else "–", {"model": predicted}),
                }
            )
    if not lines:
        return None
    sizes = [x for line in lines for x in line.sizes]
    grid = np.geomspace(min(sizes), max(sizes), 60)
    model = model_speedup(series, grid)
    name = f"rg2-{analysis.key(series)}"
    place = name_series(analysis, series)
    # Each place has its own verdict; the title carries it.
    constant = [
        part.verdict
        for part in claim.parts
        if (part.place, part.fixed, part.state) == (series.place, series.fixed, series.state)
        and part.what.startswith("largest over smallest")
        and part.counts
    ]
    title = f"{place}: the speed-up is {_say_constancy(constant)}"
    svg = draw_speedup(
        name,
        (
            f"Speed-up of relative over inverse and both autodiffs against {series.axis} on {place}; numbers in "
            "the table below."
        ),
        lines,
        series.axis,
        "speed-up of relative",
        (list(map(float, grid)), list(map(float, model)), "0.75 + D/(3B)") if model is not None else None,
        (*ORDER_OF_100, f"order of 100 ({write_size(round(ORDER_OF_100[0]))} to {write_size(round(ORDER_OF_100[1]))})"),
    )
    heads = columns(
        ("baseline", "Against"),
        ("size", series.axis, True),
        ("ratio", "Speed-up of relative", True),
        ("model", "Model", True),
    )
    alt = f"Speed-ups of relative on {place}, rising with {series.axis} where the baseline is cubic."
    return Figure(
        name, title, svg, alt, Table(name, f"Speed-ups of relative on {place}", heads, tuple(rows), folded=True)
    )


def _say_constancy(verdicts: list[str]) -> str:
    if verdicts and all(v == "contradicted" for v in verdicts):
        return "not constant"
    if verdicts and all(v == "reproduced" for v in verdicts):
        return "constant within a factor two"
    return "by size"
