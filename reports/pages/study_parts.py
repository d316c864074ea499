"""What the studies' sections share: cells of costs and ends, curves over the seconds of training, their origin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..digest.studies import StudyDigest, StudyMethod
from ..plots import Line, assign_colours
from ..plots.study import Panel
from ..statistics import Estimate
from ..text import count, write_error, write_list, write_ratio, write_seconds
from .blocks import TONES, Block, Cell, Text

MARKED = 30  # epochs that can all be told apart


@dataclass(frozen=True)
class Measure:
    """A quantity that an epoch's row holds: its field, what it is, whether it is told in percent."""

    field: str
    what: str
    percent: bool = False
    least: float = 0.0  # a method whose values all lie below this has rounding only, and would squeeze the others


def make_panel(
    study: StudyDigest,
    measure: Measure,
    title: str = "",
    methods: Sequence[str] = (),
    names: dict[str, str] | None = None,
) -> Panel:
    """A measure's curves: of all methods, or those named; `names` are other labels than their own."""
    palette, lines = assign_colours(method.name for method in study.methods), []
    for method in (method for method in study.methods if not methods or method.name in methods):
        curve = method.curves.get(measure.field)
        if curve is None or max(v.value for v in curve.values) < measure.least:
            continue
        kept = _thin(len(curve.seconds))
        values = curve.values
        if measure.percent:
            values = [Estimate(100 * v.value, 100 * v.low, 100 * v.high, v.n, v.confidence) for v in values]
        label = (names or {}).get(method.name, method.name)
        lines.append(Line(label, palette[method.name], [curve.seconds[j] for j in kept], [values[j] for j in kept]))
    return Panel(title or measure.what, lines, measure.percent)


def order_studies(studies: Sequence[StudyDigest], data: Sequence[str]) -> tuple[list[StudyDigest], list[StudyDigest]]:
    """By machine and by data, these first; and those of the first machine, which figures show."""
    rank = {name: j for j, name in enumerate(data)}
    found = sorted(studies, key=lambda study: (study.machine, rank.get(study.data, len(rank)), study.data))
    return found, [study for study in found if study.machine == found[0].machine]


def name_data(study: StudyDigest, studies: Sequence[StudyDigest]) -> str:
    """The data set, and the machine where the studies are of several."""
    several = len({known.machine for known in studies}) > 1
    return f"{study.data}, {study.machine}" if several else study.data


def describe_ends(panels: Sequence[Panel], unit: str = "s") -> str:
    """For a text alternative: what each line of each panel ends with, after how many seconds (or `unit`)."""

    def tell(line: Line) -> str:
        return f"{line.label} {line.values[-1].value:.3g} after {line.sizes[-1]:.3g} {unit}"

    return "; ".join(f"{panel.title}: {', '.join(map(tell, panel.lines))}" for panel in panels)


def tell_costs(
    study: StudyDigest, row: str, seconds: str
) -> tuple[tuple[str, str, Callable[[StudyMethod], Cell | str], bool], ...]:
    """Of a table of methods: each by its name, an epoch's time, and that in the baseline's; two of their headings."""
    return (
        ("row", row, lambda method: method.name, False),
        ("seconds", seconds, lambda method: stack(method.seconds, write_seconds), True),
        ("ratio", f"Over {study.baseline}", compare, True),
    )


def compare(method: StudyMethod | None) -> Cell:
    """An epoch's time in the baseline's, with its interval and verdict below: the tables are wide."""
    if method is None:
        return Cell("–")
    tone = TONES.get(method.verdict, "")
    if method.ratio is None:
        return Cell("1", tone, method.verdict)
    value, _, bounds = write_ratio(method.ratio).partition(" [")
    interval = "" if method.ratio.undetermined else bounds.removesuffix("]").replace(", ", " to ")
    return Cell(f"{value} ×", tone, "\n".join(filter(None, (interval, method.verdict))))


def stack(estimate: Estimate, write: Callable[[float], str]) -> Cell:
    """A value, and its interval below, where it has one that is told by other digits."""
    value, low, high = map(write, (estimate.value, estimate.low, estimate.high))
    return Cell(value, note="" if estimate.undetermined or low == value == high else f"{low} to {high}")


def end_cell(method: StudyMethod, name: str, small: bool = False) -> Cell:
    """What a training ends with: median and range over the seeds; `small` ones in powers of ten."""
    value = method.ends.get(name)
    if value is None:
        return Cell("–")
    return stack(value, write_error if small else "{:.3g}".format)


def tell_origin(study: StudyDigest) -> Block:
    """Command, commit, machine and record, in one line."""
    versions = dict(study.versions)
    resumed = f", resumed {count(study.resumed, 'time')}" if study.resumed else ""
    dirty = " with changes" if study.dirty else ""
    words = [
        f"`{study.command}`, profile {study.profile}",
        f"commit {study.commit[:8] if study.commit else '–'}{dirty}{resumed}",
        f"seeds {write_list([str(seed) for seed in study.seeds])}",
        f"{count(study.threads, 'thread')} on {study.processor}",
        f"torch {versions.get('torch', '?')}",
        f"{write_seconds(study.elapsed_s)} in all, tests and probes included",
        f"record {study.path}",
        f"by epoch: [study-{study.key}.csv](study-{study.key}.csv)",
    ]
    return Text("; ".join(words) + ".", "note")


def _thin(number: int) -> list[int]:
    """Epochs to mark on a logarithmic axis: all where there are few, else all of the first, then ever fewer."""
    if number <= MARKED:
        return list(range(number))
    kept, j = [], 0
    while j < number - 1:
        kept.append(j)
        j = max(j + 1, round(1.25 * (j + 1)) - 1)
    return [*kept, number - 1]
