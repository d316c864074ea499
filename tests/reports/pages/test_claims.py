"""The page of claims: each with its words, threshold, verdict and command, and one rule for all."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from reports.digest.claims import write_effect
from reports.pages import claims, index
from reports.pages.blocks import Heading, Items, Table, Text
from reports.statistics import Estimate
from reports.terminal import print_claims
from tests.reports.finders import tables_of


@pytest.fixture(scope="module")
def page(digest):
    (page,) = claims.build(digest)
    return page


def test_every_claim_is_told_whole(page, digest):
    blocks = [block for section in page.sections for block in section.blocks]
    anchors = {block.anchor for block in blocks if isinstance(block, Heading)}
    assert anchors == {claim.id.lower() for claim in digest.claims}
    text = "\n".join(
        [block.text for block in blocks if isinstance(block, Text)]
        + [item for block in blocks if isinstance(block, Items) for item in block.items]
    )
    for claim in digest.claims:
        for told in (claim.words, claim.threshold, claim.command, claim.decided, claim.paper, claim.assumption):
            assert told in text
        assert claim.quoted or f"Paraphrase: {claim.words}" in text
    assert "The error rate is 5 % for either verdict" in text


def test_the_scoreboard_links_and_counts(page, digest):
    (table,) = page.sections[0].blocks
    assert isinstance(table, Table)
    assert table.stacked
    assert [row["id"].text for row in table.rows] == [f"[{c.id}](#{c.id.lower()})" for c in digest.claims]
    assert [row["verdict"].text for row in table.rows] == [claim.verdict for claim in digest.claims]
    for verdict, number in Counter(claim.verdict for claim in digest.claims).items():
        assert f"{number} {verdict}" in page.lead


def test_parts_have_effects_and_verdicts(page, digest):
    for claim in digest.claims:
        if claim.parts:
            rows = tables_of(page)[f"claim-{claim.id.lower()}"].rows
            assert [row["verdict"].text for row in rows] == [part.verdict for part in claim.parts]


@pytest.mark.parametrize(
    ("effect", "unit", "told"),
    [
        (Estimate(4.877, 1.6, 22.8, 100, 0.99375), "×", "4.877 [1.6, 22.8] × (99.4 %)"),
        (Estimate(4.877, 1.6, 22.8, 100, 0.95), "×", "4.877 [1.6, 22.8] ×"),
        (Estimate(1.447, 0.1446, 1.982, 10, 1 - 0.05 / 3), "error", "1.447 [0.1446, 1.982] error (98.3 %)"),
        # What is exact, open above or not known has no share.
        (Estimate(0.893, 0.893, 0.893, 5, 0.99), "cosine", "0.893 cosine"),
        (Estimate(1.0, 1.0, math.inf, 1, 0.99), "× the device's memory", "at least 1 × the device's memory"),
        (Estimate(2.0, math.nan, math.nan, 1, 0.99), "×", "2 [–] ×"),
    ],
)
def test_an_interval_that_is_not_of_95_percent_says_so(effect, unit, told):
    assert write_effect(effect, unit) == told


def test_page_scoreboard_and_terminal_tell_the_confidence(page, digest, capsys):
    """RG2 is contradicted by one of several parts: its interval is wider than one of 95 %."""
    (claim,) = [claim for claim in digest.claims if claim.id == "RG2"]
    assert claim.effect.confidence == claim.confidence > 0.95
    share = f"({100 * claim.confidence:.3g} %)"
    boards = [section.blocks[0] for each in (page, *index.build(digest)) for section in each.sections]
    told = [
        row["ours"].text
        for board in boards
        if isinstance(board, Table) and board.name in ("claims", "verdicts")
        for row in board.rows
        if row["words"].text == claim.short
    ]
    assert len(told) == 2
    assert all(ours.endswith(share) for ours in told)
    print_claims([claim], as_json=False)
    assert share in capsys.readouterr().out
    alone = replace(claim, effect=replace(claim.effect, confidence=0.95))
    assert "%" not in claims.write_ours(alone)
