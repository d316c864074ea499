"""The document of the digest names every field of what answers, rules, predictions and chapters say."""

import dataclasses
from pathlib import Path

import pytest

from reports.digest.answers import CellAnswer
from reports.digest.compilation import Payoff
from reports.digest.crossovers import Crossing
from reports.digest.double_backprop import Doubling
from reports.digest.exponents import Growth
from reports.digest.form import Knot, Quality
from reports.digest.fronts import Front
from reports.digest.ladders import Climb
from reports.digest.libraries import Beside
from reports.digest.qualities import Worth
from reports.digest.rules import PlaceRule, Range, Rule
from reports.digest.speedups import Speedup

DOCUMENT = Path(__file__).parents[3] / "docs" / "digest.md"


CHAPTERS = (Speedup, Crossing, Growth, Payoff, Beside, Climb, Front, Worth, Doubling)


@pytest.mark.parametrize("kind", [CellAnswer, Rule, PlaceRule, Range, Quality, Knot, *CHAPTERS])
def test_every_field_is_named(kind):
    text = DOCUMENT.read_text().replace("`", " ")
    assert {field.name for field in dataclasses.fields(kind)} <= set(text.replace(",", " ").split())
