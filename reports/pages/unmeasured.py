"""What was planned and is not measured, by name."""

from collections.abc import Iterable

from ..digest import Digest
from ..group import group_by
from ..load import Unmeasured
from ..text import count, write_size
from .blocks import Block, Items, Table, Text, tabulate
from .incidents import read_cell


def show_unmeasured(digest: Digest) -> tuple[Block, ...]:
    """A table of cells and a list of what is no cell for each run that left something open; nothing without one."""
    blocks: list[Block] = []
    for number, run in enumerate(digest.health.unmeasured):
        of = f"{run.machine}, planned at commit {run.commit}"
        if run.cells:
            blocks.append(_tabulate(run, number, of))
        if run.others:
            blocks += [Text(f"What is no cell ({of}):", "note"), Items(run.others)]
    return tuple(blocks)


def count_unmeasured(digest: Digest) -> str:
    """One sentence for the first page; empty where all that was planned is measured."""
    cells = sum(len(run.cells) for run in digest.health.unmeasured)
    others = sum(len(run.others) for run in digest.health.unmeasured)
    told = [count(cells, "planned cell")] * bool(cells) + [count(others, "other thing")] * bool(others)
    verb = "was" if cells + others == 1 else "were"
    return f"Not measured {verb} {' and '.join(told)}: [which](health.html#unmeasured)." if told else ""


def _tabulate(run: Unmeasured, number: int, of: str) -> Table:
    """A line for all cells that differ in their dimension alone."""
    groups = group_by(map(_split, run.cells), lambda line: line[:3])
    return tabulate(
        f"unmeasured-{number}",
        f"{count(len(run.cells), 'cell')} not measured: {of}",
        groups.items(),
        ("family", "Family", lambda group: group[0][0]),
        ("place", "Place", lambda group: group[0][1]),
        ("rest", "Where", lambda group: group[0][2]),
        ("sizes", "Not measured at", lambda group: _join(size for *_, size in group[1])),
        folded=len(groups) > 20,
    )


def _split(cell: str) -> tuple[str, str, str, tuple[str, float | str]]:
    """Family, place, the other sizes and the dimension; of what is no cell's name its whole as the first."""
    read = read_cell(cell)
    if read is None:
        return cell, "", "", ("", "")
    family, where, sizes = read
    (letter, size), *rest = sizes.items()
    return family, ", ".join(where.split("-")), ", ".join(f"{k} = {write_size(v)}" for k, v in rest), (letter, size)


def _join(sizes: Iterable[tuple[str, float | str]]) -> str:
    found = sorted(sizes, key=lambda size: (isinstance(size[1], str), size[1]))
    return f"{found[0][0]} = {', '.join(write_size(size) for _, size in found)}" if found[0][0] else ""
