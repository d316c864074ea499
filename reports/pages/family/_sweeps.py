"""A chapter's figure: a panel a sweep of one quantity against the family's axis."""

from collections.abc import Callable

from ...digest import FamilyDigest
from ...digest.series import SWEEP_SIZES, Measured
from ...plots.multiples import Panel, draw_multiples, frame
from ..blocks import Figure, Figures
from ._names import describe_sizes, group_states, name_shared


def draw_sweeps(
    family: FamilyDigest,
    shown: list[Measured],
    make_panel: Callable[[FamilyDigest, tuple[Measured, ...], list[Measured]], Panel],
    entitle: str | Callable[[FamilyDigest, list[Measured]], str],
    name: str,
    quantity: str,
    unit: str,
) -> list[Figures]:
    """Of series that have sizes enough; nothing where no panel has lines. `quantity` begins the text alternative; a
    title in words gets the range of the sizes.
    """
    drawn = [series for series in shown if len(series.sizes) >= SWEEP_SIZES]
    panels = [panel for group in group_states(drawn) if (panel := make_panel(family, group, drawn)).lines]
    if not panels:
        return []
    name = f"{family.name.replace('_', '-')}-{name}"
    alt = f"{quantity} against {family.axis}: {' '.join(panel.alt for panel in panels)}"
    svg = draw_multiples(name, panels, frame(panels, family.axis, unit))
    title = f"{entitle}, {describe_sizes(family, drawn)}" if isinstance(entitle, str) else entitle(family, drawn)
    return [Figures(name_shared(drawn), (Figure(name, title, svg, alt),))]
