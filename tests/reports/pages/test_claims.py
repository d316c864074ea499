"""The page of claims: each with its words, threshold, verdict and command, and one rule for all."""

from collections import Counter

from reports.pages import claims
from reports.pages.blocks import Heading, Items, Table, Text


def test_every_claim_is_told_whole(digest):
    (page,) = claims.build(digest)
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


def test_the_scoreboard_links_and_counts(digest):
    (page,) = claims.build(digest)
    (table,) = page.sections[0].blocks
    assert isinstance(table, Table)
    assert table.stacked
    assert [row["id"].text for row in table.rows] == [f"[{c.id}](#{c.id.lower()})" for c in digest.claims]
    assert [row["verdict"].text for row in table.rows] == [claim.verdict for claim in digest.claims]
    for verdict, number in Counter(claim.verdict for claim in digest.claims).items():
        assert f"{number} {verdict}" in page.lead


def test_parts_have_effects_and_verdicts(digest):
    (page,) = claims.build(digest)
    found = {table.name: table for section in page.sections for table in section.tables()}
    for claim in digest.claims:
        if claim.parts:
            rows = found[f"claim-{claim.id.lower()}"].rows
            assert [row["verdict"].text for row in rows] == [part.verdict for part in claim.parts]
