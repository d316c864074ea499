"""What the journals of a session's processes said, as the rows of its record."""

from __future__ import annotations

from typing import Any

import bench_core
from benchmarks.harness import older
from benchmarks.harness.cell import Cell

# What a measurement has beside its samples.
_OF_ROUNDS = ("ceiling", "canary_name", "canary", "card", "one_thread", "stop")


class Result:
    """Takes journal events one by one."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.checked: dict[str, dict[str, Any]] = {}  # rows as they were when their first result had been judged
        self.stages: dict[str, float] = {}
        self.environment: dict[str, Any] = {}
        self.counters: dict[str, float | None] = {}
        self.card: dict[str, Any] | None = None
        self.one_thread: dict[str, Any] | None = None
        self.ceiling: dict[str, Any] | None = None
        self.canary_name: str | None = None
        self.canary: list[float] = []
        self.stop: dict[str, Any] | None = None
        self.failures: list[str] = []
        self.doing: dict[str, Any] = {"row": None, "what": "start", "limit_s": 60.0}
        self.unavailable: str | None = None
        self.lost_device: str | None = None
        # Rows that were timed, to be timed anew as another one ended their process; the canary of their rounds.
        self.interrupted: tuple[dict[str, dict[str, Any]], list[float]] = {}, []
        # Rounds of this process that others replaced, or that were cut off: `_OF_ROUNDS`, `rounds_s` and `rows`.
        self.set_aside: list[dict[str, Any]] = []
        self.rounds_s = 0.0  # of the last rounds
        self.repeating = self.settled = self.ended = False

    def take(self, event: dict[str, Any]) -> None:
        """Add one journal event."""
        kind = event.pop("event")
        if kind == "begin":
            self.doing = event
        elif kind == "stage":
            self.stages[event["name"]] = self.stages.get(event["name"], 0.0) + event["elapsed_s"]
            if event["name"] == "rounds":
                self.rounds_s = event["elapsed_s"]
        elif kind == "environment":
            self.environment |= event
        elif kind == "ceiling":
            self.canary_name = event.pop("canary", self.canary_name)
            self.ceiling = (self.ceiling or {}) | event
        elif kind == "one thread":
            self.one_thread = (self.one_thread or {"end_s": None}) | event
        elif kind == "state":
            self.counters = event
        elif kind == "card":
            self.card = event["state"]
        elif kind == "times":
            row = self.rows[event.pop("row")]
            if row["outcome"] == "ok":  # a time whose result is wrong is no time
                row |= event
        elif kind == "checked":
            self.checked[event.pop("row")] = blank_row() | event
        elif kind == "row":
            self.rows[event.pop("row")] = blank_row() | event
        elif kind == "fresh":
            self.rows[event["row"]]["fresh_pages"] = True
        elif kind == "twin":
            shared = {k: v for k, v in self.rows[event["of"]].items() if k != "fresh_pages"}
            self.rows[event["row"]] = shared | {"role": "twin"} | _no_samples()
        elif kind == "round":
            self.canary.append(event["samples"].pop("canary"))
            for place, row in enumerate(event["order"]):
                self.rows[row]["rounds"].append(event["index"])
                self.rows[row]["positions"].append(place)
                self.rows[row]["samples_s"].append(event["samples"][row])
        elif kind == "rounds over":
            self.repeating = False
        elif kind == "recheck":
            row = self.rows[event["row"]]
            errors = (row["error"], event["error"])  # None: not finite, or there is none
            row["error"] = None if None in errors else max(errors)
            row["checked_again"] = True
            row["check_s"] = (row["check_s"] or 0.0) + event.get("check_s", 0.0)
            if event["outcome"]:  # a time whose result is wrong is no time, and the twin's is this kernel's
                outcome, reason = event["outcome"]
                for name in {event["row"], f"{event['row']}~twin"} & self.rows.keys():
                    self.rows[name] |= {"outcome": outcome, "reason": reason} | _no_samples()
        elif kind == "stop":
            self.stop = event
        elif kind == "unavailable":
            self.unavailable = event["reason"]
        elif kind == "settled":
            self.settled = True
        elif kind == "end":
            self.ended = True

    def repeat(self) -> None:
        """Set the rounds aside: they are measured again."""
        self.set_aside.append(self._take_rounds())
        self.repeating = True
        self.ceiling = {k: v for k, v in (self.ceiling or {}).items() if k != "gemm_at_end_flops_per_s"}
        self.canary, self.card, self.one_thread, self.stop = [], None, None, None

    def choose(self) -> None:
        """Of a repetition that was cut off the rounds before it stand."""
        if not self.set_aside:
            return
        earlier = self.set_aside[-1]
        late = (
            self.stop is not None and self.stop["reason"] == "budget" and self.stop["rounds"] < len(earlier["canary"])
        )
        if self.repeating or late:
            self.set_aside[-1] = self._take_rounds()
            self.repeating, self.rounds_s = False, earlier["rounds_s"]
            self.stages["rounds"] = self.stages.get("rounds", 0.0) + self.rounds_s
            for name in _OF_ROUNDS:
                setattr(self, name, earlier[name])
            for name, samples in earlier["rows"].items():
                self.rows[name] |= samples

    def _take_rounds(self) -> dict[str, Any]:
        """What the last rounds found; the rows have none any more."""
        taken = {name: getattr(self, name) for name in _OF_ROUNDS}
        taken["rounds_s"] = self.rounds_s
        self.stages["rounds"] = self.stages.get("rounds", 0.0) - self.rounds_s
        self.rounds_s = 0.0
        taken["rows"] = {name: {k: r[k] for k in _no_samples()} for name, r in self.rows.items() if r["rounds"]}
        for name in taken["rows"]:
            self.rows[name] |= _no_samples()
        return taken

    def keep_checked(self) -> None:
        """Remember what is known of the rows that were to be timed, for whichever of them is never timed."""
        self.checked |= {name: row for name, row in self.rows.items() if row["outcome"] == "ok"}

    def interrupt(self, before: Result) -> None:
        """Remember what this process has timed, for the case that no other can time it anew; if another one ``before``
        got further, that one's: rounds of two processes do not stand side by side.
        """
        timed = {name: row for name, row in self.rows.items() if row["rounds"]}
        self.interrupted = max((timed, self.canary), before.interrupted, key=lambda each: len(each[1]))

    def lose_device(self, cell: Cell, rows: list[str], reason: str) -> Result:
        """The device went away with these rows pending: what was timed of them stands, the others have no turn."""
        timed, canary = self.interrupted
        if stands := {name: row for name, row in timed.items() if name.partition("~")[0] in rows}:
            self.rows, self.canary = self.rows | stands, canary
        for row in rows:
            if row not in self.rows:
                self.rows[row] = self.untimed(cell, row, "skipped", f"the device went away: {reason}")
        self.failures.append(f"session: the device went away: {reason}")
        self.lost_device = reason
        return self

    def untimed(self, cell: Cell, row: str, kind: str, reason: str) -> dict[str, Any]:
        """A row that gets no time any more: what its check has found, if it came to that, else a hole."""
        if row not in self.checked:
            return hole(cell, row, kind, reason)
        return self.checked[row] | {"outcome": kind, "reason": reason} | _no_samples()


def _no_samples() -> dict[str, Any]:
    return {"rounds": [], "positions": [], "samples_s": []}


def blank_row() -> dict[str, Any]:
    """A row's fields that a hole does not have."""
    compilation = ("compile_s", "compile_cold_s", "compile_cached_s")
    measured = ("error", "build_s", *compilation, "first_call_s", "check_s", "peak_bytes", "peak_instrument", "number")
    return dict.fromkeys(measured) | {"checked_again": False} | _no_samples()


def hole(cell: Cell, row: str, kind: str, reason: str) -> dict[str, Any]:
    """A row that was not timed and for which the process wrote nothing."""
    name, _, form = row.partition(":")
    method = bench_core.method(cell.family, name, cell.backend)
    cost = method.cost(bench_core.problem(cell.family, **dict(cell.sizes)), cell.dtype)
    return blank_row() | {
        "method": name,
        "form": form or method.forms[0],
        "exact": method.exact,
        "role": method.role,
        "computes": method.computes,
        "source": method.source,
        "cost": older.cost(cost),
        "tolerance": method.tolerance(cell.dtype),
        "predicted_s": None,
        "predicted_bytes": cost.peak_bytes,
        "outcome": kind,
        "reason": reason,
    }
