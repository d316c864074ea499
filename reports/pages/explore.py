"""All measured points in one table, sorted and filtered in the browser, with a chart of what is chosen."""

import json
from pathlib import Path

from ..columns import COLUMNS
from ..digest import Digest
from ..digest.points import write_script
from .blocks import Asset, Cell, Mount, Page, Section, Table, Text, columns
from .lent import say_near

FILE = "explore.html"
_ROOT = Path(__file__).parents[1]
_TEMPLATES, _VENDOR = _ROOT / "templates", _ROOT / "vendor"
_LEAD = (
    "Every row at every size that was measured, holes included. The main rows of a family at one place and setting are "
    "shown first, all of it at a click. Choose what to see: chart and table follow, and the address remembers it. A "
    "heading sorts; a row's name shows that row alone."
)
_FILE = "[points.csv](points.csv) holds every point, a line each; a cell is empty where a number is not known."
_WITHOUT = "This table needs JavaScript; [points.csv](points.csv) holds the same points."


def build(digest: Digest) -> tuple[Page, ...]:
    """The page, its data as a script, and the libraries it loads from beside itself."""
    ours = (
        _read("explore.css"),
        Asset("points.js", write_script(digest)),
        _read("explore-chart.js"),
        _read("explore.js"),
    )
    section = Section("points", "Choose, sort, draw", (Mount("explorer", _WITHOUT),))
    lead = f"{_LEAD} {say_near(digest.families)}".strip()
    return (Page(FILE, "All points", lead, (section, _explain()), assets=(*list_vendored(), *ours)),)


def _explain() -> Section:
    """What each column of `points.csv` is: the folder may be all that a reader has."""
    lines = tuple(
        {"name": Cell(f"`{column.name}`"), "unit": Cell(column.unit), "value": Cell(column.meaning)}
        for column in COLUMNS
    )
    heads = columns(("name", "Column"), ("unit", "Unit"), ("value", "What it says"))
    return Section(
        "columns", "The same as a file", (Text(_FILE), Table("columns", "Columns", heads, lines, folded=True))
    )


def list_vendored() -> tuple[Asset, ...]:
    """The libraries' files, each with its licence, as `vendor/LIBRARY/FILE`."""
    manifest = json.loads((_VENDOR / "manifest.json").read_text(encoding="utf-8"))
    return tuple(
        Asset(f"vendor/{library}/{name}", (_VENDOR / library / name).read_text(encoding="utf-8"))
        for library, facts in sorted(manifest.items())
        for name in sorted(facts["files"])
    )


def _read(name: str) -> Asset:
    return Asset(name, (_TEMPLATES / name).read_text(encoding="utf-8"))
