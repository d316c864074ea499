"""The document of the digest names every field of what it describes, and nothing that is no field."""

import dataclasses
import json
import re
import typing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reports.digest import SCHEMA, Digest, FamilyDigest
from reports.digest.answers import Candidate, CellAnswer
from reports.digest.form import FormRow, Knot
from reports.digest.history import History
from reports.digest.provenance import Provenance
from reports.digest.series import Measured
from reports.digest.studies import StudyDigest, StudyMethod
from reports.statistics import Estimate

ROOT = Path(__file__).parents[3]
PUBLISHED = sorted(ROOT.glob("reports/published/*/digest.json"))
# What `digest.json` leaves to other files and to the pages; of `approximate` answers also candidates and exclusions.
UNWRITTEN = {
    Measured: {"rows"},
    FormRow: {"errors", "bytes", "refused"},
    StudyDigest: {"picture"},
    StudyMethod: {"curves", "learned"},
    Provenance: {"files"},
    History: {"tracks"},
}
# Written as lists, in an order that the document gives in words.
LISTS = (Estimate, Candidate, Knot)
# The sections of what `Digest` holds; of a family several.
SECTIONS = {
    "about": ("The run",),
    "families": ("Series and cards", "Answers", "A lent spread", "Rules", "Predictions", "A family's chapters"),
    "claims": ("Claims",),
    "health": ("Health",),
    "studies": ("Studies",),
    "history": ("History",),
    "devices": ("Past one device",),
}


@cache
def read_sections() -> dict[str, str]:
    """The document's sections; "" is what stands before the first."""
    parts = re.split(r"^## (.*)$", (ROOT / "docs/digest.md").read_text(encoding="utf-8"), flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def find_names(text: str) -> set[str]:
    """What stands in backticks, taken apart: `places[].card` names both."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[A-Za-z_]\w*", code)}


def find_kinds(hint: Any) -> set[type]:
    """The dataclasses in a type, those of their fields included, without what is not written."""
    if not dataclasses.is_dataclass(hint):
        return set().union(*map(find_kinds, typing.get_args(hint)))
    assert isinstance(hint, type)
    if hint in LISTS:
        return set()
    hints = typing.get_type_hints(hint)
    return {hint}.union(*(find_kinds(hints[field]) for field in list_written(hint)))


def list_written(kind: type) -> list[str]:
    """The fields of a dataclass that `digest.json` has."""
    return [field.name for field in dataclasses.fields(kind) if field.name not in UNWRITTEN.get(kind, ())]


FIELDS = sorted(
    (part, kind.__name__, field)
    for part, hint in typing.get_type_hints(Digest).items()
    for kind in find_kinds(hint)
    for field in list_written(kind)
)


def test_the_parts_of_the_digest_have_sections():
    assert set(SECTIONS) | {"schema"} == {field.name for field in dataclasses.fields(Digest)}
    assert {title for titles in SECTIONS.values() for title in titles} | {"", "Versions"} == set(read_sections())
    assert "schema" in find_names(read_sections()[""])


@pytest.mark.parametrize("part", SECTIONS)
def test_every_field_is_named_in_its_section(part):
    """Whatever dataclass is reached from `Digest`: a new one is held to this without a line here."""
    text = "".join(read_sections()[title] for title in ("", *SECTIONS[part]))
    wanted = {(kind, field) for where, kind, field in FIELDS if where == part}
    assert len(wanted) > 3
    assert {(kind, field) for kind, field in wanted if field not in find_names(text)} == set()


def test_what_the_tables_explain_exists():
    """The first column of a table holds names of fields alone."""
    known = {field for _, _, field in FIELDS} | {field.name for field in dataclasses.fields(Digest)}
    told = re.findall(r"^\| (`[^|]*) \|", "".join(read_sections().values()), re.M)
    assert len(told) > 60
    assert {name for first in told for name in find_names(first)} - known == set()


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_the_published_files_have_these_fields_and_no_others(path):
    """An object of the JSON with all fields of a dataclass has no field that is said to be left out."""
    found: set[frozenset[str]] = set()

    def walk(value):
        if isinstance(value, dict):
            found.add(frozenset(value))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    written = json.loads(path.read_text(encoding="utf-8"))
    walk(written)
    assert written["schema"] == SCHEMA
    for kind, absent in UNWRITTEN.items():
        alike = [keys for keys in found if keys >= set(list_written(kind))]
        assert alike or kind in (StudyDigest, StudyMethod), kind
        assert not any(keys & absent for keys in alike), kind
    assert set(written) == {field.name for field in dataclasses.fields(Digest)}
    assert all(set(family) == set(list_written(FamilyDigest)) for family in written["families"])
    answers = set(list_written(CellAnswer))
    for family in written["families"]:
        assert set(family["answers"]["columns"]) == answers
        assert set(family["approximate"]["columns"]) in (set(), answers - {"candidates", "excluded"})


def test_the_versions_end_with_this_one():
    versions = [int(number) for number in re.findall(r"^- \*\*(\d+)\*\*", read_sections()["Versions"], re.M)]
    assert versions == list(range(1, SCHEMA + 1))
