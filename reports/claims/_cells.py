"""Where claims look: places and cells of a family, studies, and how each is called."""

from collections.abc import Iterator, Sequence

from ..analysis import Analysis
from ..families import FAMILIES
from ..points import Place, Series
from ..statistics import Ratio, choose_margin
from ..studies import Study
from ..text import write_ratio, write_size
from ._claim import Where


def list_places(analysis: Analysis, family: str) -> list[Place]:
    """Places of a family in the order of its series."""
    return list(dict.fromkeys(series.place for series in analysis.series(family)))


def list_cells(analysis: Analysis, family: str, place: Place) -> Iterator[tuple[Series, float]]:
    """(series, size) of all cells of a family at a place."""
    for series in analysis.series(family):
        for size in analysis.sizes(series) if series.place == place else ():
            yield series, size


def list_doublings(
    analysis: Analysis, family: str, place: Place, row: str
) -> Iterator[tuple[Series, float, Ratio, float]]:
    """(series, size, time over that of the row's like, ratio of the FLOPs by the formulas) where both ran."""
    rival = FAMILIES[family].doubles[row]
    for series, size in list_cells(analysis, family, place):
        ratio = analysis.ratio(series, size, row, rival)
        ours, theirs = (analysis.point(series, size, name) for name in (row, rival))
        if ratio is not None and ours is not None and theirs is not None:
            yield series, size, ratio, ours.flops / theirs.flops


def list_main(analysis: Analysis, family: str) -> tuple[Series, ...]:
    """The series of the family's own sweep."""
    main = FAMILIES[family].main.items()
    return tuple(s for s in analysis.series(family) if all(s.size(letter) == value for letter, value in main))


def list_studies(analysis: Analysis, name: str, data: str | None = None) -> list[Study]:
    """Loaded studies of a name (and data)."""
    return [study for study in analysis.run.studies if study.name == name and data in (None, study.data)]


def at_place(analysis: Analysis, place: Place, family: str) -> Where:
    """All series of a place: `torch, cpu`; precision and machine only where the family has several."""
    series = analysis.series(family)
    words = [place.backend, place.device]
    words += [place.dtype] * (len({s.place.dtype for s in series}) > 1)
    words += [place.machine] * (len({s.place.machine for s in series}) > 1)
    return Where(", ".join(words), place)


def at_series(analysis: Analysis, series: Series) -> Where:
    """One series: its place, and what tells it apart from others of the family."""
    told = _tell_apart(analysis, series) + [f"state {series.state}"] * bool(series.state)
    words = ", ".join([at_place(analysis, series.place, series.family).words, *told])
    return Where(words, series.place, series.fixed, series.state)


def in_study(analysis: Analysis, study: Study) -> Where:
    """A study's data, and its machine where the run has several."""
    machines = {known.machine for known in analysis.run.studies}
    words = f"training on {study.data}"
    return Where(f"{words}, {study.machine}" if len(machines) > 1 else words, study=study.data)


def name_cell(analysis: Analysis, series: Series, size: float) -> str:
    """`D = 512, gamma = 0.9`: the size and what tells the series apart."""
    return ", ".join([f"{series.axis} = {write_size(size)}", *_tell_apart(analysis, series)])


def _tell_apart(analysis: Analysis, series: Series) -> list[str]:
    known = dict(series.fixed)
    return [f"{name} = {write_size(known[name])}" for name in analysis.letters(series.family) if name in known]


def study_margin(analysis: Analysis, study: Study) -> float:
    """max(5 %, noise floor) of where a study was trained: its machine, torch on the processor, at its precision."""
    trained = study.machine, "torch", "cpu"
    here = [place for place in analysis.places if (place.machine, place.backend, place.device) == trained]
    same = [place for place in here if place.dtype == study.setting("dtype")]
    return max((analysis.margin(place) for place in same or here), default=choose_margin())


def write_range(known: Sequence[tuple[Ratio, str]]) -> str:
    """The smallest and the largest of ratios, and where they are."""
    (least, at_least), (most, at_most) = (pick(known, key=lambda k: k[0].value) for pick in (min, max))
    first = f"{write_ratio(least)} × ({at_least})"
    return first if len(known) == 1 else f"{first} to {write_ratio(most)} × ({at_most})"
