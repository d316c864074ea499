"""The stages of a session in their order: start, problem, ceiling, check, rounds, check again."""

from __future__ import annotations

import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

import bench_core
from bench_core.method import load_backend
from benchmarks.harness import (
    check,
    clock,
    environment,
    latency,
    memory,
    older,
    one_thread,
    outcome,
    policy,
    state,
    timing,
)
from benchmarks.harness.card_state import CardState
from benchmarks.harness.journal import AGAIN, Journal
from benchmarks.harness.oracle_cache import OracleCache, folder
from benchmarks.harness.preparation import LONG_CALL_S, Preparation, Row

_PRODUCTS = 5  # timed at least for the rate of a product, at both ends of the session: the best counts
# And of a pool for at least so long: the scheduler may keep two of its threads on one processor for a tenth of a
# second, in which a product takes twice its time.
_PRODUCTS_S, _PRODUCTS_AGAIN_S = 0.2, 0.6
_REACHED = 1.1  # times the product of the start: near enough to it
_LAUNCHES = 1000  # in a queue, of a kernel that has next to nothing to do
_LONG_PRODUCT_S = 0.5  # longer ones are not measured again
_ROOM = 2**31  # bytes, four times what a copy takes on the CPU
_BESIDE = 0.1  # of the device's free memory: what the oracle may take there beside the rows' own parameters


class Stages:
    """One session from inside. ``spec`` is what ``session.py`` wrote; ``start`` when the process began."""

    def __init__(self, spec: dict[str, Any], journal: Journal, start: float):
        self.spec, self.journal = spec, journal
        self.profile, self.cell = spec["profile"], spec["cell"]
        self._start = self._stage_start = start

    def run(self) -> None:
        if self.spec["address_space_bytes"]:
            resource.setrlimit(resource.RLIMIT_AS, 2 * (self.spec["address_space_bytes"],))
        before = state.snapshot()
        self.card = CardState() if self.cell["device"] == "cuda" else None
        if not self._begin():
            return
        self._end_stage("start")
        self.journal.begin(None, "problem", self.profile["session_limit_s"])
        self.problem: Any = bench_core.problem(self.cell["family"], seed=self.spec["seed"], **self.cell["sizes"])
        self.problem.masters  # noqa: B018 - drawn here so that the stage has its time
        self.oracles = OracleCache(Path(bench_core.__file__).parent, self.spec["threads"], folder())
        self.oracles.serve(self.problem)
        self._end_stage("problem")
        self._measure_one_thread()
        self._measure_ceiling()
        self._hold()
        self._end_stage("ceiling")
        rows = self._prepare()
        self._end_stage("check")
        self._time(rows)
        self._end_rounds()
        while self._is_asked_again():
            self._measure_one_thread()
            self._measure_rates_anew()
            self._end_stage("ceiling")
            self._time(rows)
            self._end_rounds()
        self._check_again(rows)
        self._end_stage("check again")
        self.journal.write("state", **state.between(before, state.snapshot()))
        self.journal.write("environment", oracle_cache=self.oracles.told)
        if self.card is not None:
            self.card.close()
            self._time_alone(rows)
        self.journal.write("end")

    def _end_stage(self, name: str) -> None:
        now = time.perf_counter()
        self.journal.write("stage", name=name, elapsed_s=now - self._stage_start)
        self._stage_start = now

    def _end_rounds(self) -> None:
        """What tells, beside the rounds' start, whether the machine moved in them."""
        self._measure_one_thread_again()
        self._measure_products_again()
        self._end_stage("rounds")

    def _is_asked_again(self) -> bool:
        """Whether the parent, which knows by now whether the machine moved, wants the rounds once more. The kernels
        are as they were, and have been judged: nothing but times depends on the machine's speed.
        """
        self.journal.write("rounds over")
        return sys.stdin.readline().strip() == AGAIN

    def _begin(self) -> bool:
        """Load the backend; whether backend and device are there."""
        self.journal.begin(None, "start", self.profile["session_limit_s"])
        note = None
        try:
            self.backend = load_backend(self.cell["backend"])
            try:
                older.configure(self.backend, self.spec["threads"], self.cell["dtype"])
            except ValueError as error:  # other threads than asked for: it is measured, and the record says so
                note = str(error)
            older.require_precision(self.cell["dtype"], self.cell["device"])
            self.backend.require_device(self.cell["device"])
        except bench_core.Unavailable as error:
            self.journal.write("unavailable", reason=str(error))
            return False
        facts = environment.describe(self.cell["device"], self.spec["threads"], self.cell["dtype"])
        facts["threads_note"] = note
        self.journal.write("environment", **facts)
        return True

    def _measure_one_thread(self) -> None:
        """What one thread takes on each processor that the session's threads may keep busy: it tells whether the
        machine moved. On CUDA the card's products do.
        """
        self._processors, self._one_thread = policy.apart(self.spec["threads"]), None
        if self.cell["device"] == "cpu" and (seconds := one_thread.measure(self._processors)) is not None:
            self._one_thread = seconds
            self.journal.write("one thread", what=one_thread.WHAT, processors=self._processors, start_s=seconds)

    def _measure_one_thread_again(self) -> None:
        if self._one_thread is not None:
            self.journal.write("one thread", end_s=one_thread.measure(self._processors, self._one_thread))

    def _measure_ceiling(self) -> None:
        """The best rates this backend reaches here: a square product and a copy. The canary is a small product."""
        ceiling, self.canary = self.backend.ceiling(self.cell["device"], self.cell["dtype"])
        self._product, self._product_flops = ceiling["gemm"], ceiling["gemm_flops"]
        self._pooled = self.spec["threads"] > 1
        self._measure_product()
        copy = clock.best(ceiling["copy"], 3)
        self.journal.write(
            "ceiling",
            gemm=ceiling["gemm_name"],
            copy_bytes_per_s=ceiling["copy_bytes"] / copy,
            copy=ceiling["copy_name"],
            canary=ceiling["canary_name"],
        )
        if self.card is not None and "launch" in ceiling:
            self.journal.write("ceiling", launch_s=min(clock.queued(ceiling["launch"], _LAUNCHES) for _ in range(3)))
        clock.best(self.canary, 3)

    def _measure_product(self) -> None:
        self.flops_per_s = self._product_flops / clock.best(self._product, _PRODUCTS, _PRODUCTS_S * self._pooled)
        self.journal.write("ceiling", gemm_flops_per_s=self.flops_per_s)

    def _measure_rates_anew(self) -> None:
        """Those of the start, before rounds that are measured again; where the rows have the memory by now the copy's
        stays what it was.
        """
        if self.cell["device"] == "cpu" and memory.free(self.cell["backend"], "cpu") > _ROOM:
            self._measure_ceiling()
        else:
            self._measure_product()

    def _hold(self) -> None:
        """Let the oracle read large parameters on the device; where they cannot be there it reads them on the host.

        The rows' own parameters are those numbers, but for bfloat16 ones: beside them the oracle's take memory, which
        no row is to miss.
        """
        device, dtype = self.cell["device"], self.cell["dtype"]
        try:
            if dtype == "bfloat16":
                taken = sum(array.nbytes for array in self.problem.masters.values())
                if taken > _BESIDE * memory.free(self.cell["backend"], device):
                    return
            older.hold(self.problem, self.backend, device, dtype)
        except Exception as error:
            self.journal.write("environment", oracle_note=outcome.of_exception(error)[1])

    def _measure_products_again(self) -> None:
        """The rate of the ceiling's product after the rounds: it tells whether the pool is the one of the start, and
        where no thread was measured alone whether the machine is.

        It is tried for as long as the rate of the start is not reached again: what lasts is a state, not a moment.

        It begins nothing in the journal: were the process killed here, a stage without a row would take all rows along.
        """
        before = self._product_flops / self.flops_per_s
        if before > _LONG_PRODUCT_S:
            return
        seconds = clock.best(self._product, _PRODUCTS, _PRODUCTS_AGAIN_S * self._pooled, enough=_REACHED * before)
        self.journal.write("ceiling", gemm_at_end_flops_per_s=self._product_flops / seconds)

    def _prepare(self) -> list[Row]:
        """The rows that may be timed, in the family's order."""
        methods = {m.name: m for m in bench_core.methods(self.cell["family"], self.cell["backend"])}
        return Preparation(self.spec, self.journal, self.problem, self.flops_per_s, self._start).rows(methods)

    def _time(self, rows: list[Row]) -> None:
        if self.card is None:
            timing.measure(rows, self.canary, self.spec, self.journal, self._start)
            return
        self.card.begin()
        timing.measure(rows, self.canary, self.spec, self.journal, self._start, self.card.look)
        self.journal.write("card", state=self.card.summary())

    def _time_alone(self, rows: list[Row]) -> None:
        """The rows' other times on CUDA. It comes last: whatever ends the process here, no row is measured again."""
        self.journal.write("settled")
        latency.measure(rows, self.spec, self.journal, self._start)
        self._end_stage("latency")

    def _check_again(self, rows: list[Row]) -> None:
        """Rows that were timed, once more, on data that they have not seen; in one process of a cell, for what it
        looks for, a kernel that answers from memory, is the code's.
        """
        rows = [row for row in rows if row.name not in self.spec["judged"]]
        if not rows:
            return
        fresh = older.unseen(self.problem)
        self.oracles.serve(fresh)
        for row in rows:
            long = row.seconds > LONG_CALL_S
            # An exact one makes one call, another two.
            if long and time.perf_counter() - self._start + 2 * row.seconds > self.spec["rounds_deadline_s"]:
                continue  # its record says that it was not
            try:
                self.journal.begin(row.name, "check again", 120 + 10 * row.seconds)
                start = time.perf_counter()
                error, fault = check.judge_again(
                    self.problem, fresh, row.kernel, row.method, self.cell["dtype"], long=long
                )
                elapsed = time.perf_counter() - start
            except Exception as failure:
                if outcome.breaks_device(failure):  # it says nothing of the row's time, nor of those that follow
                    raise
                self.journal.write("recheck", row=row.name, error=None, outcome=outcome.of_exception(failure))
                continue
            verdict = ("wrong", f"{fault}, on new data after timing; it was right before") if fault else None
            error = error if math.isfinite(error) else None
            self.journal.write("recheck", row=row.name, error=error, outcome=verdict, check_s=elapsed)
