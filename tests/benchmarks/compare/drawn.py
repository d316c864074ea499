"""A comparison whose pairs are drawn, not measured."""

from __future__ import annotations

import numpy as np

from benchmarks.compare import comparison
from benchmarks.compare.comparison import Options
from benchmarks.compare.log import Log
from benchmarks.compare.pair import Rounds
from benchmarks.compare.sides import Side
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

CELLS = [Cell.of("logdet", backend, {"D": 12}) for backend in ("torch", "jax")]
ROWS = ("relative", "inverse", "relative_step")


class Drawn:
    """Stands for ``pair.measure``: every row's log ratio is ``shift`` and noise, drawn from the pair's seed."""

    def __init__(self, shift=None, sd=0.004, die_after=None, lose=None, twin=0.001, reason="planted"):
        self.shift, self.sd, self.die_after, self.lose = shift or {}, sd, die_after, lose or {}
        self.twin, self.reason = twin, reason
        self.calls, self.known = [], []

    def __call__(self, sides, cell, profile, *, first, asked, timed, policy, seed, rounds=None):
        assert set(timed) <= set(asked)  # what has been timed is asked for again, and not refused for a slow moment
        assert bool(timed) == (seed > 0)
        rounds = rounds or Rounds()
        self.known.append(dict(rounds.known))
        rounds.add(len(rounds.known), {"relative": [(("base", "head"), [1.0, 1.0])]})
        if self.die_after is not None and len(self.calls) >= self.die_after:
            raise KeyboardInterrupt
        self.calls.append((cell.backend, seed, first, tuple(asked)))
        generator = np.random.default_rng([seed, cell.backend == "jax"])
        drawn = {row: generator.normal(self.shift.get(row, 0.0), self._scatter(row)) for row in ROWS}
        rows = [row for row in ROWS if not asked or row in asked]
        blank = {"outcome": "ok", "reason": "", "error": 1e-6, "peak_bytes": 8}
        outcomes = {side: {row: dict(blank) for row in rows} for side in ("base", "head")}
        for row, kind in self.lose.items():
            outcomes["head"].setdefault(row, {}).update(outcome=kind, reason=self.reason)
        right = [row for row in rows if outcomes["head"][row]["outcome"] == "ok"]
        seconds = {"base": 1e-3, "head": 1e-3}
        values = {r: {"log_ratio": drawn[r], "twin": self.twin, "seconds": seconds} for r in right}
        names = {"base": rows, "head": rows}
        return {"first": first, "failed": None, "names": names, "rows": values, "outcomes": outcomes}

    def _scatter(self, row):
        return self.sd.get(row, 0.004) if isinstance(self.sd, dict) else self.sd


def sides(tmp_path, other="b"):
    return {"base": Side("one", tmp_path, "a"), "head": Side("two", tmp_path, other)}


def run(tmp_path, drawn, options=None, key="k", cells=CELLS):
    log = Log(tmp_path / "logs", key)
    options = options or Options(QUICK)
    done = comparison.run(sides(tmp_path), cells, options, log, {}, measure=drawn)
    log.finish()
    return done
