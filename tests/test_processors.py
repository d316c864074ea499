"""What depends on the processor stands in one table, whose names are those of the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["where", "value", "measured on", "on another processor"]


def _lines() -> list[list[str]]:
    """The cells of every line of the table."""
    text = (ROOT / "docs/processors.md").read_text(encoding="utf-8")
    head, _, *lines = [line for line in text.splitlines() if line.startswith("|")]
    assert _cells(head) == COLUMNS
    return [_cells(line) for line in lines]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def _places() -> list[tuple[str, str]]:
    """File and name, as the first column has them."""
    return [place for cells in _lines() for place in re.findall(r"`([^`:]+)::(\w+)`", cells[0])]


@cache
def _read(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def _names(file: str) -> set[str]:
    """Functions, classes and constants of a module, or the keys of a file that is none."""
    if not file.endswith(".py"):
        return set(re.findall(r'"(\w+)":', (ROOT / file).read_text(encoding="utf-8")))
    found: set[str] = set()
    for node in _read(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return found


def _timed() -> set[tuple[str, str]]:
    """Every test that has the machine to itself, by its own mark or its file's."""
    found: set[tuple[str, str]] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        file = str(path.relative_to(ROOT))
        if "mark.alone" not in path.read_text(encoding="utf-8"):
            continue
        marks = [ast.unparse(node) for node in _read(file).body if isinstance(node, ast.Assign)]
        whole = any(mark.startswith("pytestmark") and "mark.alone" in mark for mark in marks)
        tests = [node for node in _read(file).body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"]
        found |= {
            (file, test.name) for test in tests if whole or "pytest.mark.alone" in map(ast.unparse, test.decorator_list)
        }
    return found


def test_every_line_says_where_what_on_which_processor_and_what_to_expect():
    for cells in _lines():
        assert len(cells) == len(COLUMNS), cells
        assert all(cells), cells
        assert re.sub(r"`[^`]+::\w+`(, )?", "", cells[0]) == "", cells[0]


@pytest.mark.parametrize(("file", "name"), _places())
def test_what_the_table_names_is_there(file, name):
    assert name in _names(file)


def test_no_place_stands_twice():
    assert len(set(_places())) == len(_places())


def test_every_test_that_measures_time_is_in_the_table():
    timed = _timed()
    assert len(timed) > 10
    assert timed <= set(_places())
