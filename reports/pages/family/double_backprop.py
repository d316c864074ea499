"""What double backpropagation costs: a step of phi in those of psi."""

from ...digest import FamilyDigest
from ...digest.double_backprop import Doubling
from ...digest.series import Measured
from ...group import group_by
from ...plots import Line
from ...plots.multiples import Panel
from ...text import write_ratio, write_size
from ..blocks import Section, Table, Text, tabulate
from ._lines import draw_sweeps, list_ends
from ._names import caption, name_group, name_series
from ._tables import find_shown

NOTE = (
    "phi by double backpropagation and by forward over reverse mode is held to psi by autodiff, phi by derivatives "
    "written out to psi written out too; ratios of times are paired by round. The formula counts matrix products: it "
    "leaves out the activations, which are most of the work where matrices are small."
)


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep beside the ratio of the formulas, and every network at its largest size."""
    if not family.doublings:
        return None
    told = [series for series in family.series if _collect(family, series)]
    what = "Time of a step of phi over one of psi,"
    figure = draw_sweeps(family, told, _make_panel, _entitle, "double-backprop", what, "ratio")
    return Section("double-backprop", "Double backpropagation", (*figure, _tabulate(family), Text(NOTE, "note")))


def _collect(family: FamilyDigest, series: Measured) -> dict[str, list[Doubling]]:
    here = (doubling for doubling in family.doublings if doubling.series == series.key)
    return group_by(here, lambda doubling: doubling.row)


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], drawn: list[Measured]) -> Panel:
    known = [_collect(family, series) for series in group]
    lines = [
        Line(row, family.colours[row], [d.size for d in found], [d.ratio for d in found])
        for rows in known
        for row, found in rows.items()
    ]
    formulas = [[(d.size, d.formula) for d in rows["phi"]] for rows in known if "phi" in rows]
    title = name_group(group, drawn)
    alt = f"{title}: {list_ends(lines, lambda value: f'{value:.3g}')}."
    return Panel(title, alt, lines, formulas, dotted="phi by FLOPs")


def _entitle(family: FamilyDigest, drawn: list[Measured]) -> str:
    """How many times psi's a step of phi takes, where it is more everywhere."""
    ratios = [d.ratio for series in drawn for d in _collect(family, series).get("phi", ())]
    if ratios and all(ratio.low > 1 for ratio in ratios):
        low, high = min(r.value for r in ratios), max(r.value for r in ratios)
        return f"A step of `phi` takes {low:.2g} to {high:.2g} times one of `psi`"
    return "Time of a step of `phi` over one of `psi`"


def _tabulate(family: FamilyDigest) -> Table:
    """The largest size of every network."""
    shown = find_shown(family, family.doublings)
    names = dict.fromkeys((doubling.row, doubling.rival) for doubling in family.doublings)
    return tabulate(
        f"{family.name}-double-backprop",
        caption(f"A step of phi in steps of psi, at the largest {family.axis}", shown),
        [(series, {row: found[-1] for row, found in _collect(family, series).items()}) for series in shown],
        ("place", "Where", lambda p: name_series(p[0], shown)),
        ("size", family.axis, lambda p: write_size(next(iter(p[1].values())).size), True),
        ("formula", "phi / psi by FLOPs", lambda p: write_ratio(p[1]["phi"].formula if "phi" in p[1] else None), True),
        *(
            (row, f"{row} / {rival}", lambda p, row=row: write_ratio(p[1][row].ratio if row in p[1] else None), True)
            for row, rival in names
        ),
    )
