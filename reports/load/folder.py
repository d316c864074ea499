"""A results folder as one tidy frame: read, choose commits, join, drop what is superseded.

asv's files are the index (machine, commit, environment, parameters, values); the session records add the pairing of
samples, reasons and the environment. The format is `docs/session-record.md`; asv itself is not imported.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..comparisons import find_comparisons
from ..devices import find_shardings
from ..studies import find_studies
from .asv import read_asv, read_index
from .history import tabulate_history
from .join import join
from .pile import Pile
from .retractions import retract
from .run import LoadError, Run
from .select import choose_commits, complete_commits, drop_superseded, list_parts
from .session import read_session
from .unmeasured import find_unmeasured

ORDER = ["family", "machine", "backend", "device", "dtype", "cell", "row", "process"]


def load(
    results: str | Path | Sequence[str | Path] = "results", commit: str | None = None, machine: str | None = None
) -> Run:
    """Load a results folder: of each machine (or the one named), environment and curve the newest commit, or `commit`.

    Of several folders (this machine's own results, those that were published) a file of the same name below two of
    them is the first one's.

    Cells measured under an older ruler than others of their machine and family are left out too. A file that cannot be
    read is named in `Run.problems` and left out. Raises LoadError where nothing is left to report.
    """
    folders = [Path(each) for each in ([results] if isinstance(results, str | Path) else results)]
    for each in folders:
        if not each.is_dir():
            raise LoadError(f"results folder not found: {each} (run `python -m benchmarks run` first)")
    folder = Path(", ".join(map(str, folders)))
    pile = Pile(tuple(folders))
    places = _find_places(folders, folder, machine)
    index = {name: found for each in reversed(folders) for name, found in read_index(each, pile).items()}
    for place in places:
        _read_machine(place, index, pile)
    if not pile.lines and not pile.asv:
        detail = f"; {pile.problems[0]}" if pile.problems else ""
        raise LoadError(f"no results in {folder}{detail}")
    complete_commits(pile)
    history = tabulate_history(pile)
    choose_commits(pile, commit, folder)
    lines, superseded = drop_superseded(join(pile), pile)
    lines = retract(lines, pile.dates)
    if not lines:
        raise LoadError(f"no results in {folder}: the files hold no measured row")
    frame = pd.DataFrame(lines).sort_values(ORDER, kind="stable")
    parts = list_parts(lines, pile)
    studies = find_studies(places, lambda path: pile.read(path.parents[3], path, "study"), pile.problems, commit)
    shardings = find_shardings(places, lambda path: pile.read(path.parents[3], path, "sharding"), pile.problems, commit)
    comparisons = find_comparisons(places, lambda path: pile.read(path.parents[3], path, "comparison"), pile.problems)
    unmeasured = find_unmeasured(places, pile)
    # Only now: until here files were read, and what is wrong with them was found.
    return Run(
        results=" --results ".join(each.name for each in folders),
        parts=parts,
        machines={name: pile.machines.get(name, {}) for name in sorted({part.machine for part in parts})},
        frame=frame.reset_index(drop=True),
        sessions=tuple(sorted(pile.sessions, key=lambda session: session.path)),
        files=tuple(sorted(pile.files, key=lambda file: file.path)),
        history=history,
        problems=tuple(pile.problems),
        differences=tuple(pile.differences),
        superseded=superseded,
        unmeasured=unmeasured,
        studies=studies,
        shardings=shardings,
        comparisons=comparisons,
    )


def _find_places(folders: Sequence[Path], folder: Path, machine: str | None) -> list[Path]:
    """The machines' folders (or that of the one named), by name."""
    places = sorted((path for each in folders for path in each.iterdir() if path.is_dir()), key=lambda path: path.name)
    chosen = [place for place in places if machine in (None, place.name)]
    if machine is not None and not chosen:
        known = ", ".join(place.name for place in places) or "none"
        raise LoadError(f"no results of machine {machine!r} in {folder} (there are: {known})")
    return chosen


def _read_machine(place: Path, index: dict[str, list[str]], pile: Pile) -> None:
    path = place / "machine.json"
    if path.is_file():
        pile.machines[place.name] = pile.read(place.parent, path, "machine") or pile.machines.get(place.name, {})
    for path in sorted(place.glob("*.json")):
        if path.name != "machine.json":
            read_asv(place.parent, place.name, path, index, pile)
    for path in sorted(place.glob("sessions/*/*.session")):
        read_session(place.parent, place.name, path, pile)
