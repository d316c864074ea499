"""One page a family: everything that was measured of it, by chapter."""

import re

from ..digest import Digest, FamilyDigest
from ..families import FAMILIES
from ..processes import map_apart
from .blocks import Page, Section, Text, missing
from .family import CHAPTERS
from .family._names import describe_sizes, name_backends, name_shared
from .lent import say_lent, say_near


def build(digest: Digest) -> tuple[Page, ...]:
    """The pages of the families that were measured, in the project's order."""
    return tuple(map_apart(_build_page, digest.families))


def _applies(note: str, family: FamilyDigest) -> bool:
    """Whether a note is of the family as a whole, or something that it names was measured."""
    names = set(re.findall(r"`([^`]+)`", note))
    rows = {name for series in family.series for row in series.rows for name in (row.name, row.method)}
    kinds = {str(value) for series in family.series for _, value in series.fixed}
    return not names or any(known == name or known.startswith(f"{name}_") for known in rows | kinds for name in names)


def _build_page(family: FamilyDigest) -> Page:
    facts = FAMILIES[family.name]
    sections = tuple(section for chapter in CHAPTERS if (section := chapter.build(family)) is not None)
    told = (
        facts.names,
        *(note for note in facts.notes if _applies(note, family)),
        *filter(None, (say_lent([family]), say_near([family]))),
    )
    notes = Section("notes", "What is measured", tuple(Text(note) for note in told))
    nothing = missing("nothing", "Nothing ran", "No row of this family was timed.")
    same = name_shared(family.series)
    lead = (
        f"One call returns {facts.unit}, with {describe_sizes(family, family.series)} on "
        f"{name_backends(family.series)}{f' ({same})' if same else ''}. What is not shown here is in "
        "[the table of all points](explore.html) and in [points.csv](points.csv)."
    )
    page = f"{family.name}.html"
    return Page(page, facts.title, lead, (notes, *sections) if sections else (nothing,))
