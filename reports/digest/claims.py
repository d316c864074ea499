"""The claims as plain values: what each says, what was found, the verdict and what decided it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..analysis import Analysis
from ..claims import CONFIDENCE, Claim, Evidence, Sentence, find_effect, list_claims, share_error, sum_up
from ..points import Place
from ..statistics import Estimate
from ..text import count, write_list


@dataclass(frozen=True)
class ClaimPart:
    """One part of a claim at one place, or in one study.

    `where` says it in words; `place`, `fixed` sizes, `state` and `study` are its coordinates. `effect`, in `unit`, is
    what the verdict rests on: at 95 %, of a contradicted part at the claim's `confidence`; `holds` are its limits in
    words, and `reason` is what else there is to say where it is not reproduced. `counts` is False for what stands
    beside the claim; a claim is not reproduced without a part that is `needed`.
    """

    where: str
    place: Place | None
    fixed: tuple[tuple[str, Any], ...]
    state: str
    study: str
    what: str
    measured: str
    effect: Estimate | None
    unit: str
    holds: str
    verdict: str
    reason: str
    counts: bool
    needed: bool


@dataclass(frozen=True, kw_only=True)
class ClaimDigest(Sentence):
    """A claim's sentence and the verdict: all that a page needs, in values that `dataclasses.asdict` takes apart.

    assumption_met      None where that was not measured, or there is no assumption
    limits              [low, high] of the part that decided, None where there is none
    effect, unit        of the part that decided, None where nothing was run; the unit of a pure number says what it is
    confidence          at which a part may contradict: 1 - 0.05 / counting parts
    verdict, decided    `reproduced`, `contradicted`, `undetermined` or `not run`, and one sentence why
    """

    assumption_met: bool | None
    limits: tuple[float | None, float | None]
    effect: Estimate | None
    unit: str
    confidence: float
    verdict: str
    decided: str
    parts: tuple[ClaimPart, ...]


def judge_claims(analysis: Analysis) -> tuple[ClaimDigest, ...]:
    """Every claim, in the project's order of families."""
    return tuple(judge_claim(claim, analysis) for claim in list_claims())


def judge_claim(claim: Claim, analysis: Analysis) -> ClaimDigest:
    """One claim: its parts share an error rate of 5 %, and one rule makes the verdict (`reports/claims/_rule.py`)."""
    evidence = claim.measure(analysis) or [Evidence(claim.short.rstrip("."), f"no result of {claim.family}")]
    counting = sum(found.counts and bool(found.effects) for found in evidence)
    confidence = share_error(max(counting, 1))
    parts = tuple(_judge_part(found, confidence) for found in evidence)
    met = claim.check(analysis) if claim.assumption else None
    assumed = not claim.assumption or met is True
    verdict = sum_up([(part.verdict, part.needed) for part in parts if part.counts], assumed)
    decisive = _find_decisive(parts, verdict)
    limits = next(found.limits for found, part in zip(evidence, parts, strict=True) if part is decisive)
    low, high = (None if math.isinf(limit) else limit for limit in (limits.low, limits.high))
    told = _say_part(decisive) if assumed or verdict != "undetermined" else _say_assumption(claim, met, decisive)
    return ClaimDigest(
        **{field.name: getattr(claim, field.name) for field in fields(Sentence)},
        assumption_met=met,
        limits=(low, high),
        effect=decisive.effect,
        unit=decisive.unit,
        confidence=confidence,
        verdict=verdict,
        decided=told + _say_others(parts, decisive),
        parts=parts,
    )


def _judge_part(found: Evidence, confidence: float) -> ClaimPart:
    verdict, effect, where = "not run", None, found.where
    if found.effects:
        alone, shared = (find_effect(found.effects, c, found.pick) for c in (CONFIDENCE, confidence))
        verdict = found.limits.judge(alone, shared)
        effect = shared if verdict == "contradicted" else alone
    return ClaimPart(
        where=where.words,
        **{name: getattr(where, name) for name in ("place", "fixed", "state", "study")},
        **{name: getattr(found, name) for name in ("what", "measured", "unit", "counts", "needed")},
        effect=effect,
        holds=str(found.limits) if found.effects else "",
        verdict=verdict,
        reason="" if verdict == "reproduced" else found.reason,
    )


def _find_decisive(parts: Sequence[ClaimPart], verdict: str) -> ClaimPart:
    """The first counting part with the claim's own verdict; if none has it, the first that is missing."""
    counting = [part for part in parts if part.counts] or list(parts)
    same = [part for part in counting if part.verdict == verdict]
    absent = [part for part in counting if part.needed and part.verdict == "not run"]
    return (same or absent or counting)[0]


def _say_assumption(claim: Claim, met: bool | None, part: ClaimPart) -> str:
    state = "was not measured" if met is None else "is not met here"
    told = _say_part(part)
    return f"What it presumes ({claim.assumption}) {state}. {told[0].upper()}{told[1:]}"


def _say_others(parts: Sequence[ClaimPart], decisive: ClaimPart) -> str:
    """Where what decides is that a part was not run, what the others found; "" elsewhere."""
    verdicts = [part.verdict for part in parts if part.counts and part.effect is not None]
    if decisive.effect is not None or not verdicts:
        return ""
    found = write_list(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    return f" Of {count(len(verdicts), 'part')} that ran: {found}."


def _say_part(part: ClaimPart) -> str:
    """What decided, without its effect, which stands beside it."""
    if part.effect is None:
        return f"{part.what}: {part.measured}."
    reason = part.reason or ("there is no interval" if part.effect.undetermined else "")
    found = f"{part.what} ({part.where}): the claim holds {part.holds}"
    return f"{found}; {reason}." if reason else f"{found}."


def write_effect(effect: Estimate, unit: str = "") -> str:
    """`1.692 [1.655, 1.729] ×`; what is exact without an interval, and `at least 0.08` where it may be any larger.

    Four digits of every bound, whatever the width: a verdict hangs on which side of a limit it lies. An interval that
    is not of 95 % says of how many: `4.877 [1.6, 22.8] × (99.4 %)`.
    """
    value, low, high, confidence = effect.value, effect.low, effect.high, ""
    if low == high == value:
        text = f"{value:.3g}"
    elif low == value and high == math.inf:
        text = f"at least {value:.3g}"
    elif effect.undetermined:
        text = "–" if math.isnan(value) else f"{value:.3g} [–]"
    else:
        text = f"{value:.4g} [{low:.4g}, {high:.4g}]"
        confidence = f"({100 * effect.confidence:.3g} %)" if effect.confidence != CONFIDENCE else ""
    return " ".join(filter(None, (text, unit, confidence)))
