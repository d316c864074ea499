"""What the papers claim and what was found here: the rule, each claim, and what decided it."""

from collections import Counter
from collections.abc import Iterable

from ..claims import ERROR_RATE
from ..digest import Digest
from ..digest.claims import ClaimDigest, ClaimPart, write_effect
from ..families import FAMILIES
from ..text import count, write_list
from .blocks import Block, Cell, Heading, Items, Page, Section, Table, Text, tabulate
from .lent import say_lent

FILE = "claims.html"
TONES = {"reproduced": "good", "contradicted": "bad", "undetermined": "undecided", "not run": "off"}
_RULE = (
    (
        "A **part** of a claim is its effect at one place and setting. It is **reproduced** where the whole interval "
        "of the effect lies where the sentence holds, **contradicted** where all of it lies where the sentence fails, "
        "else **undetermined**. Between the two lies what noise cannot tell apart. Each claim has its threshold."
    ),
    (
        "A claim is **contradicted** by one counted part. It is **reproduced** only by all of them, and with every "
        "part that it needs. It is **undetermined** where what it presumes was not measured or is not met, and **not "
        "run** where nothing was measured."
    ),
    (
        f"The error rate is {100 * ERROR_RATE:g} % for either verdict, however many parts a claim has: all parts must "
        f"hold, each at {100 - 100 * ERROR_RATE:g} %; one of k contradicts at 1 − {ERROR_RATE:g} / k."
    ),
    (
        "Words in quotation marks are the paper's; others are a paraphrase and say so. Every claim names the command "
        "that runs it again."
    ),
)


def build(digest: Digest) -> tuple[Page, ...]:
    """The page: all verdicts, the rule, then a section a family."""
    sections = [
        Section("verdicts", "Verdicts", (_tabulate_verdicts(digest),)),
        Section("rule", "One rule for all", (Items(_RULE),)),
    ]
    for name, family in FAMILIES.items():
        claims = [claim for claim in digest.claims if claim.family == name]
        blocks = tuple(block for claim in claims for block in _show(claim))
        if blocks:
            sections.append(Section(f"claims-{name}", family.title, blocks))
    return (Page(FILE, "Claims", _sum_up(digest), tuple(sections)),)


def tally(judged: Iterable[ClaimDigest | ClaimPart]) -> list[str]:
    """`3 reproduced`: how many there are of each verdict."""
    found = Counter(each.verdict for each in judged)
    return [f"{found[verdict]} {verdict}" for verdict in TONES if found[verdict]]


def _sum_up(digest: Digest) -> str:
    told, lent = write_list(tally(digest.claims)), say_lent(digest.families)
    summary = f"Of {count(len(digest.claims), 'claim')} of the four papers: {told} on what was measured here."
    return f"{summary} {lent}" if lent else summary


def _tabulate_verdicts(digest: Digest) -> Table:
    # The first page's is `claims`: in a single file no two may have one name.
    return tabulate(
        "verdicts",
        "Each claim, its figure and ours",
        digest.claims,
        ("id", "Claim", lambda c: f"[{c.id}](#{c.id.lower()})"),
        ("verdict", "Verdict", lambda c: Cell(c.verdict, TONES[c.verdict])),
        ("ours", "Here", write_ours),
        ("words", "In short", lambda c: c.short),
        ("printed", "The paper", lambda c: c.printed or "–"),
    )


def write_ours(claim: ClaimDigest) -> str:
    """The effect that decides, its interval and unit in one piece."""
    told = "–" if claim.effect is None else write_effect(claim.effect, claim.unit)
    return told.replace(", ", ",\u00a0").replace("] ", "]\u00a0")


def _quote(claim: ClaimDigest) -> str:
    """The paper's words in quotation marks, which they have where only parts of a sentence are its own."""
    if not claim.quoted:
        return f"Paraphrase: {claim.words}"
    return claim.words if "“" in claim.words else f"“{claim.words}”"


def _show(claim: ClaimDigest) -> list[Block]:
    """A claim's words, what decides it, and its parts."""
    facts = [f"**The paper's figure**: {claim.printed}"] if claim.printed else []
    if claim.effect is not None:
        facts.append(f"**Here**: {write_ours(claim)}, in the part that decides")
    facts.append(f"**Threshold**: {claim.threshold}")
    if claim.assumption:
        met = {True: "met", False: "not met here", None: "not measured"}[claim.assumption_met]
        facts.append(f"**Presumes**: {claim.assumption}: {met}")
    if claim.command:
        facts.append(f"**Runs it again**: `{claim.command}`")
    parts = _tabulate_parts(claim)
    return [
        Heading(f"{claim.id}: {claim.short.rstrip('.')}", claim.id.lower()),
        Text(f"{_quote(claim)} {claim.paper}, {claim.figure}."),
        Text(f"**{claim.verdict.capitalize()}**: {claim.decided}", TONES[claim.verdict]),
        Items(tuple(facts)),
        *([parts] if parts.rows else []),
    ]


def _tabulate_parts(claim: ClaimDigest) -> Table:
    counted = ", ".join(tally(part for part in claim.parts if part.counts)) or "nothing that counts"
    return tabulate(
        f"claim-{claim.id.lower()}",
        f"{claim.id} by place and setting, contradicted only at {100 * claim.confidence:.3g} %: {counted}",
        claim.parts,
        ("place", "Where", lambda p: p.where),
        ("what", "What", lambda p: p.what),
        ("effect", "Effect", lambda p: write_effect(p.effect, p.unit) if p.effect is not None else "–"),
        ("holds", "Holds", lambda p: p.holds or "–"),
        ("measured", "Measured", lambda p: p.measured),
        ("verdict", "Verdict", _write_verdict),
        folded=True,
    )


def _write_verdict(part: ClaimPart) -> Cell:
    notes = [part.reason] * bool(part.reason) + ["beside the claim"] * (not part.counts) + ["needed"] * part.needed
    return Cell(part.verdict, TONES[part.verdict], "; ".join(notes))
