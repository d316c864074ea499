"""Grid and labels: those of the ticks within the limits, where their data are."""

import re

import pytest

from reports.plots.style import finish, make_panel, set_log


def draw(low, high, log):
    figure, axes = make_panel(400, 300)
    if log:
        set_log(axes, y=False)
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1)
    axes.set_xlabel("size")
    axes.set_ylabel("share")
    left, width = axes.bbox.x0, axes.bbox.width
    svg = finish(figure, "name", "alt")
    # Words of one look stand in a group that has it.
    (group,) = re.findall(r'<g style="text-anchor:middle[^"]*">(.*?)</g>', svg, re.DOTALL)
    found = re.findall(r'<text x="([\d.]+)" y="[\d.]+">([\de,.+-]+)</text>', group)
    return {label: (float(x) - left) / width for x, label in found}, svg


@pytest.mark.parametrize(
    ("limits", "log", "places"),
    [
        ((1, 1000), True, {"1": 0, "10": 1 / 3, "100": 2 / 3, "1,000": 1}),
        ((5, 500), True, {"10": 0.1505, "100": 0.6505}),
    ],
)
def test_labels_stand_at_their_data(limits, log, places):
    found, svg = draw(*limits, log)
    assert found.keys() == places.keys()
    for label, place in places.items():
        assert found[label] == pytest.approx(place, abs=0.01)
    assert ">size</text>" in svg
    assert ">share</text>" in svg


def test_no_label_stands_outside():
    """1e-8 is below 2e-8 by less than any share of 200."""
    found, _ = draw(2e-8, 200, True)
    assert len(found) > 2
    assert all(0 <= place <= 1 for place in found.values())


def test_a_grid_is_one_path():
    _, svg = draw(1, 1000, True)
    paths = re.findall(r'<path d="([^"]*)"', svg)
    assert sum(path.lower().count("m") == 4 for path in paths) == 1


def test_too_few_powers_of_ten_are_filled():
    found, _ = draw(20, 90, True)
    assert set(found) == {"20", "50"}
