"""Section 3: can these numbers be trusted, and what did the machine's state cost."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ..analysis import Analysis, Place
from ..load import Session
from ..misses import LEAVE_OUT
from ..plots import draw_canary
from ..predict import NOT_KNOWN
from ..statistics import APART, SMALLEST_MARGIN, Coverage, judge
from ..text import count, write_bytes, write_list, write_rate, write_seconds, write_share
from .blocks import Block, Cell, Figure, Figures, Items, Section, Table, Text, columns
from .common import name_place, name_series
from .winners import find_winner

ID, TITLE = "health", "Health"
# A fixed product that takes this much longer shared its cores with something else.
DISTURBED = 1.3
# Mean number of cores that other work kept busy; more than this shares a core with every thread in turn.
BUSY = 0.5
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
    blocks.append(_tabulate_coverage(analysis))
    if analysis.states:
        blocks.append(_tabulate_states(analysis))
    cost = _count_verdicts(analysis)
    blocks.append(Text(cost))
    warnings = list(_find_warnings(analysis, places))
    blocks.append(
        Items(tuple(warnings)) if warnings else Text("Nothing to report: every file was read, every session finished.")
    )
    figures = tuple(f for place in places if (f := _draw_canary(analysis, place)) is not None)
    blocks.append(
        Figures("The canary, a fixed product timed in every round, relative to its median per kind of session", figures)
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
        loads = [v for s in sessions if isinstance(v := s.get("environment", "load_before"), int | float)]
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
                "load": Cell(
                    f"{max(loads):.2g}" if loads else "–", {"highest_load_before": max(loads) if loads else None}
                ),
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
        ("load", "Highest load before a session"),
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


def _describe_clock(sessions: list[Session]) -> tuple[str, dict[str, object]]:
    pairs = [(s.get("environment", "mhz_before"), s.get("environment", "mhz_after")) for s in sessions]
    pairs = [(a, b) for a, b in pairs if isinstance(a, int | float) and isinstance(b, int | float) and a > 0]
    throttled = sum(bool(s.get("environment", "throttled")) for s in sessions)
    known = any(s.get("environment", "throttled") is not None for s in sessions)
    words = f"{throttled} throttled" if known else "throttling unknown"
    if not pairs:
        return words, {"throttled": throttled if known else None}
    low, high = min(min(p) for p in pairs), max(max(p) for p in pairs)
    return f"{low:,.0f} to {high:,.0f} MHz, {words}", {
        "mhz_low": low,
        "mhz_high": high,
        "throttled": throttled if known else None,
    }


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
    median = float(np.median(np.concatenate([_canary(s) for s in sessions])))
    traces = [[v / median for v in _canary(s)] for s in sessions]
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
    span = f"from {min(map(min, traces)):.2f} to {max(map(max, traces)):.2f} of their median"
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


def _find_warnings(analysis: Analysis, places: list[Place]):
    run = analysis.run
    yield from run.problems
    for part in run.parts:
        where = f"{part.environment} on {part.machine}"
        if not part.asv:
            alone = f"{count(part.sessions, 'session record')} without an asv result file"
            yield f"{where}: {alone} (run without asv, or ended before asv saved)"
        if part.asv and not part.sessions:
            yield f"{where}: asv values without session records, so unpaired and without verdicts"
    dirty = sum(bool(s.get("dirty")) for s in run.sessions)
    if dirty:
        told = f"{count(dirty, 'session')} of {len(run.sessions)} ran from a dirty working tree"
        yield f"{told}: the commit does not say what was measured"
    if len({part.commit for part in run.parts}) > 1:
        yield f"several commits stand side by side: {run.commit}"
    if run.superseded:
        yield f"{count(run.superseded, 'measurement')} of a cell left out for one that is newer or more thorough"
    for session in run.sessions:
        for line in session.get("failures", default=[]):
            yield f"{session.cell}, process {session.get('process', default=0)}: {line}"
    yield from _name_states(analysis)
    for place in places:
        sessions = analysis.sessions(place)
        yield from _name_busy(analysis, place)
        usual = [float(np.median(trace)) for s in sessions if (trace := _canary(s))]
        disturbed = {s.cell for s in sessions if (t := _canary(s)) and np.median(t) > DISTURBED * np.median(usual)}
        if disturbed:
            told = f"{name_place(analysis, place)}: the canary ran more than {DISTURBED:g} times slower than usual"
            cause = "other work disturbed these sessions, or kernels larger than the caches left them cold"
            yield f"{told} in {write_list(sorted(disturbed))}: {cause}"
        slow = [
            s
            for s in sessions
            if (a := s.get("environment", "mhz_before")) and (b := s.get("environment", "mhz_after")) and b < 0.9 * a
        ]
        if slow:
            yield f"{name_place(analysis, place)}: the clock fell by over 10 % in {count(len(slow), 'session')}"
    wrong = [
        f"{row} at {series.axis} = {size:,.0f} on {name_series(analysis, series)}"
        for series in analysis.series()
        for size in analysis.sizes(series)
        for row in analysis.rows(series)
        if (p := analysis.point(series, size, row)) is not None and p.outcome in ("wrong", "error")
    ]
    if wrong:
        more = f" and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        yield f"wrong results or errors, not timed: {write_list(wrong[:8])}{more}"


def _name_busy(analysis: Analysis, place: Place):
    """Sessions beside other work; a load average counts the run's own sessions and so says nothing."""
    busy = [s.cell for s in analysis.sessions(place) if (s.get("state", "load_of_others", default=0) or 0) > BUSY]
    if busy:
        yield f"{name_place(analysis, place)}: other work took over half a core during {write_list(sorted(set(busy)))}"


def _name_states(analysis: Analysis):
    """Families whose cells were measured in several states of the machine."""
    for family in analysis.families:
        several: dict[Place, dict[str, list[str]]] = {}
        for series in analysis.series(family):
            if series.state:
                sizes = [f"{series.axis} = {size:,.0f}" for size in analysis.sizes(series)]
                several.setdefault(series.place, {}).setdefault(series.state, []).extend(sizes)
        for place, states in several.items():
            most = max(states, key=lambda letter: (len(states[letter]), letter))
            rest = [f"{letter} ({', '.join(sizes)})" for letter, sizes in sorted(states.items()) if letter != most]
            told = f"{name_place(analysis, place)}: {family} was measured in {count(len(states), 'machine state')}"
            yield f"{told}; apart from state {most}, on curves of their own: {write_list(rest)}"


def _tabulate_states(analysis: Analysis) -> Table:
    rows = []
    for state in analysis.states:
        first = state.sessions[0]
        place = ", ".join(str(first.get("cell", name)) for name in ("backend", "device", "dtype"))
        families = sorted({str(s.get("cell", "family")) for s in state.sessions})
        rows.append(
            {
                "place": Cell(place, {"machine": first.machine, "place": place}),
                "state": Cell(state.letter, {"state": state.letter}),
                "products": Cell(write_rate(state.gemm_flops_per_s), {"gemm_flops_per_s": state.gemm_flops_per_s}),
                "copy": Cell(f"{write_bytes(state.copy_bytes_per_s)}/s", {"copy_bytes_per_s": state.copy_bytes_per_s}),
                "canary": Cell(write_seconds(state.canary_s), {"canary_s": state.canary_s}),
                "sessions": Cell(str(len(state.sessions)), {"sessions": len(state.sessions)}),
                "families": Cell(", ".join(families), {"families": " ".join(families)}),
            }
        )
    heads = columns(
        ("place", "Place"),
        ("state", "State"),
        ("products", "Products", True),
        ("copy", "Copy", True),
        ("canary", "Canary", True),
        ("sessions", "Sessions", True),
        ("families", "Families"),
    )
    return Table(
        "states", f"States of the machine: within one, speeds differ by at most {APART:g} times", heads, tuple(rows)
    )


def _tabulate_coverage(analysis: Analysis) -> Table:
    rows = []
    for family in analysis.families:
        for what, found in _find_coverages(analysis, family):
            known = found.total > 0
            rows.append(
                {
                    "family": Cell(family, {"family": family}),
                    "what": Cell(what, {"what": what}),
                    "coverage": Cell(
                        write_share(found.share) if known else "not known, so no interval",
                        {"coverage": found.share if known else None},
                    ),
                    "total": Cell(str(found.total), {"left_out": found.total}),
                    "factor": Cell(
                        f"{found.factor:.2f}" if known else "–", {"factor": found.factor if known else None}
                    ),
                }
            )
    heads = columns(
        ("family", "Family"),
        ("what", "Interval of"),
        ("coverage", "Left out and inside the 95 % interval"),
        ("total", "Left out", True),
        ("factor", "Median reach, times", True),
    )
    return Table("coverage", "How sure: each process, or each measured size, left out in turn", heads, tuple(rows))


def _find_coverages(analysis: Analysis, family: str) -> Iterable[tuple[str, Coverage]]:
    yield "a time, for another process", analysis.coverage(family)
    yield "a ratio, for another process", analysis.coverage_of_ratios(family)
    for where in LEAVE_OUT:
        yield f"a time {where} measured sizes", analysis.coverage_of_sizes(family, where, NOT_KNOWN)


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
