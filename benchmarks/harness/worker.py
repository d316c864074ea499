"""The inside of a session: one fresh process that builds, checks and times every method of a cell.

Started by ``session.py`` as ``python worker.py SPEC JOURNAL``. It writes what it does, and every result the moment it
has it, as one JSON line in the journal; whatever ends this process, its parent knows what was being done and keeps
what was measured.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

START = time.perf_counter()
# A first call this long has paid little for being the first: it serves as warm-up and as memory pass too.
LONG_CALL_S = 1.0
# A first call imports what it needs and touches every page: more than this many times a later one, after the seconds
# that imports may take, is not to be expected.
FIRST_CALL_EXCESS, IMPORTS_S = 3.0, 3.0


def _find_package(name: str, folder: Path) -> None:
    """Make ``folder`` importable as package ``name`` without putting its parent on sys.path.

    asv times the ``bench_core`` that it installed for a commit, with the ``benchmarks`` of the working tree: the
    checkout's own ``bench_core``, which lies beside them, must not be found.
    """
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


class Journal:
    """Appends one JSON line an event."""

    def __init__(self, path: str):
        self._stream = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the process ends

    def write(self, event: str, **fields: Any) -> None:
        self._stream.write(json.dumps({"event": event, **fields}, allow_nan=False) + "\n")

    def begin(self, row: str | None, what: str, limit_s: float) -> None:
        """About to do something that may never end: the parent kills the process after ``limit_s``."""
        self.write("begin", row=row, what=what, limit_s=limit_s)


class Worker:
    """One session. ``spec`` is what ``session.py`` wrote."""

    def __init__(self, spec: dict[str, Any], journal: Journal):
        self.spec, self.journal = spec, journal
        self.profile = spec["profile"]
        self.cell = spec["cell"]
        self.kernels: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}
        self._stage_start = START

    def stage(self, name: str) -> None:
        """Close the stage that has just ended."""
        now = time.perf_counter()
        self.journal.write("stage", name=name, elapsed_s=now - self._stage_start)
        self._stage_start = now

    def run(self) -> None:
        import bench_core
        from bench_core.method import load_backend
        from benchmarks.harness import environment

        if self.spec["address_space_bytes"]:
            self._limit_memory(self.spec["address_space_bytes"])
        self.journal.begin(None, "start", self.profile["session_limit_s"])
        note = None
        try:
            self.backend = load_backend(self.cell["backend"])
            try:
                self.backend.configure(self.spec["threads"])
            except ValueError as error:  # other threads than asked for: it is measured, and the record says so
                note = str(error)
            self.backend.require_device(self.cell["device"])
        except bench_core.Unavailable as error:
            self.journal.write("unavailable", reason=str(error))
            return
        before = environment.state()
        facts = environment.describe(self.cell["backend"], self.cell["device"], self.spec["threads"])
        facts["threads_note"] = note
        self.journal.write("environment", **facts, load_before=before["load"], mhz_before=before["mhz"])
        self.stage("start")
        self.problem: Any = bench_core.problem(self.cell["family"], seed=self.spec["seed"], **self.cell["sizes"])
        self.journal.begin(None, "problem", self.profile["session_limit_s"])
        self.problem.masters  # noqa: B018 - drawn here so that the stage has its time
        self.stage("problem")
        self._measure_ceiling()
        self.stage("ceiling")
        methods = self.methods = {m.name: m for m in bench_core.methods(self.cell["family"], self.cell["backend"])}
        for row in self.spec["rows"]:
            name, _, form = row.partition(":")
            self._prepare(row, methods[name], form or methods[name].forms[0])
        self.stage("check")
        self._time()
        self.stage("rounds")
        self._check_again()
        self.stage("check again")
        after = environment.state()
        self.journal.write(
            "environment",
            load_after=after["load"],
            mhz_after=after["mhz"],
            throttled=environment.throttled(before, after),
        )
        self.journal.write("end")

    # -- before timing ----------------------------------------------------------------------------------------------

    @staticmethod
    def _limit_memory(limit: int) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def _free_memory(self) -> float:
        """Bytes that this session may still take on its device."""
        if self.cell["device"] == "cuda":
            with contextlib.suppress(Exception):
                if self.cell["backend"] == "torch":
                    import torch

                    return float(torch.cuda.mem_get_info()[0])
                import jax

                stats = jax.devices("gpu")[0].memory_stats()
                return float(stats["bytes_limit"] - stats["bytes_in_use"])
        try:
            import psutil
        except ImportError:
            return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
        return float(psutil.virtual_memory().available)

    def _measure_ceiling(self) -> None:
        """The best rates this backend reaches here: a square product and a copy. The canary is a small product."""
        ceiling, self.canary = self.backend.ceiling(self.cell["device"], self.cell["dtype"])
        from benchmarks.harness import clock

        def best(kernel: Any, repeats: int) -> float:
            clock.sample(kernel, 1)
            return min(clock.sample(kernel, 1) for _ in range(repeats))

        gemm, copy = best(ceiling["gemm"], 5), best(ceiling["copy"], 3)
        self.flops_per_s = ceiling["gemm_flops"] / gemm
        self.journal.write(
            "ceiling",
            gemm_flops_per_s=self.flops_per_s,
            gemm=ceiling["gemm_name"],
            copy_bytes_per_s=ceiling["copy_bytes"] / copy,
            copy=ceiling["copy_name"],
            canary=ceiling["canary_name"],
        )
        best(self.canary, 3)

    def _prepare(self, row: str, method: Any, form: str) -> None:
        """Build, check and warm up one row; whatever comes of it is in the journal."""
        from benchmarks.harness import budget, check, clock, memory, older, outcome

        # What an earlier process of this cell has timed is within the budget: a slow moment must not break the series.
        limit = math.inf if row in self.spec["timed"] else self.profile["call_limit_s"]
        cost = method.cost(self.problem, self.cell["dtype"])
        prediction = budget.predict(cost, self.flops_per_s, self.spec["smaller"].get(row))
        fields: dict[str, Any] = {
            "method": method.name,
            "form": form,
            "exact": method.exact,
            "role": method.role,
            "computes": method.computes,
            "source": method.source,
            "cost": older.cost(cost),
            "tolerance": older.tolerance(self.problem, method, self.cell["dtype"]),
            "measure": older.measure(self.problem, method),
            "settings": older.settings(method),
            "predicted_s": prediction.seconds,
            "predicted_bytes": prediction.bytes,
        }

        def close(kind: str, reason: str, **more: Any) -> None:
            self.journal.write("row", row=row, **fields, **more, outcome=kind, reason=reason)

        if reason := budget.refusal(prediction, limit, self._free_memory()):
            return close("over_budget", reason)
        # Generous: the first call compiles, allocates and touches every page; what is over the budget shows in the
        # second.
        patience = 60 + 10 * max(prediction.seconds, self.profile["call_limit_s"])
        try:
            self.journal.begin(row, "build", patience)
            start = time.perf_counter()
            kernel = method.build(self.problem, self.cell["device"], self.cell["dtype"], form)
            built = time.perf_counter()
            self.journal.begin(row, "first call", patience)
            before = memory.mark(self.cell["device"])
            out = kernel.run()
            kernel.wait(out)
            fields |= {"build_s": built - start, "first_call_s": time.perf_counter() - built}
            first_peak = memory.risen(before, self.cell["device"])
            # torch.compile compiles at the first call, JAX ahead of time while it builds.
            fields["compile_s"] = {"compiled": fields["first_call_s"], "jit": fields["build_s"]}.get(form)
            self.journal.begin(row, "check", patience + 120)
            arrays = kernel.to_numpy(out)
            error, quality, fault = check.judge(self.problem, arrays, method, self.cell["dtype"])
            fields["error"] = error if math.isfinite(error) else None
            fields["quality"] = {k: v if math.isfinite(v) else None for k, v in quality.items()} or None
            if older.iterative(method):  # what it costs is known only now
                fields["cost"] = older.cost(method.cost(self.problem, self.cell["dtype"], kernel.iterations(out)))
            del arrays, out
            if fault:
                return close("wrong", fault)
            if older.counts(kernel) and (reason := self._count(row, kernel, fields)):
                return close("error", reason)
            if method.in_place:
                kernel.reset(steady=True)  # what is timed again and again must stay among the finite numbers
            seconds, peak = fields["first_call_s"], first_peak
            # What compiles in its first call is judged by later ones, and what is only a little over the budget too.
            first_says = form != "compiled" and seconds > FIRST_CALL_EXCESS * limit + IMPORTS_S
            if not first_says and (seconds <= LONG_CALL_S or form == "compiled" or seconds > limit):
                self.journal.begin(row, "second call", patience)
                before = memory.mark(self.cell["device"])
                start = time.perf_counter()
                kernel.wait(kernel.run())
                seconds = time.perf_counter() - start
                peak = memory.risen(before, self.cell["device"])
                if form == "compiled" and method.in_place:  # torch.compile compiles once for each of the two rates
                    fields["compile_s"] = fields["first_call_s"] + seconds
                if form == "compiled" or seconds <= limit:
                    before = memory.mark(self.cell["device"])
                    seconds = clock.sample(kernel, 1)
                    peak = memory.risen(before, self.cell["device"])
            if self.cell["backend"] == "jax":
                peak = memory.of_program(kernel)
            fields |= {
                "peak_bytes": None if peak is None else peak + older.held_bytes(kernel),
                "peak_instrument": memory.instrument(self.cell["backend"], self.cell["device"]),
            }
            if seconds < 0.25:
                seconds = self._settle(kernel)
        except Exception as error:
            kind, reason = outcome.of_exception(error)
            return close(kind, reason)
        if seconds > limit:
            return close(
                "over_budget", f"time: measured {seconds:.3g} s a call, budget {limit:.3g} s", measured_s=seconds
            )
        self.kernels[row], self.seconds[row] = kernel, seconds
        return close("ok", "", number=self._number(seconds))

    def _count(self, row: str, kernel: Any, fields: dict[str, Any]) -> str:
        """The row's products, and why its formula is not to be believed (or an empty text).

        In torch the operator counts them in a run of its own where that costs next to nothing. In JAX that would be
        another compilation a row; there they are the formula's, which tests hold to counted runs.
        """
        kinds = ("vjps", "jvps", "evaluations")
        formula = {kind: fields["cost"].get(kind, 0) for kind in kinds}
        cheap = self.cell["backend"] == "torch" and fields["first_call_s"] < 0.5
        fields["products"] = formula | {"counted": cheap}
        if not cheap:
            return ""
        self.journal.begin(row, "count", 120)
        counted = kernel.count()
        if all(abs(counted[kind] - formula[kind]) < 1e-6 for kind in kinds):
            return ""
        return f"counted {counted}, by the formula {formula}"

    def _settle(self, kernel: Any) -> float:
        """Warm up a short kernel for some 30 ms; the median call."""
        from benchmarks.harness import clock

        times, start = [], time.perf_counter()
        while not times or (time.perf_counter() - start < 0.03 and len(times) < 200):
            times.append(clock.sample(kernel, 1))
        return sorted(times)[len(times) // 2]

    def _number(self, seconds: float) -> int:
        from benchmarks.harness import clock

        return clock.calls_per_sample(seconds, self.profile["block_s"])

    # -- timing -----------------------------------------------------------------------------------------------------

    def _time(self) -> None:
        """Paired rounds over all rows, the A/A twin among them, the canary before each."""
        import numpy as np

        from benchmarks.harness import clock, rounds

        if not self.kernels:
            return
        baseline = next(iter(self.kernels))
        twin = f"{baseline}~twin"
        kernels = dict(self.kernels)
        if self.seconds[baseline] <= LONG_CALL_S:  # at long calls the twin would take a sixth of the session
            kernels[twin] = self.kernels[baseline]
        numbers = {row: self._number(self.seconds[row.partition("~")[0]]) for row in kernels}
        blocks = {row: numbers[row] * self.seconds[row.partition("~")[0]] for row in kernels}
        least, most = self.profile["min_rounds"], self.profile["max_rounds"]
        quota = {row: min(most, max(least, int(self.profile["row_budget_s"] / blocks[row]))) for row in kernels}
        if twin in kernels:
            self.journal.write("twin", row=twin, of=baseline, number=numbers[twin])
        samples: dict[str, dict[int, float]] = {row: {} for row in kernels}
        stop = rounds.Stop(self.profile["precision"], START + self.spec["rounds_deadline_s"])
        others = set(kernels) - {baseline, twin}
        reason, count = "rounds", 0
        for order in rounds.orders(list(kernels), self.spec["seed"] * 1000 + self.spec["process"]):
            live = [row for row in order if len(samples[row]) < quota[row]]
            # It ends with the baseline, or when only the twin is left to pair with it.
            if baseline not in live or (others and not others.intersection(live)):
                break
            clock.sample(self.canary, 1)  # large kernels leave the caches cold: that is not what the canary is for
            taken = {"canary": clock.sample(self.canary, 1)}
            for row in live:
                self.journal.begin(row, f"round {count}", 60 + 10 * blocks[row])
                taken[row] = samples[row][count] = clock.sample(kernels[row], numbers[row])
            self.journal.write("round", index=count, order=live, samples=taken)
            count += 1
            if count < least and time.perf_counter() < stop.deadline:
                continue
            widths = []
            for row in live:
                shared = [i for i in samples[row] if i in samples[baseline]]
                if row != baseline:
                    pair = [np.array([samples[name][i] for i in shared]) for name in (row, baseline)]
                    widths.append(rounds.half_width(*pair))
            if stopped := stop.reason(count, widths, time.perf_counter()):
                reason = stopped
                break
        self.journal.write("stop", reason=reason, rounds=count)

    def _check_again(self) -> None:
        """Every row that was timed, once more, on data that it has not seen."""
        from benchmarks.harness import check, older, outcome

        fresh = older.unseen(self.problem)
        for row, kernel in self.kernels.items():
            if self.seconds[row] > LONG_CALL_S:
                continue  # it was called some three times, and one call more would take as long as a round
            method = self.methods[row.partition(":")[0]]
            try:
                self.journal.begin(row, "check again", 120)
                error, fault = check.judge_again(self.problem, fresh, kernel, method, self.cell["dtype"])
            except Exception as failure:
                self.journal.write("recheck", row=row, error=None, outcome=outcome.of_exception(failure))
                continue
            verdict = ("wrong", f"{fault}, on new data after timing; it was right before") if fault else None
            self.journal.write("recheck", row=row, error=error if math.isfinite(error) else None, outcome=verdict)


def _die_with_parent() -> None:
    """Linux: be killed when the process that started this one dies.

    No one would read this session any more, and the next one would be timed beside it.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    _die_with_parent()
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # The child starts in its parent's folder, whose modules must not be found before the ones asked for.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path(__file__).parent))]
    sys.path.insert(0, spec["bench_core"])
    _find_package("benchmarks", Path(__file__).resolve().parent.parent)
    # Anything a library prints must not end in the journal or block on a full pipe.
    Worker(spec, Journal(sys.argv[2])).run()
    sys.stdout.flush()
    # A framework's exit handlers may hang or crash after everything is measured; nothing of it is needed.
    os._exit(0)


if __name__ == "__main__":
    main()
