"""Section 3: can these numbers be trusted, and what did the machine's state cost."""

from collections import Counter

import numpy as np

from ..analysis import Analysis, Place
from ..load import Session
from ..plots import draw_canary
from ..statistics import SMALLEST_MARGIN, judge
from ..text import count, write_share
from .blocks import Block, Cell, Figure, Figures, Items, Section, Table, Text, columns
from .common import name_place
from .incidents import find_incidents
from .states import tabulate_coverage, tabulate_states
from .winners import find_winner

ID, TITLE = "health", "Health"
STAGES = ("start", "problem", "ceiling", "check", "rounds", "check again")


def build(analysis: Analysis) -> Section:
    """Noise floor, canary, load, clocks, threads, failures, stops and their cost in verdicts."""
    run = analysis.run
    places = list(analysis.places)
    blocks: list[Block] = [_tabulate_places(analysis, places)]
    blocks.append(
        Text(
            (
                "The margin of a verdict is the larger of 5 % and the A/A noise floor: how far apart two rows "
                "over the very same kernel come out."
            ),
            "note",
        )
    )
    blocks.append(tabulate_coverage(analysis))
    if analysis.states:
        blocks.append(tabulate_states(analysis))
    cost = _count_verdicts(analysis)
    blocks.append(Text(cost))
    warnings = list(find_incidents(analysis))
    blocks.append(
        Items(tuple(warnings)) if warnings else Text("Nothing to report: every file was read, every session finished.")
    )
    figures = tuple(f for place in places if (f := _draw_canary(analysis, place)) is not None)
    blocks.append(
        Figures(
            "The canary, a fixed product timed in every round, relative to its median in each state of the machine",
            figures,
        )
        if figures
        else Text("No canary was recorded.", "note")
    )
    if run.sessions:
        blocks.append(_tabulate_sessions(analysis))
    else:
        blocks.append(Text("No session record was found: nothing is paired, and no verdict is given.", "note"))
    return Section(ID, TITLE, tuple(blocks))


def _tabulate_places(analysis: Analysis, places: list[Place]) -> Table:
    rows = []
    for place in places:
        sessions = analysis.sessions(place)
        noise = analysis.noise(place)
        spread = _canary_spread(sessions)
        stops = Counter(s.get("stop", "reason", default="unknown") for s in sessions)
        stages: dict[str, float] = {}
        for session in sessions:
            for stage, seconds in (session.get("stages_s") or {}).items():
                if isinstance(seconds, int | float):
                    stages[stage] = stages.get(stage, 0.0) + seconds
        elapsed = sum(s.get("elapsed_s", default=0.0) for s in sessions)
        rounds = stages["rounds"] / elapsed if elapsed and "rounds" in stages else None
        rows.append(
            {
                "place": Cell(name_place(analysis, place), {"place": name_place(analysis, place)}),
                "noise": Cell(
                    f"{write_share(noise)} of {count(len(analysis.twins(place)), 'twin')}"
                    if noise is not None
                    else "no twins",
                    {"noise_floor": noise, "twins": len(analysis.twins(place))},
                ),
                "margin": Cell(write_share(analysis.margin(place)), {"margin": analysis.margin(place)}),
                "canary": Cell(write_share(spread) if spread is not None else "–", {"canary_iqr": spread}),
                "load": Cell(*_find_highest(sessions, "load_of_others")),
                "steal": Cell(*_find_highest(sessions, "steal")),
                "threads": Cell(*_list_values(sessions, "threads")),
                "clock": Cell(*_describe_clock(sessions)),
                "stops": Cell(
                    ", ".join(f"{reason} {number}" for reason, number in sorted(stops.items())) or "–",
                    {f"stopped_{reason}": number for reason, number in sorted(stops.items())},
                ),
                "time": Cell(
                    f"{write_share(rounds)} of {elapsed:.3g} s" if rounds is not None else "–",
                    {"share_in_rounds": rounds, "elapsed_s": elapsed or None},
                ),
            }
        )
    facts = (
        ("noise", "A/A noise floor"),
        ("margin", "Margin of a verdict"),
        ("canary", "Canary, distance of its quartiles"),
        ("load", "Processors that other work kept busy, most in a session"),
        ("steal", "Time that the host gave to others, most in a session"),
        ("threads", "Threads"),
        ("clock", "Clock"),
        ("stops", "Sessions stopped because"),
        ("time", "Share of wall time spent in rounds"),
    )
    turned = tuple({"fact": Cell(label), **{f"p{j}": row[key] for j, row in enumerate(rows)}} for key, label in facts)
    heads = columns(("fact", ""), *((f"p{j}", row["place"].text) for j, row in enumerate(rows)))
    lines = tuple({k: v for cell in row.values() for k, v in cell.data.items()} for row in rows)
    return Table("health", "State of the machine while it was measured", heads, turned, lines=lines)


def _list_values(sessions: list[Session], key: str) -> tuple[str, dict[str, str]]:
    found = sorted({str(v) for s in sessions if (v := s.get("environment", key)) is not None})
    return ", ".join(found) or "–", {key: " ".join(found)}


def _find_highest(sessions: list[Session], name: str) -> tuple[str, dict[str, float | None]]:
    """The most that a session recorded of it; a load average counts the run's own sessions and is not it."""
    known = [value for s in sessions if (value := s.get("state", name)) is not None]
    text = write_share(max(known)) if name == "steal" and known else f"{max(known):.2g}" if known else "not recorded"
    return text, {f"highest_{name}": max(known) if known else None}


def _describe_clock(sessions: list[Session]) -> tuple[str, dict[str, object]]:
    pairs = [
        (s.get("environment", "mhz_before"), s.get("environment", "mhz_after")) for s in sessions if not s.get("state")
    ]
    clocks = [v for pair in pairs for v in pair] + [s.get("state", "mhz") for s in sessions]
    clocks = [v for v in clocks if isinstance(v, int | float) and v > 0]
    throttled = sum(bool(s.get("environment", "throttled")) for s in sessions)
    known = any(s.get("environment", "throttled") is not None for s in sessions)
    words = f"{throttled} throttled" if known else "throttling unknown"
    data: dict[str, object] = {"throttled": throttled if known else None}
    # A virtual machine shows its guests a constant.
    if len(set(clocks)) < 2:
        return f"not known, {words}", data
    low, high = min(clocks), max(clocks)
    return f"{low:,.0f} to {high:,.0f} MHz, {words}", data | {"mhz_low": low, "mhz_high": high}


def _canary_spread(sessions: list[Session]) -> float | None:
    traces = [t for s in sessions if (t := _canary(s))]
    relative = np.concatenate([np.asarray(t) / np.median(t) for t in traces]) if traces else np.empty(0)
    return float(np.quantile(relative, 0.75) - np.quantile(relative, 0.25)) if relative.size else None


def _canary(session: Session) -> list[float]:
    found = session.get("canary", "samples_s", default=[])
    return [float(v) for v in found if isinstance(v, int | float) and v > 0]


def _draw_canary(analysis: Analysis, place: Place) -> Figure | None:
    sessions = [s for s in analysis.sessions(place) if _canary(s)]
    sessions.sort(key=lambda s: (str(s.get("started_at", default="")), s.path))
    if not sessions:
        return None
    usual = {session.path: state.canary_s for state in analysis.states for session in state.sessions}
    traces = [[v / usual[s.path] for v in _canary(s)] for s in sessions]
    name = "canary-" + "-".join((place.machine, place.backend, place.device, place.dtype)).lower()
    label = name_place(analysis, place)
    rows = tuple(
        {
            "cell": Cell(s.cell, {"cell": s.cell}),
            "process": Cell(str(s.get("process", default=0)), {"process": s.get("process", default=0)}),
            "median": Cell(f"{np.median(t):.3f}", {"median_relative": float(np.median(t))}),
            "low": Cell(f"{min(t):.3f}", {"lowest_relative": min(t)}),
            "high": Cell(f"{max(t):.3f}", {"highest_relative": max(t)}),
        }
        for s, t in zip(sessions, traces, strict=True)
    )
    heads = columns(
        ("cell", "Cell"),
        ("process", "Process", True),
        ("median", "Median", True),
        ("low", "Lowest", True),
        ("high", "Highest", True),
    )
    span = f"from {min(map(min, traces)):.2f} to {max(map(max, traces)):.2f} of the median of their state"
    alt = f"Canary times of {count(len(sessions), 'session')} on {label}, {span}."
    return Figure(
        name,
        label,
        draw_canary(name, alt, traces),
        alt,
        Table(name, f"Canary by session, {label}", heads, rows, folded=True),
    )


def _count_verdicts(analysis: Analysis) -> str:
    """What noise cost: comparisons left open, and how many of them a 5 % margin would have settled."""
    total, open_, lost, unpaired = 0, 0, 0, 0
    for series in analysis.series():
        for size in analysis.sizes(series):
            asked = analysis.questions(series.family)
            for question, row in ((q, row) for q in asked for row in analysis.candidates(series, size, q)):
                winner = find_winner(analysis, series, size, question)
                point = analysis.point(series, size, row)
                if not winner.rows or row == winner.rows[0] or point is None or not point.ok:
                    continue
                verdict = analysis.verdict(series, size, winner.rows[0], row)
                total += 1
                unpaired += verdict.word == "not-run"
                open_ += verdict.word == "undetermined"
                lost += verdict.word == "undetermined" and judge(verdict.ratio, SMALLEST_MARGIN).word != "undetermined"
    if not total:
        return "No two methods were compared."
    text = f"Of {count(total, 'comparison')} with the fastest gradient, {count(open_, 'is', 'are')} undetermined"
    text += f", {lost} of them only because the noise floor is above 5 %" if lost else ""
    return text + (
        f"; {count(unpaired, 'has', 'have')} no verdict because the two were not timed in the same rounds."
        if unpaired
        else "."
    )


def _tabulate_sessions(analysis: Analysis) -> Table:
    rows = []
    for session in analysis.run.sessions:
        stages = session.get("stages_s", default={}) or {}
        rounds, stop = session.get("stop", "rounds"), session.get("stop", "reason", default="–")
        elapsed = session.get("elapsed_s")
        times = {f"{stage}_s": stages.get(stage) for stage in STAGES if isinstance(stages.get(stage), int | float)}
        rows.append(
            {
                "cell": Cell(session.cell, {"machine": session.machine, "cell": session.cell}),
                "process": Cell(str(session.get("process", default=0)), {"process": session.get("process", default=0)}),
                "started": Cell(str(session.get("started_at", default="–")), {"started_at": session.get("started_at")}),
                "elapsed": Cell(
                    f"{elapsed:.3g} s" if isinstance(elapsed, int | float) else "–", {"elapsed_s": elapsed}
                ),
                "rounds": Cell(str(rounds) if rounds is not None else "–", {"rounds": rounds}),
                "stop": Cell(stop, {"stop": stop}),
                "stages": Cell(", ".join(f"{k.removesuffix('_s')} {v:.2g}" for k, v in times.items()) or "–", times),
                "failures": Cell(
                    str(len(session.get("failures", default=[]))),
                    {"failures": len(session.get("failures", default=[]))},
                ),
            }
        )
    heads = columns(
        ("cell", "Cell"),
        ("process", "Process", True),
        ("started", "Started"),
        ("elapsed", "Wall time", True),
        ("rounds", "Rounds", True),
        ("stop", "Stopped because"),
        ("stages", "Stages, seconds"),
        ("failures", "Failures", True),
    )
    return Table("sessions", "Sessions", heads, tuple(rows), folded=True)
