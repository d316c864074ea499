"""Colours of methods: the same whatever stands beside them."""

from reports.plots.style import assign_colours


def test_colours_are_stable():
    full, part = assign_colours(["relative", "inverse", "new", "other"]), assign_colours(["relative", "new"])
    assert full["relative"] == part["relative"]
    assert len(set(full.values())) == 4
