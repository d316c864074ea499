"""Section 12: where the numbers come from, what was left out, and how to read and rebuild the page."""

from ..analysis import Analysis
from ..load import shorten
from ..text import OUTCOME_WORDS, write_bytes, write_list, write_size
from .blocks import Block, Cell, Heading, Items, Section, Table, Text, columns
from .common import describe_ranges, name_place, name_series, place_data

ID, TITLE = "provenance", "Provenance"


def build(analysis: Analysis) -> Section:
    """Machine, versions, seeds, commands, files and their hashes."""
    run = analysis.run
    blocks: list[Block] = [_tabulate_parts(analysis), _tabulate_environments(analysis)]
    seeds = sorted({str(s.get("seed", default="?")) for s in run.sessions})
    rulers = sorted({str(s.get("ruler", default="?")) for s in run.sessions})
    if run.sessions:
        blocks.append(Text(f"Seeds: {', '.join(seeds)}. Version of the way of measuring (ruler): {', '.join(rulers)}."))
    blocks.append(Heading("Left out"))
    holes = _tabulate_holes(analysis)
    blocks.append(holes if holes.rows else Text("Nothing: every row ran at every size.", "note"))
    blocks.append(Heading("Rebuild"))
    blocks.append(
        Items(
            (
                "Measure again: `python -m benchmarks run` (through asv; `--profile` and `--device` choose what).",
                (
                    f"Rebuild this page from the result files alone: `python -m reports --results {run.results}`; "
                    "the same files give the same bytes."
                ),
                (
                    "This commit: `python -m reports --commit "
                    f"{next((shorten(p.commit) for p in run.parts if p.commit), 'COMMIT')}`."
                ),
            )
        )
    )
    rows = tuple(
        {
            "path": Cell(f.path, {"path": f.path}),
            "kind": Cell(f.kind, {"kind": f.kind}),
            "sha256": Cell(f"`{f.sha256}`", {"sha256": f.sha256}),
        }
        for f in run.files
    )
    blocks.append(
        Table(
            "files",
            f"The {len(rows)} files read, with their SHA-256",
            columns(("path", "File"), ("kind", "Kind"), ("sha256", "SHA-256")),
            rows,
            folded=True,
        )
    )
    blocks.append(Heading("Understanding this report"))
    blocks.append(Items(_EXPLANATIONS))
    return Section(ID, TITLE, tuple(blocks))


_EXPLANATIONS = (
    "**value [low, high]** is an estimate with its 95 % interval. `[–]`: too few samples for an interval.",
    (
        "**Time** is the median of one call in a process, the geometric mean of these over the processes; its interval "
        "is the one for another process's median, and is left out (`[–]`) where none like it has several."
    ),
    (
        "**A paired ratio** compares two methods within the same round, so that drift of the machine cancels; its "
        "interval is the wider of that over rounds and that over processes."
    ),
    (
        "**faster, slower**: the interval lies beyond the margin. **same**: inside it. **undetermined**: it "
        "reaches across. **not-run**: there is no paired ratio. The margin is the larger of 5 % and the A/A noise "
        "floor."
    ),
    (
        "**ordinary, relative and transposed gradients** are different directions, each exact: the relative one "
        "is the ordinary one times WᵀW, the transposed one WWᵀ times it. A step updates the weights in place; a "
        "value is the log-likelihood."
    ),
    (
        "**Approximate gradients** are those of methods that are not meant to be exact (JFB, truncated series, "
        "unrolled iterations): they win no grid and are recommended only where an error is allowed. **Libraries** are "
        "measured beside the methods and never win."
    ),
    (
        "**Products** per sample: vjps (vector times Jacobian), jvps (Jacobian times vector) and evaluations of the "
        "map; counted by the operator in a run of its own, or ≈ by the formula. **Residual**: how well the linear "
        "system is solved. **Cosine** and **descent** compare a gradient's direction with the exact one's."
    ),
    (
        "**Outcomes**: ok; skipped (not tried, with the reason); over budget (predicted, not run); oom (out of "
        "memory); timeout; wrong (above its tolerance, so not timed); error."
    ),
    (
        "**Floor**: the matrix products that no exact method can avoid. **Roofline**: the time that the FLOPs or "
        "the bytes of the formula take at the ceiling measured on this machine."
    ),
    (
        "**Exponent**: p in floor + c · Dᵖ. **Crossover**: the size where two methods take the same time. "
        "**Frontier**: the largest size that ran and the smallest that did not."
    ),
)


def _tabulate_parts(analysis: Analysis) -> Table:
    rows = []
    for part in analysis.run.parts:
        machine = analysis.run.machines.get(part.machine, {})
        facts = ", ".join(
            f"{key} {value}" for key, value in sorted(machine.items()) if key not in ("machine", "version") and value
        )
        rows.append(
            {
                "machine": Cell(part.machine, {"machine": part.machine}, "", facts),
                "environment": Cell(part.environment, {"environment": part.environment}),
                "commit": Cell(f"`{shorten(part.commit)}`" if part.commit else "no commit", {"commit": part.commit}),
                "profile": Cell(part.profile or "–", {"profile": part.profile}),
                "device": Cell(part.device, {"device": part.device}),
                "sessions": Cell(str(part.sessions), {"sessions": part.sessions}),
                "asv": Cell("yes" if part.asv else "no", {"asv": part.asv}),
            }
        )
    heads = columns(
        ("machine", "Machine"),
        ("environment", "Environment"),
        ("commit", "Commit"),
        ("profile", "Profile"),
        ("device", "Device"),
        ("sessions", "Sessions", True),
        ("asv", "asv file"),
    )
    return Table("parts", "What was measured where", heads, tuple(rows))


def _tabulate_environments(analysis: Analysis) -> Table:
    """Facts of the environment by place; a fact that changed between sessions shows all its values."""
    rows = []
    for place in analysis.places:
        found: dict[str, set[str]] = {}
        for session in analysis.sessions(place):
            environment = session.get("environment", default={})
            for key, value in environment.items():
                if key.startswith(("load_", "mhz_")) or value is None:
                    continue
                words = [f"{n} {v}" for n, v in sorted(value.items())] if isinstance(value, dict) else [str(value)]
                if key == "memory_bytes" and isinstance(value, int | float):
                    words = [write_bytes(float(value))]
                found.setdefault(key, set()).add(", ".join(words))
        for key, values in sorted(found.items()):
            label = name_place(analysis, place)
            text = "; ".join(sorted(values))
            rows.append(
                {
                    "place": Cell(label, {"place": label}),
                    "fact": Cell(key, {"fact": key}),
                    "value": Cell(text, {"value": text}),
                }
            )
    return Table(
        "environment",
        "Environment",
        columns(("place", "Place"), ("fact", "Fact"), ("value", "Value")),
        tuple(rows),
        folded=True,
    )


def _tabulate_holes(analysis: Analysis) -> Table:
    """Rows that did not run, neighbouring sizes with the same outcome and reason together."""
    rows = []
    for series in analysis.series():
        sizes = analysis.sizes(series)
        for row in analysis.rows(series):
            groups: dict[tuple[str, str], list[float]] = {}
            for point in analysis.points(series, row):
                if point.outcome != "ok":
                    groups.setdefault((point.outcome, point.reason), []).append(point.size)
            for (outcome, reason), found in groups.items():
                rows.append(
                    {
                        "place": Cell(name_series(analysis, series), place_data(series)),
                        "row": Cell(row, {"row": row}),
                        "sizes": Cell(
                            describe_ranges(found, sizes, series.axis),
                            {"sizes": " ".join(write_size(s).replace(",", "") for s in found)},
                        ),
                        "outcome": Cell(OUTCOME_WORDS[outcome], {"outcome": outcome}, "off"),
                        "reason": Cell(reason or "no reason recorded", {"reason": reason}),
                    }
                )
    heads = columns(
        ("place", "Place"), ("row", "Row"), ("sizes", "Sizes"), ("outcome", "Outcome"), ("reason", "Reason")
    )
    names = write_list([word for key, word in OUTCOME_WORDS.items() if key != "ok"])
    return Table("left-out", f"Rows that gave no time: {names}", heads, tuple(rows), folded=len(rows) > 15)
