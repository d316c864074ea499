"""asv's medians over commits."""

import pandas as pd

from .pile import Pile
from .row import read_number
from .select import find_date

COLUMNS = ("machine", "environment", "commit", "date", "cell", "family", "row", "sizes", "seconds", "times_yardstick")


def tabulate_history(pile: Pile) -> pd.DataFrame:
    """One line for each commit, row and cell."""
    lines = [
        {
            **{name: entry[name] for name in COLUMNS if name in entry},
            "date": find_date(entry["commit"], pile.dates),
            "seconds": read_number(entry["metrics"].get("track_seconds")),
            "times_yardstick": read_number(entry["metrics"].get("track_times_yardstick")),
        }
        for entry in pile.asv
        if any(read_number(entry["metrics"].get(f"track_{name}")) > 0 for name in ("seconds", "times_yardstick"))
    ]
    return pd.DataFrame(lines, columns=pd.Index(COLUMNS)).sort_values(["date", "cell", "row"], kind="stable")
