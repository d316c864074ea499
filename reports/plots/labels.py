"""Direct labels at the line ends, none over another and none over data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from .style import FONT, RULE, Line, light, measure

_GAP = 2.0
# Where a label may stand beside its line's last point: pixels right and up, and its anchors.
_BESIDE = (
    (8, 0, "left", "center"),
    (8, 8, "left", "bottom"),
    (8, -8, "left", "top"),
    (0, 9, "center", "bottom"),
    (-8, 6, "right", "bottom"),
    (-8, 0, "right", "center"),
    (0, -9, "center", "top"),
    (-8, -8, "right", "top"),
    (12, 20, "left", "bottom"),
    (-12, 20, "right", "bottom"),
    (12, -20, "left", "top"),
    (-12, -20, "right", "top"),
    (14, -32, "left", "top"),
    (-14, 32, "right", "bottom"),
    (16, 34, "left", "bottom"),
    (18, -46, "left", "top"),
    (-24, 46, "right", "bottom"),
)
# Labels that are easier to read one below the other; how far right of an edge they stand.
_COLUMN, _ASIDE = 3, 12
# From here a thin line leads from the label to its point.
_FAR = 19
# What a rule weighs beside a label where one of them has to give way.
_FIRM = 1e9
# A mark is worse to cover than a stretch of line.
_MARK = 15
# And a label that stands nearer to another's point than to its own says something wrong.
_ASTRAY = 30.0


@dataclass(frozen=True)
class Label:
    """A text for a point, in data coordinates."""

    text: str
    x: float
    y: float
    colour: str


def label_lines(
    figure: Figure, axes: Axes, lines: list[Line], extra: Sequence[Label] = (), across: Sequence[float] = ()
) -> None:
    """Label each line where it ends: in the right margin if it runs that far, else beside its last point. The limits of
    both axes have to be set.

    Where several end at one size and none runs farther, their labels stand in a column there. Lines of one name are
    labelled once, where the furthest ends. In the panel they keep clear of the rules `across` it, by their heights, and
    beside a point of texts that are there.
    """
    ends: dict[str, Label] = {}
    for label in (_end(line) for line in lines if len(line.sizes)):
        ends[label.text] = max(label, ends.get(label.text, label), key=lambda end: end.x)
    labels = [*ends.values(), *extra]
    edge = axes.bbox.x1
    points = np.array([axes.transData.transform((label.x, label.y)) for label in labels]).reshape(-1, 2)
    near = 0.12 * axes.bbox.width
    reaching = [j for j, (x, _) in enumerate(points) if x > edge - near]
    if labels and not reaching:
        last = float(points[:, 0].max())
        together = [j for j, (x, _) in enumerate(points) if x > last - near]
        widest = max(measure(labels[j].text)[0] for j in together)
        if len(together) >= _COLUMN and last + _ASIDE + widest < figure.bbox.x1:
            edge, reaching = last, together
    crossed = [axes.transData.transform((1.0, height))[1] for height in across] if edge < axes.bbox.x1 else []
    boxes = _label_margin(figure, axes, [labels[j] for j in reaching], points[reaching], edge, crossed)
    boxes += [text.get_window_extent() for text in axes.texts]
    obstacles = np.concatenate([_sample_obstacles(axes, lines), *(_sample_rule(axes, height) for height in across)])
    for j in sorted(set(range(len(labels))) - set(reaching), key=lambda j: -points[j][1]):
        boxes.append(_label_beside(figure, axes, labels[j], j, points, boxes, obstacles))


def label_points(
    figure: Figure, axes: Axes, labels: list[Label], points: np.ndarray, track: np.ndarray, bars: np.ndarray
) -> None:
    """Label points where they stand, clear of the other `points`, of the `track` (corners of a line) and of `bars`
    (pairs of ends).
    """
    corners, marks = axes.transData.transform(track), axes.transData.transform(points)
    steps = np.linspace(0, 1, 24)[:, None, None]
    along = (corners[:-1] * (1 - steps) + corners[1:] * steps).reshape(-1, 2)
    ends = axes.transData.transform(bars.reshape(-1, 2)).reshape(-1, 2, 2)
    across = (ends[:, 0] * (1 - steps) + ends[:, 1] * steps).reshape(-1, 2)
    obstacles = np.concatenate([along, across, np.repeat(marks, _MARK, axis=0)])
    boxes: list[Bbox] = []
    named = axes.transData.transform([(label.x, label.y) for label in labels]) if labels else np.empty((0, 2))
    for j, label in enumerate(labels):
        boxes.append(_label_beside(figure, axes, label, j, named, boxes, obstacles))


def _end(line: Line) -> Label:
    stops = [*line.memory_stops, *line.time_stops]
    last = line.sizes[-1], line.values[-1].value
    x, y = max([last, *stops])
    return Label(line.label, x, y, line.colour)


def _label_margin(
    figure: Figure, axes: Axes, labels: list[Label], points: np.ndarray, edge: float, crossed: Sequence[float]
) -> list[Bbox]:
    """Labels right of an edge at the heights of their points, pushed apart where they would touch each other or a rule
    at one of the heights `crossed`.
    """
    if not labels:
        return []
    sizes = [measure(label.text) for label in labels]
    height = max(h for _, h in sizes) + _GAP
    order = np.argsort(points[:, 1], kind="stable")
    heights = _push_apart(points[order, 1], height, axes.bbox.y0 + height / 2, axes.bbox.y1 + 4, crossed)
    boxes = []
    for j, y in zip(order, heights, strict=True):
        label, x = labels[j], edge + _ASIDE
        _lead(figure, [points[j] + (4, 0), (edge + 3, y), (x - 2, y)])
        _write(figure, x, y, label)
        boxes.append(Bbox.from_bounds(x, y - height / 2, sizes[j][0], height))
    return boxes


def _write(figure: Figure, x: float, y: float, label: Label) -> None:
    """The label's text, its left end at pixel (x, y)."""
    left, middle = figure.transFigure.inverted().transform((x, y))
    figure.text(left, middle, label.text, color=light(label.colour), fontsize=FONT, va="center", ha="left")


def _lead(figure: Figure, pixels: Sequence[Any]) -> None:
    """A thin line through these pixels."""
    ends = figure.transFigure.inverted().transform(np.array(pixels))
    figure.add_artist(Line2D(*ends.T, transform=figure.transFigure, color=RULE, linewidth=0.9, zorder=1))


def _push_apart(wanted: np.ndarray, gap: float, low: float, high: float, fixed: Sequence[float] = ()) -> np.ndarray:
    """Heights at least `gap` apart, from each other and from those that are `fixed`, close to those wanted (ascending),
    within [low, high] where they fit.
    """
    every = np.concatenate([wanted, fixed])
    order = np.argsort(every, kind="stable")
    blocks: list[list[float]] = []  # (weighted sum of wanted starts, weight, count)
    for j, place in enumerate(order):
        weight = 1.0 if place < len(wanted) else _FIRM
        blocks.append([weight * float(every[place] - j * gap), weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [before + more for before, more in zip(blocks[-1], last, strict=True)]
    starts = np.concatenate([np.full(int(count), total / weight) for total, weight, count in blocks])
    placed = (starts + gap * np.arange(len(every)))[order < len(wanted)]
    placed -= max(0.0, placed[-1] - high)
    return placed + max(0.0, low - placed[0])


def _sample_obstacles(axes: Axes, lines: list[Line]) -> np.ndarray:
    """Pixels that data cover: points, stops and lines."""
    found = [np.empty((0, 2))]
    for line in lines:
        data = np.array([(x, v.value) for x, v in zip(line.sizes, line.values, strict=True)]).reshape(-1, 2)
        if len(data):
            pixels = axes.transData.transform(data)
            steps = np.linspace(0, 1, 12)[:, None, None]
            found.append((pixels[:-1] * (1 - steps) + pixels[1:] * steps).reshape(-1, 2))
            found.append(pixels)
        stops = [*line.memory_stops, *line.time_stops]
        marks = np.array([*map(tuple, data), *stops]).reshape(-1, 2)
        found.append(np.repeat(axes.transData.transform(marks), _MARK, axis=0))
    return np.concatenate(found)


def _sample_rule(axes: Axes, height: float) -> np.ndarray:
    """Pixels of a rule across the panel."""
    along = np.arange(axes.bbox.x0, axes.bbox.x1, 4.0)
    return np.column_stack([along, np.full(along.size, axes.transData.transform((1.0, height))[1])])


def _label_beside(
    figure: Figure, axes: Axes, label: Label, own: int, points: np.ndarray, boxes: list[Bbox], obstacles: np.ndarray
) -> Bbox:
    """The candidate place that covers the fewest labels, is nearest to its `own` of the labelled points, and covers
    the least data.
    """
    width, height = measure(label.text)
    point = points[own]
    best: tuple[float, float, Bbox] | None = None
    for rank, (dx, dy, ha, va) in enumerate(_BESIDE):
        x = point[0] + dx - {"left": 0, "center": width / 2, "right": width}[ha]
        y = point[1] + dy - {"bottom": 0, "center": height / 2, "top": height}[va]
        box = Bbox.from_bounds(x, y, width, height)
        outside = x < axes.bbox.x0 or x + width > figure.bbox.x1 or y < axes.bbox.y0 or y + height > figure.bbox.y1
        clashes = sum(box.overlaps(other) for other in boxes)
        inside = (abs(obstacles - (x + width / 2, y + height / 2)) < (width / 2 + 2, height / 2 + 2)).all(axis=1).sum()
        away = np.hypot(*(points - np.clip(points, (x, y), (x + width, y + height))).T)
        astray = bool((away < away[own] - 0.5).any())
        cost = 1000.0 * outside + 500.0 * clashes + _ASTRAY * astray + float(inside) + 0.1 * rank
        if best is None or cost < best[0]:
            best = cost, abs(dy), box
    assert best is not None
    _, rise, box = best
    if rise > _FAR:
        _lead(figure, [point, (np.clip(point[0], box.x0, box.x1), box.y0 if box.y0 > point[1] else box.y1)])
    _write(figure, box.x0, (box.y0 + box.y1) / 2, label)
    return box
