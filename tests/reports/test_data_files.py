"""The document of the data files explains every column that one has, and no other."""

import csv
import dataclasses
import json
import re
from functools import cache
from pathlib import Path

import pytest

from reports.columns import COLUMNS
from reports.digest.studies import MEASURES
from reports.lenders import Lender, write_lenders

ROOT = Path(__file__).parents[2]
TABLES = sorted(ROOT.glob("reports/published/*/*.csv"))


@cache
def read_rows(title: str) -> list[tuple[str, ...]]:
    """The cells of a section's tables, a tuple a line, backticks removed."""
    text = (ROOT / "docs/points.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split(f"\n## {title}\n")[1], flags=re.M)[0]
    lines = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    return [tuple(cell.replace("`", "").strip() for cell in line) for line in lines]


def list_columns(file: str) -> list[str]:
    """What the document says that a file of this name may have."""
    if not file.startswith("study-"):
        return [row[0] for row in read_rows(file)]
    names = [row[0] for row in read_rows("study-KEY.csv")]
    return [*names[:3], *(f"{name}{end}" for name in names[3:] for end in ("", "_low", "_high"))]


def test_the_points_table_is_the_code_s():
    assert read_rows("points.csv") == [(column.name, column.unit, column.meaning) for column in COLUMNS]


def test_the_measures_are_those_of_the_studies():
    assert tuple(row[0] for row in read_rows("study-KEY.csv")[3:]) == MEASURES


def test_every_line_says_something():
    for title in ("study-KEY.csv", "files.csv"):
        assert all(len(row) == 3 and row[2] for row in read_rows(title)), title


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_head_is_explained(path):
    with path.open(encoding="utf-8", newline="") as file:
        head = next(csv.reader(file))
    known = list_columns(path.name)
    assert set(head) <= set(known)
    assert path.name.startswith("study-") or head == known


def test_nothing_is_explained_that_no_file_has():
    told = {name for path in TABLES for name in list_columns(path.name)}
    heads = {name for path in TABLES for name in path.read_text(encoding="utf-8").partition("\n")[0].split(",")}
    assert told - heads == set()


def test_a_lender_s_fields_are_told():
    told = {name for row in read_rows("spread.json") for name in re.findall(r"\w+", " ".join(row))}
    assert {field.name for field in dataclasses.fields(Lender)} <= told
    (path, *_) = sorted(ROOT.glob("reports/published/*/spread.json"))
    (lender, *_) = json.loads(path.read_text(encoding="utf-8"))["lenders"]
    assert set(lender) | set(lender["spread"]) <= told
    assert json.loads(write_lenders(())) == {"schema": 1, "lenders": []}
