"""The GPU in the run's health: its clock, and what happened to it."""

import pytest

from reports.analysis import Analysis
from reports.digest.gpu import examine_card
from reports.digest.health import examine
from reports.digest.incidents import find_incidents
from reports.load import load
from reports.pages.incidents import write_incident

CAP = {"reasons": ["software power cap"], "sm_mhz": 1965, "sm_mhz_samples": [1980, 1965, 1890]}


@pytest.fixture
def run(synthetic, card, tmp_path):
    """The analysis of two sessions, the second of which had this state of its card."""

    def load_with(**changes):
        for size in (1024, 8192):
            session = card.make_session(synthetic, size)
            session["state"]["card"] |= changes if size == 8192 else {}
            session["environment"]["warnings"] = ["the control group may hold 128 GiB of memory"]
            synthetic.write_session(tmp_path, session, "card")
        return Analysis(load(tmp_path))

    return load_with


def tell(analysis, digest):
    found = find_incidents(analysis)
    return [(i.kind, i.warns, write_incident(digest, i)) for i in found if i.kind.startswith(("card", "limit"))]


def test_nothing_happened(run, digest):
    analysis = run()
    # How much memory there is never happened to anything.
    assert tell(analysis, digest) == [
        ("limit", False, "the control group may hold 128 GiB of memory (in 2 sessions)"),
    ]
    assert examine(analysis).warnings == ()


def test_a_power_cap_is_told_and_warns_where_it_explains_times(run, digest):
    ((kind, warns, line), _) = tell(run(**CAP), digest)
    assert (kind, warns) == ("card-capped", False)
    assert "software power cap held the card's clock back, to 1,965 of 1,980 MHz in the median and 1,890 at" in line
    assert "at D = 8,192 (" in line
    assert "D1024" not in line
    ((kind, warns, _), _) = tell(run(**CAP | {"sm_mhz_samples": [1980, 1700]}), digest)
    assert (kind, warns) == ("card-clock", True)


def test_a_clock_that_nvml_tells_once_is_told_whichever_session_knows_it(synthetic, card, tmp_path, digest):
    for size in (1024, 8192):
        session = card.make_session(synthetic, size)
        unknown = {"default_sm_mhz": None, "sm_mhz": None} if size == 1024 else {}
        session["state"]["card"] |= CAP | {"sm_mhz_samples": [1980, 1965]} | unknown
        synthetic.write_session(tmp_path, session, "card")
    ((kind, _, line),) = tell(Analysis(load(tmp_path)), digest)
    assert kind == "card-capped"
    assert "to 1,965 of 1,980 MHz in the median" in line


def test_a_card_that_others_use_is_told(run, digest):
    ((kind, warns, line), _) = tell(run(after={"others_bytes": 2e9}), digest)
    assert (kind, warns) == ("card-shared", True)
    assert "other processes held up to 2 GB of the card's memory in logdet at D = " in line


def test_the_card_of_a_place(run, digest):
    (place,) = examine(run(**CAP)).places
    assert place.card.mhz == (1890.0, 1980.0)
    assert (place.card.default_mhz, place.card.power_w, place.card.temperature_c) == (1980.0, 500.5, 60.0)
    assert place.card.reasons == (("software power cap", 1),)
    assert all(each.card is None for each in digest.health.places)


def test_a_card_that_nvml_does_not_answer_for(run):
    nothing = dict.fromkeys(("default_sm_mhz", "sm_mhz", "sm_mhz_samples", "reasons", "before", "after"))
    analysis = run(**nothing)
    assert [i.kind for i in find_incidents(analysis) if i.kind.startswith("card")] == []
    silent = [s for s in analysis.run.sessions if "D8192" in s.cell]
    assert str(examine_card(silent).default_mhz) == "nan"
