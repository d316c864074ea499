"""What a row goes through before it is timed: admission, build, first call, check, memory, warming up."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import admission, check, clock, compilation, memory, older, outcome
from benchmarks.harness.journal import Journal

# A first call this long has paid little for being the first: it serves as warm-up too.
LONG_CALL_S = 1.0
# A first call imports what it needs and touches every page: more than this many times a later one, after the seconds
# that imports may take, is not to be expected.
FIRST_CALL_EXCESS, IMPORTS_S = 3.0, 3.0
SETTLE_S = 0.03  # a short kernel is called for so long before its calls are believed
DOUBTFUL_SHARE = 0.3  # of the session's time, after which rows that may end the process no longer come first
RECORDING_S = 300.0  # what recording every allocation of a call may take beside the call


@dataclass
class Row:
    """A row that may be timed: its kernel, and the seconds and bytes of a call as far as they are known."""

    name: str
    method: Any
    kernel: Any
    seconds: float
    bytes: float = 0.0


@dataclass
class _Trial:
    """A row on its way there, and what has been learnt of it."""

    name: str
    method: Any
    form: str
    prediction: admission.Prediction
    bound: admission.Bound
    limit: float
    fields: dict[str, Any]


class Preparation:
    """Prepares the rows of one session one by one; whatever comes of each is in the journal.

    ``start`` is when the process began: the rounds of what is prepared have to end within ``rounds_deadline_s`` of it.
    """

    def __init__(self, spec: dict[str, Any], journal: Journal, problem: Any, flops_per_s: float, start: float):
        self.spec, self.journal, self.problem, self.flops_per_s = spec, journal, problem, flops_per_s
        self.profile, self.cell = spec["profile"], spec["cell"]
        self._start, self._slowest_s = start, 0.0
        self._call_limit = self.profile["call_limit_s"]

    def rows(self, methods: dict[str, Any]) -> list[Row]:
        """The rows that may be timed, in the order of the specification; ``methods`` by name."""
        waiting, ready = [self._expect(name, methods) for name in self.spec["rows"]], {}
        free = self._free()
        while waiting:
            # What may end the process comes first, when little is lost with it, but not at the others' expense.
            doubtful_first = self._elapsed() < DOUBTFUL_SHARE * self.spec["rounds_deadline_s"]
            doubtful = [admission.is_doubtful(trial.prediction, self._call_limit, free) for trial in waiting]
            trial = waiting.pop(doubtful.index(doubtful_first) if doubtful_first in doubtful else 0)
            began = time.perf_counter()
            if (row := self._prepare(trial, list(ready.values()))) is not None:
                ready[trial.name] = row
            self._slowest_s = max(self._slowest_s, time.perf_counter() - began)
        return [ready[name] for name in self.spec["rows"] if name in ready]

    def _expect(self, name: str, methods: dict[str, Any]) -> _Trial:
        method, _, form = name.partition(":")
        method = methods[method]
        form = form or method.forms[0]
        cost = method.cost(self.problem, self.cell["dtype"])
        prediction = admission.predict(cost, self.flops_per_s, self.spec["smaller"].get(name))
        bound = admission.bound(method, self.problem, self.cell["dtype"], self.flops_per_s)
        # What an earlier process of this cell has timed is within the budget: a slow moment must not break the series.
        limit = math.inf if name in self.spec["timed"] else self._call_limit
        fields = self._describe(method, form, cost) | {
            "predicted_s": prediction.seconds,
            "predicted_bytes": prediction.bytes,
        }
        return _Trial(name, method, form, prediction, bound, limit, fields)

    def _describe(self, method: Any, form: str, cost: Any) -> dict[str, Any]:
        return {
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
        }

    def _prepare(self, trial: _Trial, ready: list[Row]) -> Row | None:
        """The row, or None where its outcome is another one than ok."""
        row, kind = None, "over_budget"
        reason = trial.bound.refusal(trial.limit, self._free() + _lent(trial, ready))
        if not reason and self._is_late(trial, ready):
            reason = (
                f"time: the session's {self.profile['session_limit_s']:.0f} s were taken before its turn; it was not"
                " tried"
            )
        if not reason:
            try:
                row, kind, reason = self._try(trial)
            except Exception as error:
                if outcome.breaks_device(error):  # the row ends its process: the others go on in another one
                    raise
                kind, reason = outcome.of_exception(error)
            if kind == "oom":  # here: the exception, whose frames held the row's arrays, is gone
                memory.release(self.cell["backend"], self.cell["device"])
        self.journal.write("row", row=trial.name, **trial.fields, outcome=kind, reason=reason)
        return row

    def _is_late(self, trial: _Trial, ready: list[Row]) -> bool:
        """Whether another row would take the time that the least rounds of those that are ready need.

        It is taken to need as long as the slowest so far, and rounds of the seconds that it needs at least.
        """
        least, block_s = self.profile["min_rounds"], self.profile["block_s"]
        calls = [row.seconds for row in ready]
        twin = calls[:1] if calls and calls[0] <= LONG_CALL_S else []
        rounds = least * sum(max(seconds, block_s) for seconds in [*calls, *twin, trial.bound.seconds])
        return self._elapsed() + self._slowest_s + rounds + sum(calls) > self.spec["rounds_deadline_s"]

    def _elapsed(self) -> float:
        return time.perf_counter() - self._start

    def _free(self) -> float:
        return memory.free(self.cell["backend"], self.cell["device"])

    def _begin_call(self, trial: _Trial, what: str, compiles: bool = False) -> None:
        """Begin a call that is stopped where it would take a few times its budget."""
        patience = admission.patience(self._call_limit, compiles)
        # What compiles may have been stopped while it did.
        stopped = None if compiles else admission.when_stopped(trial.prediction, self._call_limit, patience)
        self.journal.begin(trial.name, what, patience, stopped)

    def _try(self, trial: _Trial) -> tuple[Row | None, str, str]:
        """The row, its outcome and the reason; adds to the trial's fields what it learns."""
        method, form, fields = trial.method, trial.form, trial.fields
        slow = 60 + 10 * self._call_limit  # for what is no call
        self.journal.begin(trial.name, "build", slow)
        start = time.perf_counter()
        kernel = method.build(self.problem, self.cell["device"], self.cell["dtype"], form)
        built = time.perf_counter()
        self._begin_call(trial, "first call", compiles=form == "compiled")
        out = kernel.run()
        kernel.wait(out)
        fields |= {"build_s": built - start, "first_call_s": time.perf_counter() - built}
        self.journal.begin(trial.name, "check", slow + 120)
        if fault := self._check(method, kernel, out, fields):
            return None, "wrong", fault
        self.journal.write("checked", row=trial.name, **fields)
        del out
        if older.counts(kernel) and (reason := self._count(trial.name, kernel, fields)):
            return None, "error", reason
        if method.in_place:
            kernel.reset(steady=True)  # what is timed again and again must stay among the finite numbers
        # torch.compile compiles at the first call, JAX ahead of time while it builds.
        compile_s = {"compiled": fields["first_call_s"], "jit": fields["build_s"]}.get(form)
        if form != "compiled" and fields["first_call_s"] > self.profile["apart_from_s"]:
            return self._keep_apart(trial, kernel, compile_s)
        seconds, second = self._call_again(trial, kernel)
        if form == "compiled" and method.in_place:  # torch.compile compiles once for each of the two rates
            compile_s = (compile_s or 0.0) + (second or 0.0)
        fields |= compilation.describe(trial.name, form, compile_s)
        fields |= self._read_peak(trial, kernel, seconds)
        if seconds < 0.25:
            seconds = _settle(kernel)
        if seconds > trial.limit:
            fields["measured_s"] = seconds
            return None, "over_budget", f"time: measured {seconds:.3g} s a call, budget {trial.limit:.3g} s"
        held, block_s = fields["peak_bytes"] or trial.prediction.bytes, self.profile["block_s"]
        number = clock.calls_per_sample(seconds, block_s)
        if self.cell["device"] == "cuda" and number > 1:  # in a queue a call takes less than one that is waited for
            seconds = min(seconds, clock.queued(kernel, number, clock.ahead_within(held, self._free())))
            number = clock.calls_per_sample(seconds, block_s)
        fields["number"] = number
        return Row(trial.name, method, kernel, seconds, held), "ok", ""

    def _keep_apart(self, trial: _Trial, kernel: Any, compile_s: float | None) -> tuple[None, str, str]:
        """The row with its first call as its only sample: no round has it, and its memory is free for the next row.

        That call has paid for imports and fresh pages. Its peak is read where that takes no further call.
        """
        trial.fields |= compilation.describe(trial.name, trial.form, compile_s) | self._read_peak(
            trial, kernel, math.inf
        )
        trial.fields |= {"apart": True, "number": 1, "samples_s": [trial.fields["first_call_s"]]}
        return None, "ok", ""

    def _check(self, method: Any, kernel: Any, out: Any, fields: dict[str, Any]) -> str:
        """Why the first result is none (or an empty text)."""
        start = time.perf_counter()
        error, quality, fault = check.judge(self.problem, older.judged(kernel, out), method, self.cell["dtype"])
        fields["check_s"] = time.perf_counter() - start
        fields["error"] = error if math.isfinite(error) else None
        quality |= older.found(kernel)
        fields["quality"] = {k: v if math.isfinite(v) else None for k, v in quality.items()} or None
        if older.iterative(method):  # what it costs is known only now
            fields["cost"] = older.cost(method.cost(self.problem, self.cell["dtype"], kernel.iterations(out)))
        return fault

    def _count(self, name: str, kernel: Any, fields: dict[str, Any]) -> str:
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
        self.journal.begin(name, "count", 120)
        counted = kernel.count()
        if all(abs(counted[kind] - formula[kind]) < 1e-6 for kind in kinds):
            return ""
        return f"counted {counted}, by the formula {formula}"

    def _call_again(self, trial: _Trial, kernel: Any) -> tuple[float, float | None]:
        """Seconds of a call that is not the first, where another one is worth its time; those of the second, if any."""
        seconds, compiles = trial.fields["first_call_s"], trial.form == "compiled"
        # What compiles in its first call is judged by later ones, and what is only a little over the budget too.
        hopeless = not compiles and seconds > FIRST_CALL_EXCESS * trial.limit + IMPORTS_S
        # On a GPU a first call loads the modules of its kernels, which may take a second: it says nothing of the next.
        serves = LONG_CALL_S < seconds <= trial.limit and self.cell["device"] == "cpu"
        if hopeless or (serves and not compiles):
            return seconds, None
        self._begin_call(trial, "second call", compiles)
        second = clock.sample(kernel, 1)
        if not compiles and second > admission.HOPELESS * trial.limit:
            return second, second
        # Also where it is over the budget by little: a machine that is held up for a moment refuses no row.
        self._begin_call(trial, "third call", compiles)
        return min(second, clock.sample(kernel, 1)), second

    def _read_peak(self, trial: _Trial, kernel: Any, seconds: float) -> dict[str, Any]:
        """The peak of a call, one of its own where an instrument has to watch it; a long one in one process a cell."""
        backend, device = self.cell["backend"], self.cell["device"]
        fields: dict[str, Any] = {"peak_instrument": memory.instrument(backend, device), "peak_bytes": None}
        peak = None
        if not (backend == "jax" and device == "cpu") and self._is_watched(trial, seconds):
            self.journal.begin(trial.name, "memory", RECORDING_S + 10 * seconds)
            peak = memory.of_call(kernel) if backend == "jax" else self._watch(kernel)
        if backend == "jax" and peak is None:
            peak, fields["peak_instrument"] = memory.of_program(kernel), "memory_analysis"
        if peak is not None:
            fields["peak_bytes"] = peak + older.held_bytes(kernel)
        return fields

    def _is_watched(self, trial: _Trial, seconds: float) -> bool:
        """Whether a call is worth its time for its peak alone."""
        return seconds <= trial.limit and (seconds <= LONG_CALL_S or self.spec["process"] == 0)

    def _watch(self, kernel: Any) -> int | None:
        with memory.watch(self.cell["device"]) as watched:
            kernel.wait(kernel.run())
        return watched.bytes


def _lent(trial: _Trial, ready: list[Row]) -> float:
    """Bytes of the row's results that it need not take from what is free: another row's kernel has them already."""
    if not older.overwrites(trial.method, trial.form):
        return 0
    lent = max((older.lent_bytes(row.kernel) for row in ready), default=0)
    return min(lent, trial.bound.bytes)


def _settle(kernel: Any) -> float:
    """Warm up a short kernel; the median call."""
    times, start = [], time.perf_counter()
    while not times or (time.perf_counter() - start < SETTLE_S and len(times) < 200):
        times.append(clock.sample(kernel, 1))
    return sorted(times)[len(times) // 2]
