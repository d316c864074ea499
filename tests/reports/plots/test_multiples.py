"""Small multiples share their axes, and a label is as wide as it is drawn."""

import re

import pytest

from reports.plots import Line
from reports.plots.multiples import Panel, draw_multiples, frame
from reports.plots.style import measure
from reports.statistics import Estimate


def line(label, *values, **more):
    sizes = [10.0**j for j in range(1, len(values) + 1)]
    return Line(label, "c0", sizes, [Estimate(v, 0.9 * v, 1.1 * v) for v in values], **more)


def test_panels_share_limits_that_hold_all_of_them():
    panels = [
        Panel("one", "alt one", [line("a", 1e-3, 1e-2)]),
        Panel("two", "alt two", [line("b", 1.0, 2.0, 3.0, memory_stops=[(1e4, 50.0)])]),
    ]
    shared = frame(panels, "D", "seconds")
    assert shared.x[0] < 10
    assert shared.x[1] > 1e4
    assert shared.y[0] < 1e-3
    assert shared.y[1] > 50
    html = draw_multiples("name", panels, shared)
    assert html.count("<svg") == 2
    axes = [re.findall(r">([\d,]+(?: (?:s|ms))?)</text>", svg) for svg in html.split("<svg")[1:]]
    assert axes[0] == axes[1]
    assert html == draw_multiples("name", panels, shared)


@pytest.mark.parametrize(
    ("unit", "values", "tick"),
    [("bytes", (1e6, 1e8), "10 MB"), ("ratio", (0.1, 200.0), "100 ×"), ("share", (0.01, 0.9), "10 %")],
)
def test_ticks_have_their_unit(unit, values, tick):
    panels = [Panel("one", "alt", [line("a", *values)])]
    assert f">{tick}</text>" in draw_multiples("name", panels, frame(panels, "D", unit))


def test_an_interval_is_one_path_with_gaps():
    panels = [Panel("one", "alt", [line("a", 1.0, 2.0, 3.0, 4.0)])]
    html = draw_multiples("name", panels, frame(panels, "D", "seconds"))
    bars = re.findall(r'<path d="(M[\d.]+ [\d.]+v[-\d.]+(?:m[-\d. ]+v[-\d.]+){3})"[^>]*--c0', html)
    assert len(bars) == 1


def test_measured_labels_are_as_wide_as_drawn():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from reports.plots.style import FONT

    figure = Figure(dpi=72)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for text in ("relative", "dopri5_direct_1e-06"):
        artist = figure.text(0, 0, text, fontsize=FONT, family="DejaVu Sans")
        assert measure(text)[0] == pytest.approx(artist.get_window_extent(renderer).width, rel=0.05)


def test_lines_that_end_together_have_their_labels_in_a_column():
    short = [line(name, 1.0, 2.0 + 0.1 * j) for j, name in enumerate(("one", "two", "three"))]
    panels = [Panel("a", "alt", short), Panel("b", "alt", [line("long", 1.0, 2.0, 3.0, 4.0, 5.0)])]
    html = draw_multiples("name", panels, frame(panels, "D", "seconds"))
    places = re.findall(r'<text [^>]*x="([\d.]+)"[^>]*>(one|two|three)</text>', html)
    assert {name for _, name in places} == {"one", "two", "three"}
    assert len({place for place, _ in places}) == 1


def test_a_label_is_nearest_to_its_own_line():
    """Two lines that end one above the other, beside one that goes on: neither has its name at the other's end."""
    sizes = (10, 32, 100, 200, 320, 640, 1000, 2000, 3200)
    steady = [6e3, 25e3, 130e3, 430e3, 1e6, 3.8e6, 8.8e6, 35e6, 88e6]
    above = [120e3, 1.1e6, 1e6, 0.8e6, 1.8e6, 7e6, 17e6]
    lines = [
        Line(name, "c0", sizes[: len(values)], [Estimate(v, v, v) for v in values])
        for name, values in (("steady", steady), ("published", steady[:7]), ("above", above))
    ]
    panels = [Panel("a", "alt", lines), Panel("b", "alt", [line("other", 1e4, 1e5, 1e6, 1e9)])]
    html = draw_multiples("name", panels, frame(panels, "D", "bytes"))
    heights = dict(re.findall(r'<text [^>]*?(?<= )y="([\d.]+)"[^>]*>(published|above)</text>', html))
    heights = {name: float(height) for height, name in heights.items()}
    assert heights["above"] < heights["published"]


WORDS = "memory of the machine, 25.3 GB"


@pytest.mark.parametrize(
    ("unit", "values", "levels", "rule"),
    # A line that ends below a level and its words, and one that ends on the rule of equal times.
    [("bytes", (1e4, 1e6, 1e8, 1e10), ((1.3e10, WORDS),), WORDS), ("ratio", (0.3, 0.6, 1.0), (), "1 ×")],
)
def test_a_name_is_clear_of_rules_and_of_their_words(unit, values, levels, rule):
    far = line("far", *([0.02] * 7 if unit == "ratio" else [1e5] * 7))
    stops = [(3e4, 1.2e10)] if levels else []
    ended = line("jacobian_autodiff", *values, memory_stops=stops)
    panels = [Panel("one", "alt", [ended, far], levels=levels)]
    html = draw_multiples("name", panels, frame(panels, "D", unit))
    heights = {text: float(y) for y, text in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>([^<]+)</text>', html)}
    assert abs(heights["jacobian_autodiff"] - heights[rule]) > 9


def test_names_in_a_column_inside_a_panel_are_clear_of_its_rule():
    """Three lines that end together around equal times, in a panel that another's lines make wider."""
    short = [line(name, 2.0, value) for name, value in (("one", 0.98), ("two", 1.0), ("three", 1.02))]
    panels = [Panel("a", "alt", short), Panel("b", "alt", [line("long", *[0.02] * 7)])]
    html = draw_multiples("name", panels, frame(panels, "D", "ratio")).partition("</svg>")[0]
    heights = {text: float(y) for y, text in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>([^<]+)</text>', html)}
    names = [heights[name] for name in ("three", "two", "one")]
    assert names == sorted(names)
    assert all(abs(height - heights["1 ×"]) > 9 for height in names)
