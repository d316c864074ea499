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
            cells = sorted({str(cell) for cell in told.get("open", ())} - measured.get(place.name, set()))
            others = tuple(str(other) for other in told.get("others", ()))
            if cells or others:
                found.append(Unmeasured(place.name, path.parent.name.partition("-")[0], tuple(cells), others))
    return tuple(found)
