"""The document of the digest names every field of what answers, rules and predictions say."""

import dataclasses
from pathlib import Path

import pytest

from reports.digest.answers import CellAnswer
from reports.digest.form import Knot, Quality
from reports.digest.rules import PlaceRule, Range, Rule

DOCUMENT = Path(__file__).parents[3] / "docs" / "digest.md"


@pytest.mark.parametrize("kind", [CellAnswer, Rule, PlaceRule, Range, Quality, Knot])
def test_every_field_is_named(kind):
    text = DOCUMENT.read_text().replace("`", " ")
    assert {field.name for field in dataclasses.fields(kind)} <= set(text.replace(",", " ").split())
