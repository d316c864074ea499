"""How rows moved from commit to commit, in times of their family's yardstick, and where they certainly changed."""

import math
from collections import Counter
from collections.abc import Sequence

from ..digest import Digest
from ..digest.history import Change, Track
from ..families import FAMILIES
from ..group import group_by
from ..plots import MOST_LINES, Line
from ..plots.history import draw_history
from ..statistics import FEWEST_VALUES, SMALLEST_MARGIN, Estimate
from ..text import count, write_ratio, write_size
from .blocks import Block, Cell, Figure, Figures, Page, Section, Table, Text, tabulate
from .naming import name_place
from .side_by_side import show_compared

FILE = "history.html"
# Changes below this are not shown one by one: medians of two runs differ by as much.
SHOWN = 1.1
MOST_ROWS = 60
# Panels of a figure; of more sizes, these from the smallest to the largest.
PANELS = 4
_SITE = "asv's own site shows every commit: `asv publish`, then `asv preview`."
# Values from which a line tells more than the table of the oldest and the newest.
_DRAWN = 3


def build(digest: Digest) -> tuple[Page, ...]:
    """What certainly changed, ratios to the yardstick over commits where they were recorded, then what moved most."""
    history = digest.history
    commits = count(len(history.commits), "commit")
    beside = show_compared(digest)
    compared = (Section("compared", "Commits side by side", tuple(beside)),) if beside else ()
    if not history.tracks:
        held = f"asv's files hold {commits}, none twice in one environment"
        lead = f"{held if history.commits else 'No asv file was read'}: there is no history yet. {_SITE}"
        return (Page(FILE, "History", lead, compared),)
    sections = (
        *compared,
        Section("points", "Change points", tuple(_show_points(digest))),
        Section("yardstick", "Times of the yardstick over commits", tuple(_show_ratios(digest))),
        Section("changes", "Oldest and newest commit", tuple(_show_changes(digest))),
    )
    rows = count(len(history.tracks), "row")
    lead = f"asv's files hold {commits} and {rows} that ran at two or more of them. {_SITE}"
    return (Page(FILE, "History", lead, sections),)


def _show_ratios(digest: Digest) -> list[Block]:
    """A figure a family and backend; where no row has commits enough for a line, why."""
    tracks, order = digest.history.tracks, list(FAMILIES)
    long = (track for track in tracks if len(track.paired) >= _DRAWN)
    drawn = group_by(long, lambda track: (track.family, track.place.backend))
    if not drawn:
        few = f"A line needs {_DRAWN} commits; of fewer the table below tells all."
        none = "Nothing was recorded of it yet: records of later commits have it."
        return [Text(few if any(len(track.paired) > 1 for track in tracks) else none, "note")]
    keys = sorted(drawn, key=lambda key: (order.index(key[0]), key[1]))
    figures = tuple(_draw(digest, *key, drawn[key]) for key in keys)
    bars = "A bar holds the ratio of another process of that commit in 95 %, where it is known how far they lie."
    return [Figures("Over commits, in times of the yardstick in the same rounds", figures), Text(bars, "note")]


def _draw(digest: Digest, family: str, backend: str, tracks: list[Track]) -> Figure:
    """A panel a size of the environment with most commits, its lines the rows of the family's card; the
    largest confirmed change, or else the row that moved most, is drawn, whichever row and size it is.
    """
    groups = Counter((t.place, t.environment, t.fixed) for t in tracks)
    most = max(groups, key=lambda key: (groups[key], str(key)))
    tracks = [t for t in tracks if (t.place, t.environment, t.fixed) == most]
    changes = [change for change in digest.history.changes if any(change.of(track) for track in tracks)]
    largest = max([change for change in changes if change.confirmed] or tracks, key=_find_distance)
    rows = [row for row in FAMILIES[family].card if any(t.row == row for t in tracks)]
    rows = (rows or sorted({t.row for t in tracks}))[:MOST_LINES]
    rows = rows if largest.row in rows else [*rows[: MOST_LINES - 1], largest.row]
    sizes = _spread(sorted({t.size for t in tracks if t.row in rows}), PANELS, largest.size)
    known = {commit for t in tracks for commit, _ in t.paired}
    commits = [commit for commit in digest.history.commits if commit in known]
    found = digest.family(family)
    colours = found.colours if found is not None else {}
    panels = []
    for size in sizes:
        lines = [
            Line(
                track.row,
                colours.get(track.row, "c7"),
                [commits.index(commit) for commit, _ in track.paired],
                [Estimate(times, times / track.reach, times * track.reach) for _, times in track.paired],
            )
            for row in rows
            for track in tracks
            if track.row == row and track.size == size
        ]
        marks = [
            (commits.index(change.first) - 0.5, colours.get(change.row, "c7"))
            for change in changes
            if change.confirmed and change.row in rows and change.size == size
        ]
        panels.append((f"{tracks[0].axis} = {write_size(size)}", lines, marks))
    place, yardstick = name_place(digest, most[0]), FAMILIES[family].yardstick
    title = f"{family}, {place}, in times of {yardstick}: {_say_largest(largest)}"
    name, alt = f"history-{family}-{backend}".replace("_", "-"), f"{title}, from {commits[0][:8]} to {commits[-1][:8]}."
    return Figure(name, title, draw_history(name, alt, panels, commits), alt)


def _spread(sizes: Sequence[float], number: int, wanted: float) -> list[float]:
    """At most so many of the sizes, the first, the last and the wanted one among them, the others at equal distances in
    their order.
    """
    if len(sizes) <= number:
        return list(sizes)
    spread = [sizes[round(j * (len(sizes) - 1) / (number - 1))] for j in range(number)]
    nearest = min(spread[1:-1], key=lambda size: abs(sizes.index(size) - sizes.index(wanted)))
    return spread if wanted in spread else sorted({*spread, wanted} - {nearest})


def _find_distance(moved: Track | Change) -> float:
    """How far a row moved; of a confirmed change what the comparison of its commits says, no machine's state."""
    if isinstance(moved, Track):
        return abs(math.log(moved.change))
    assert moved.ratio is not None
    return abs(math.log(moved.ratio.value))


def _say_largest(largest: Track | Change) -> str:
    """The confirmed change; without one how far a row moved, where that is little: beyond it may be the machine's."""
    if isinstance(largest, Change):
        size = f"{largest.axis} = {write_size(largest.size)}"
        return f"{largest.row} at {size} takes {write_ratio(largest.ratio)} × as long from {largest.first[:8]} on"
    factor = math.exp(_find_distance(largest))
    return f"no row moved by more than {factor:.3g} ×" if factor <= SHOWN else "no change is confirmed"


def _show_points(digest: Digest) -> list[Block]:
    """The certain changes, largest first; where there is none, why."""
    tracks, changes = digest.history.tracks, digest.history.changes
    longest = max((len(track.paired) for track in tracks), default=0)
    if longest < FEWEST_VALUES:
        few = (
            f"Nothing can be certain yet: a change takes {FEWEST_VALUES} commits of one row in one environment, and "
            f"the longest record has {longest}."
        )
        return [Text(few, "note")]
    tried = count(sum(len(track.paired) >= FEWEST_VALUES for track in tracks), "row")
    confirmed = [change for change in changes if change.confirmed]
    # Of others the two commits were not compared side by side, or not for long enough.
    others = [change for change in changes if change.verdict in ("", "open")]
    refuted = len(changes) - len(confirmed) - len(others)
    note = (
        f"Of {tried} recorded at {FEWEST_VALUES} commits or more, {count(len(changes), 'step')} of level by more than "
        f"{100 * SMALLEST_MARGIN:.0f} % {'is' if len(changes) == 1 else 'are'} told by Pettitt's rank test, with which "
        "5 % at most of the rows told have not changed (false discovery rate). What changed may be the row, its "
        "yardstick, or a library of that environment: a step is a change of the code where its two commits, compared "
        "side by side, differ in the same direction. So they do in "
        f"{len(confirmed):,}; in {refuted:,} they do not, and "
        f"{len(others):,} nobody has compared, or not for long enough. One that was undone since is seen less well."
    )
    shown = (
        ("points", "What changed, confirmed side by side", confirmed),
        ("steps", "Steps that are not confirmed", others),
    )
    return [Text(note, "note"), *(_tabulate_points(digest, *each) for each in shown if each[-1])]


def _tabulate_points(digest: Digest, name: str, caption: str, changes: Sequence[Change]) -> Table:
    ordered = sorted(changes, key=lambda c: (-abs(math.log(c.factor)), c.family, c.row, c.size, str(c.fixed)))
    only = f": the {MOST_ROWS} largest" if len(ordered) > MOST_ROWS else ""
    return tabulate(
        name,
        f"{caption}, and by how much{only}",
        ordered[:MOST_ROWS],
        ("row", "Row", lambda c: _write_row(digest, c)),
        ("factor", "After / before", lambda c: Cell(_write_times(c.factor), "bad" if c.factor > 1 else "good"), True),
        ("beside", "Side by side", lambda c: Cell(_write_times(c.ratio) if c.ratio else "–", note=c.verdict), True),
        ("size", "Size", _write_size),
        ("first", "From", lambda c: Cell(c.first[:8], note=f"after {c.last[:8]}")),
        ("before", "Before", lambda c: Cell(f"{c.before:.3g}", note=count(c.commits[0], "commit")), True),
        ("after", "After", lambda c: Cell(f"{c.after:.3g}", note=count(c.commits[1], "commit")), True),
        ("against", "In times of", lambda c: FAMILIES[c.family].yardstick),
        *([("ask", "What settles it", _write_command)] if name == "steps" else []),
    )


def _write_row(digest: Digest, of: Track | Change) -> Cell:
    return Cell(of.row, note=f"{of.family}, {name_place(digest, of.place)}")


def _write_times(ratio: Estimate | float) -> str:
    return f"{write_ratio(ratio)} ×"


def _write_size(of: Track | Change) -> Cell:
    fixed = ", ".join(f"{letter} = {write_size(value)}" for letter, value in of.fixed)
    return Cell(f"{of.axis} = {write_size(of.size)}", note=fixed)


def _write_command(change: Change) -> str:
    """What compares the two commits and keeps the answer where this page finds it."""
    known = ((change.axis, change.size), *change.fixed)
    sizes = " ".join(f"{letter}={value if isinstance(value, str) else f'{value:g}'}" for letter, value in known)
    cell = f"{change.family} {change.place.backend} {sizes}"
    where = "" if change.place.device == "cpu" else f" --device {change.place.device}"
    what = f'--cell "{cell}" --dtype {change.place.dtype}{where} --method {change.row} --keep {change.place.machine}'
    return f"python -m benchmarks compare {change.last[:8]} {change.first[:8]} {what}"


def _show_changes(digest: Digest) -> list[Block]:
    tracks = [track for track in digest.history.tracks if not math.isnan(track.change)]
    tracks.sort(key=lambda track: (-abs(math.log(track.change)), track.row, track.size, str(track.fixed)))
    moved = [track for track in tracks if abs(math.log(track.change)) > math.log(SHOWN)]
    only = f"; the {MOST_ROWS} that moved most are shown" if len(moved) > MOST_ROWS else ""
    note = (
        f"Of {count(len(tracks), 'row')} that can be told in times of their yardstick at two commits, {len(moved):,} "
        f"moved by more than {100 * (SHOWN - 1):.0f} %{only}. A ratio that was not paired by round (≈) is one of "
        "medians, and moves where the machine does. Two commits alone have no verdict: `python -m benchmarks compare` "
        "measures them side by side and gives one."
    )
    return [Text(note, "note"), *([_tabulate(digest, moved[:MOST_ROWS])] if moved else [])]


def _tabulate(digest: Digest, tracks: Sequence[Track]) -> Table:
    return tabulate(
        "history",
        "What moved most, without a verdict",
        tracks,
        ("row", "Row", lambda t: _write_row(digest, t)),
        ("ratio", "Newest / oldest", lambda t: _write_times(t.change), True),
        ("size", "Size", _write_size),
        ("old", "Oldest", lambda t: _write_end(t, t.compared[0]), True),
        ("new", "Newest", lambda t: _write_end(t, t.compared[-1]), True),
        ("against", "In times of", lambda t: FAMILIES[t.family].yardstick),
    )


def _write_end(track: Track, end: tuple[str, float]) -> Cell:
    commit, times = end
    return Cell(f"{'' if len(track.paired) > 1 else '≈ '}{times:.3g}", note=commit[:8])
