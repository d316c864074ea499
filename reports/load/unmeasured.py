"""What was planned and is not measured: `open.json` beside the records of a run."""

from collections.abc import Iterable
from pathlib import Path

from .pile import Pile
from .run import Unmeasured


def find_unmeasured(places: Iterable[Path], pile: Pile) -> tuple[Unmeasured, ...]:
    """Those of the machines' folders, after their records were read; runs that left nothing open have none."""
    measured: dict[str, set[str]] = {}
    for session in pile.sessions:
        measured.setdefault(session.machine, set()).add(Path(session.path).name.rpartition(".p")[0])
    found = []
    for place in places:
        for path in sorted(place.glob("sessions/*/open.json")):
            told = pile.read(place.parent, path, "open") or {}
            planned, others = (told.get(name) or [] for name in ("open", "others"))
            if not (isinstance(planned, list) and isinstance(others, list)):
                pile.problems.append(f"{path.relative_to(place.parent).as_posix()}: open and others must be lists")
                continue
            cells = sorted({*map(str, planned)} - measured.get(place.name, set()))
            if cells or others:
                commit = path.parent.name.partition("-")[0]
                found.append(Unmeasured(place.name, commit, tuple(cells), tuple(map(str, others))))
    return tuple(found)
