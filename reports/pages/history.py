"""Section 11: asv's medians over commits."""

import math
from typing import cast

from ..analysis import Analysis
from ..load import shorten
from ..text import write_ratio, write_seconds
from .blocks import Cell, Section, Table, Text, columns, missing

ID, TITLE = "history", "History"
_SITE = "asv's own site shows every commit: `asv publish`, then `asv preview`."


def build(analysis: Analysis) -> Section:
    """For each row and cell the oldest and the newest commit of one environment."""
    history = analysis.run.history
    commits = len(set(history["commit"]))
    if commits < 2:
        found = "one commit" if commits else "no commit"
        return missing(ID, TITLE, f"asv's files hold {found}, so there is no history yet. {_SITE}")
    rows = []
    for keys, part in history.groupby(["machine", "environment", "cell", "row"], sort=True):
        machine, environment, cell, row = cast(tuple[str, ...], keys)
        part = part.sort_values(["date", "commit"], kind="stable")
        commits = len(set(part["commit"]))
        if commits < 2 or "~" in row:
            continue
        old, new = part.iloc[0], part.iloc[-1]
        ratio = float(new["seconds"] / old["seconds"])
        tone = "bad" if ratio > 1.1 else "good" if ratio < 1 / 1.1 else ""
        rows.append(
            {
                "cell": Cell(cell, {"machine": machine, "environment": environment, "cell": cell}),
                "row": Cell(row, {"row": row}),
                "commits": Cell(str(commits), {"commits": commits}),
                "old": Cell(
                    write_seconds(float(old["seconds"])),
                    {"old_commit": old["commit"], "old_s": float(old["seconds"])},
                    "",
                    shorten(old["commit"]),
                ),
                "new": Cell(
                    write_seconds(float(new["seconds"])),
                    {"new_commit": new["commit"], "new_s": float(new["seconds"])},
                    "",
                    shorten(new["commit"]),
                ),
                "ratio": Cell(f"{write_ratio(ratio)} ×", {"new_over_old": ratio, "log2": math.log2(ratio)}, tone),
            }
        )
    heads = columns(
        ("cell", "Cell"),
        ("row", "Row"),
        ("commits", "Commits", True),
        ("old", "Oldest", True),
        ("new", "Newest", True),
        ("ratio", "Newest / oldest", True),
    )
    note = f"Medians of different runs, not paired, so without interval or verdict; coloured beyond 10 %. {_SITE}"
    return Section(
        ID,
        TITLE,
        (Text(note, "note"), Table("history", "Oldest and newest commit", heads, tuple(rows), folded=len(rows) > 20)),
    )
