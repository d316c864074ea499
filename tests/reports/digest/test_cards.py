"""The headlines of a card: the largest size whose ratio has an interval, and what is beyond it."""

import pytest

from reports.analysis import Analysis
from reports.digest import build_digest
from reports.load import load
from reports.pages import index
from reports.pages.blocks import Card

PROCESSES = 2


@pytest.fixture(scope="module")
def patient(synthetic, tmp_path_factory):
    """Five sizes in two processes, and one beyond them that a patient session alone timed, in a few calls."""
    folder = tmp_path_factory.mktemp("patient")
    synthetic.write_index(folder)
    for size in (64, 128, 256, 512, 1024):
        for process in range(PROCESSES):
            session = synthetic.make_session(size, process=process, processes=PROCESSES, rounds=8)
            synthetic.write_session(folder, session, "direct")
    session = synthetic.make_session(2048, process=0, processes=1, rounds=2)
    synthetic.write_session(folder, session | {"profile": "patient"}, "direct")
    return Analysis(load(folder))


def test_the_number_is_of_the_largest_size_with_an_interval(patient):
    digest = build_digest(patient)
    (family,) = digest.families
    (series,) = patient.series("logdet")
    assert family.card.headlines
    for found in family.card.headlines:
        assert (found.at, found.ratio.undetermined) == (1024, False)
        beyond = patient.ratio(series, 2048, found.row, found.baseline)
        assert found.last == (beyond.value, 2048)
        assert beyond.value in (found.least[0], found.most[0])
    (page,) = index.build(digest)
    (card,) = [block for section in page.sections for block in section.blocks if isinstance(block, Card)]
    for ratio in card.ratios:
        ((_, value, where),) = ratio.values
        assert "[" in value
        assert where.startswith("at D = 1,024; ")
        assert where.endswith(" × at 2,048; no interval at 2,048")
