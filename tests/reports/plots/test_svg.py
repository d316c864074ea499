"""The rewritten SVG: small, in the page's font and colours, and still the same picture."""

import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from reports.plots import Line
from reports.plots.multiples import Panel, draw_multiples, frame
from reports.plots.style import COLOURS, finish
from reports.statistics import Estimate


@pytest.fixture(scope="module")
def svg():
    lines = [
        Line(label, colour, [10.0, 100.0, 1000.0], [Estimate(v, 0.8 * v, 1.25 * v) for v in (1e-3, 0.012345, 2.0)])
        for label, colour in (("one", "c0"), ("two", "c1"))
    ]
    panels = [Panel("title", 'a "quoted" alternative', lines)]
    return re.findall(r"<svg.*</svg>", draw_multiples("fig", panels, frame(panels, "D", "seconds")), re.DOTALL)[0]


def test_it_is_well_formed_and_refers_to_its_own_ids(svg):
    root = ET.fromstring(svg)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(id_.startswith("fig-1-") for id_ in ids)
    assert set(re.findall(r"#(fig-[\w-]+)", svg)) == set(ids)
    assert root.get("aria-label") == 'a "quoted" alternative'


def test_every_mark_and_word_is_there(svg):
    # Three points of each line, told from one another; single marks would be uses.
    marks = re.findall(r'<path d="([^"]*)"(?: clip-path="[^"]*")? style="fill:none;marker', svg)
    assert [len(re.findall(r"-?\d*\.?\d+", path)) for path in marks] == [6, 6]
    assert svg.count("<marker") == 2
    assert "<use" not in svg
    for word in ("one", "two", "D", "1 ms", "1 s"):
        assert f">{word}</text>" in svg


def test_marks_of_every_panel_are_drawn():
    """Matplotlib defines a mark once for all panels of a figure."""
    figure = Figure()
    for j, colour in enumerate((COLOURS["c0"][0], COLOURS["c1"][0], COLOURS["c0"][0])):
        axes = figure.add_subplot(3, 1, j + 1)
        axes.plot([1, 2, 3], [1, 2, 3], "o", color=colour)
        axes.plot([2], [2], "o", color=colour)
    svg = finish(figure, "fig", "alt")
    paths = re.findall(r'<path d="([^"]*)"(?: clip-path="[^"]*")? style="fill:none;marker:url\(#([^)]*)\)"/>', svg)
    assert [path[0].count("l") for path in paths] == [1, 1, 1]
    assert all(f'<marker id="{name}"' in svg for _, name in paths)
    # A single mark is a use, whose definition stays.
    uses = re.findall(r'<use href="#([^"]*)"', svg)
    assert len(uses) == 3
    assert all(f'<path id="{name}"' in svg for name in uses)


def test_what_says_nothing_is_gone(svg):
    assert "font-family" not in svg
    assert "rotate(-0" not in svg
    assert "<g>" not in svg
    assert not re.search(r"#[0-9a-f]{6}", svg)  # colours are the page's variables
    assert not re.search(r' (?:d|x|y)="[^"]*\d\.\d\d', svg)
    assert len(svg) < 4500
