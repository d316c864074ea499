"""What a page is made of: sections of texts, tables and figures, the same for HTML and Markdown."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Cell:
    """One cell: what the page shows.

    `tone` is a colour class of the style sheet; `note` holds small lines below, split at line breaks.
    """

    text: str
    tone: str = ""
    note: str = ""


# Columns that a phone has room for; lines that are not too many as paragraphs.
FIT, LONG = 3, 16

# The colour class of a verdict on speed; all other words have none.
TONES = {"faster": "good", "slower": "bad", "undetermined": "undecided"}


@dataclass(frozen=True)
class Column:
    """One column: its key in the rows, its heading, and whether it aligns as numbers do."""

    key: str
    label: str
    numeric: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """Style classes: numbers to the right, names in one piece, sentences wide enough to read on a phone."""
        name = self.key in ("place", "fixed", "row", "size", "answer", "baseline", "fact", "range")
        sentence = not self.numeric and self.key in ("words", "measured", "printed", "reason", "why", "how", "value")
        return ("n",) * self.numeric + ("w",) * name + ("s",) * sentence


@dataclass(frozen=True)
class Table:
    """A table. `folded` tables open on a click."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Cell], ...]
    folded: bool = False

    @property
    def stacked(self) -> bool:
        """Whether its lines become paragraphs on a phone, where more columns than FIT would have to be scrolled."""
        return len(self.columns) > FIT

    @property
    def closed(self) -> bool:
        """Whether it opens on a click: where it is folded, or would be many screens of a phone."""
        return self.folded or (self.stacked and len(self.rows) > LONG)

    def get(self, row: Mapping[str, Cell], column: Column) -> Cell:
        """The cell of a row, empty where the row has none."""
        return row.get(column.key, Cell(""))


@dataclass(frozen=True)
class Figure:
    """An SVG, or several that stack, with its text alternative; `name` is that of its files."""

    name: str
    title: str
    svg: str
    alt: str


@dataclass(frozen=True)
class Figures:
    """Panels side by side, under one caption."""

    caption: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Text:
    """A paragraph; `code` in backticks, **strong** in asterisks. `tone`: "" or "note"."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading within a section, with an anchor where something links to it."""

    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The answer form: data for its script as JSON text, (name, title) of its families, and what stands without it: a
    table of rules a family.
    """

    data: str
    families: tuple[tuple[str, str], ...]
    rules: tuple[Table, ...]


@dataclass(frozen=True)
class Ratio:
    """A ratio large enough to be a headline: what it compares, and (place, value, where) of each place."""

    words: str
    values: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Card:
    """A family at a glance: what to do, two ratios, one picture of a few panels, and the page behind it."""

    id: str
    title: str
    link: str
    more: str
    rules: tuple[str, ...]
    ratios: tuple[Ratio, ...]
    caption: str
    panels: tuple[Figure, ...]


@dataclass(frozen=True)
class Mount:
    """An element that a script of the page fills; `without` is what stands there without JavaScript."""

    id: str
    without: str


@dataclass(frozen=True)
class Contents:
    """The report's other pages, a line each, and (file, words) of the files beside them."""

    files: tuple[tuple[str, str], ...]


Block = Table | Figures | Text | Heading | Items | Form | Card | Mount | Contents


@dataclass(frozen=True)
class Section:
    """One section of the page."""

    id: str
    title: str
    blocks: tuple[Block, ...]

    def tables(self) -> Iterable[Table]:
        """Every table."""
        for block in self.blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Form):
                yield from block.rules

    def figures(self) -> Iterable[Figure]:
        """Every figure."""
        for block in self.blocks:
            if isinstance(block, Figures):
                yield from block.figures
            elif isinstance(block, Card):
                yield from block.panels


@dataclass(frozen=True)
class Asset:
    """A file beside the pages; a page loads those that end in `.js` or `.css`, in its order."""

    file: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page of the report: its file, its name in the navigation, a sentence on what it holds, and its sections.

    `assets` are written beside it: scripts and data that a page needs besides what all have.
    """

    file: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    assets: tuple[Asset, ...] = ()


def missing(id_: str, title: str, why: str) -> Section:
    """A section that has nothing to show says so in one line."""
    return Section(id_, title, (Text(why, "note"),))


def columns(*specs: tuple[str, str] | tuple[str, str, bool]) -> tuple[Column, ...]:
    """Columns from (key, label) or (key, label, numeric)."""
    return tuple(Column(spec[0], spec[1], len(spec) > 2) for spec in specs)


def tabulate(
    name: str,
    caption: str,
    items: Iterable[Item],
    *specs: tuple[str, str, Callable[[Item], Cell | str]] | tuple[str, str, Callable[[Item], Cell | str], bool],
    folded: bool = False,
) -> Table:
    """A table of a line an item, of columns from (key, label, what writes an item's cell) and whether it is numeric."""
    lines = ({spec[0]: spec[2](item) for spec in specs} for item in items)
    rows = tuple({key: Cell(told) if isinstance(told, str) else told for key, told in line.items()} for line in lines)
    return Table(name, caption, tuple(Column(spec[0], spec[1], any(spec[3:])) for spec in specs), rows, folded)
