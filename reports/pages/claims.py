"""Section 2: the scoreboard of the papers' claims."""

from dataclasses import asdict
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..claims import CLAIMS, ORDER_OF_100, Finding, model_speedup, sum_up
from ..plots import Line, draw_speedup
from ..points import Series
from ..text import write_ratio, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Section, Table, Text, columns, spread
from .common import colours, name_place, name_series, place_data, size_cell

ID, TITLE = "claims", "Claims"
TONES = {"reproduced": "good", "contradicted": "bad", "undetermined": "undecided", "not run": "off"}


def build(analysis: Analysis) -> Section:
    """One row per claim, then the evidence of each series."""
    scoreboard, evidence, lines = [], [], []
    for claim in CLAIMS:
        findings = claim.find(analysis)
        overall = sum_up(findings)
        by_place: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.counts:
                by_place.setdefault(_name_place(analysis, claim.family, finding), []).append(finding)
        for j, (place, found) in enumerate(by_place.items()):
            verdict = sum_up(found)
            told = "; ".join(f.short or f.measured for f in found if f.short or len(found) == 1) or _tally(
                [f.verdict for f in found]
            )
            first = {
                "id": Cell(claim.id, {}, "", f"over all: {overall}" if len(by_place) > 1 else ""),
                "words": Cell(claim.words, {}, "", f"{claim.paper}, {claim.figure}\n`{claim.command}`"),
            }
            scoreboard.append(
                (first if j == 0 else {})
                | {
                    "place": Cell(place),
                    "measured": Cell(told),
                    "verdict": Cell(verdict, {}, TONES[verdict], _tally_mixed(found)),
                }
            )
            lines.append(
                {
                    "id": claim.id,
                    "paper": claim.paper,
                    "where": claim.figure,
                    "words": claim.words,
                    "place": place,
                    "measured": told,
                    "verdict": verdict,
                    "verdict_over_all": overall,
                    "command": claim.command,
                }
            )
        for finding in findings:
            evidence.append(
                {
                    "id": Cell(claim.id, {"id": claim.id}),
                    "place": Cell(*_describe_place(analysis, claim.family, finding)),
                    "what": Cell(finding.what, {"what": finding.what}),
                    "measured": Cell(finding.measured, {"measured": finding.measured}),
                    "verdict": Cell(
                        finding.verdict,
                        {"verdict": finding.verdict, "counts": finding.counts},
                        TONES[finding.verdict],
                        "" if finding.counts else "beside the claim",
                    ),
                }
            )
    blocks: list[Block] = [
        Table(
            "claims",
            "The papers' words and what was found here",
            columns(
                ("id", "Claim"),
                ("words", "The paper"),
                ("place", "Place"),
                ("measured", "Measured"),
                ("verdict", "Verdict"),
            ),
            tuple(scoreboard),
            lines=tuple(lines),
        ),
        Text(
            (
                "A claim is contradicted if any counted finding contradicts it, reproduced only if all of them "
                "agree and no part that it needs was left out; the findings follow."
            ),
            "note",
        ),
        Table(
            "claims-findings",
            "Findings, one for each series and part of a claim",
            columns(
                ("id", "Claim"), ("place", "Place"), ("what", "What"), ("measured", "Measured"), ("verdict", "Verdict")
            ),
            tuple(evidence),
            folded=True,
        ),
    ]
    figures = tuple(f for s in analysis.series("logdet") if (f := _draw(analysis, s)) is not None)
    if figures:
        blocks.append(Heading("RG2 as a picture"))
        blocks.append(
            Figures("Speed-up of `relative` by size: a line in D, or a constant of the order of 100?", figures)
        )
    return Section(ID, TITLE, tuple(blocks))


def _name_place(analysis: Analysis, family: str, finding: Finding) -> str:
    return _describe_place(analysis, family, finding)[0]


def _describe_place(analysis: Analysis, family: str, finding: Finding) -> tuple[str, dict[str, Any]]:
    """Where a finding holds: a series, all series of a place, or the data of a study; in words and for the CSV."""
    if finding.series is not None:
        return name_series(analysis, finding.series), place_data(finding.series)
    place = finding.place
    if place is not None:
        return name_place(analysis, place, family), {"family": family, **asdict(place)}
    return (f"training on {finding.study}", {"study": finding.study}) if finding.study else ("–", {})


def _tally(verdicts: list[str]) -> str:
    return ", ".join(f"{verdicts.count(v)} {v}" for v in TONES if v in verdicts)


def _tally_mixed(findings: list[Finding]) -> str:
    verdicts = [finding.verdict for finding in findings]
    return _tally(verdicts) if len(set(verdicts)) > 1 else ""


def _draw(analysis: Analysis, series: Series) -> Figure | None:
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
        f
        for c in CLAIMS
        if c.id == "RG2"
        for f in c.find(analysis)
        if f.series == series and "constant" in f.what and f.counts
    ]
    title = f"{place}: the speed-up is {_say_constancy([f.verdict for f in constant])}"
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
