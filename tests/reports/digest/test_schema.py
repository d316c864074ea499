"""The document of the digest names every field of what it describes."""

import dataclasses
import re
from pathlib import Path

import pytest

from reports.clusters import Quantity
from reports.digest.answers import CellAnswer
from reports.digest.ascents import Climbed
from reports.digest.clocks import Clocked
from reports.digest.compilation import Payoff
from reports.digest.crossovers import Crossing
from reports.digest.densities import Reached
from reports.digest.devices import Agreement, DevicesDigest, Grown, Modelled, Spread
from reports.digest.double_backprop import Doubling
from reports.digest.exponents import Growth
from reports.digest.form import Knot, Quality
from reports.digest.fronts import Front
from reports.digest.goals import Goal
from reports.digest.gpu import CardHealth
from reports.digest.health import Comparisons, CoverageRow, Health, MachineState, PlaceHealth
from reports.digest.history import Change, History
from reports.digest.ladders import Climb
from reports.digest.lent import LentFrom
from reports.digest.libraries import Beside
from reports.digest.orders import Order
from reports.digest.pairs import Pair
from reports.digest.provenance import Provenance
from reports.digest.qualities import Worth
from reports.digest.rules import PlaceRule, Range, Rule
from reports.digest.speedups import Speedup
from reports.digest.studies import StudyDigest, StudyMethod
from reports.lenders import Lender

DOCUMENT = Path(__file__).parents[3] / "docs" / "digest.md"


ANSWERS = (CellAnswer, Rule, PlaceRule, Range, Quality, Knot, LentFrom, Lender)
HEALTH = (Health, PlaceHealth, CardHealth, MachineState, CoverageRow, Comparisons, Provenance)
CHAPTERS = (Speedup, Crossing, Growth, Payoff, Beside, Climb, Front, Worth, Doubling, Clocked, Goal, Order, Pair)

DEVICES = (DevicesDigest, Spread, Grown, Agreement, Modelled, Quantity)


STUDIES = (StudyDigest, StudyMethod, Reached, Climbed)


@pytest.mark.parametrize("kind", [*ANSWERS, *CHAPTERS, *HEALTH, *DEVICES, *STUDIES, History, Change])
def test_every_field_is_named(kind):
    text = DOCUMENT.read_text().replace("`", " ")
    words = set(re.sub(r"[.\[\],:;()]", " ", text).split())
    assert {field.name for field in dataclasses.fields(kind)} <= words
