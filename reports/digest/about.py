"""What was measured, on what and when."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..analysis import Analysis
from ..analysis.catalogue import find_place
from ..group import group_by
from ..load import Session, shorten


@dataclass(frozen=True)
class Machine:
    """A machine as its sessions recorded it; `states` are (backend, dtype, letters) where it ran at several speeds,
    `processors` what it ran on, that of most sessions first.

    `gpus` are its cards that were measured, with the `driver`; `xla_flags` what JAX was told there beside its defaults.
    """

    name: str
    processors: tuple[str, ...]
    cores: int
    memory_bytes: float
    system: str
    devices: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str, str], ...]
    gpus: tuple[str, ...] = ()
    driver: str = ""
    xla_flags: str = ""


@dataclass(frozen=True)
class About:
    """The run. `first` and `last` are ISO times of its sessions, `rulers` the versions of the way of measuring."""

    machines: tuple[Machine, ...]
    commits: tuple[str, ...]
    profiles: tuple[str, ...]
    rulers: tuple[int, ...]
    sessions: int
    files: int
    first: str
    last: str
    results: str


def describe(analysis: Analysis) -> About:
    """The run's facts."""
    run = analysis.run
    times = sorted(str(s.get("started_at")) for s in run.sessions if s.get("started_at"))
    return About(
        machines=tuple(_describe_machine(analysis, name) for name in sorted({p.machine for p in run.parts})),
        commits=tuple(sorted({shorten(part.commit) for part in run.parts})),
        profiles=tuple(run.profile.split(", ")) if run.profile else (),
        rulers=tuple(sorted({int(s.get("ruler", default=1)) for s in run.sessions})),
        sessions=len(run.sessions),
        files=len(run.files),
        first=times[0] if times else "",
        last=times[-1] if times else "",
        results=run.results,
    )


def _describe_machine(analysis: Analysis, name: str) -> Machine:
    run = analysis.run
    sessions = [s for s in run.sessions if s.machine == name]
    known = run.machines.get(name, {})
    places = {(find_place(state.sessions[0]), state.letter) for state in analysis.states}
    letters = sorted({(place.backend, place.dtype, letter) for place, letter in places if place.machine == name})

    def usual(*keys: str, default: Any) -> Any:
        return next(iter(_rank(sessions, *keys)), default)

    graphics = [s for s in sessions if s.get("environment", "gpu")]
    return Machine(
        name=name,
        processors=_rank(sessions, "cpu") or (str(known.get("cpu", "unknown processor")),),
        cores=int(_read_count(usual("cores", default=known.get("num_cpu")))),
        memory_bytes=_read_count(usual("memory_bytes", default=known.get("ram"))),
        system=str(usual("os", default=known.get("os", ""))),
        devices=tuple(sorted({str(s.get("cell", "device")) for s in sessions})),
        versions=tuple((each, v) for each in ("torch", "jax", "numpy") if (v := usual("packages", each, default=""))),
        states=tuple(
            (*where, "".join(letter for _, _, letter in found))
            for where, found in group_by(letters, lambda each: each[:2]).items()
            if len(found) > 1
        ),
        gpus=_list_known(graphics, "gpu"),
        driver=", ".join(_list_known(graphics, "driver")),
        xla_flags="; ".join(_list_known([s for s in graphics if s.get("cell", "backend") == "jax"], "xla_flags")),
    )


def _read_count(value: Any) -> float:
    """A count of cores or bytes; 0 where there is none, as where somebody typed a unit, which asv keeps as it is."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0


def _rank(sessions: list[Session], *keys: str) -> tuple[Any, ...]:
    """What the environments of sessions say, the most frequent first."""
    found = Counter(value for s in sessions if (value := s.get("environment", *keys)) is not None)
    return tuple(value for value, _ in found.most_common())


def _list_known(sessions: list[Session], name: str) -> tuple[str, ...]:
    """What the environments of sessions say, each value once."""
    return tuple(sorted({str(value) for s in sessions if (value := s.get("environment", name))}))
