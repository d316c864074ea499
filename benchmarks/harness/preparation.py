"""What a row goes through before it is timed: admission, build, first call, check, memory, warming up."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import budget, check, clock, memory, older, outcome
from benchmarks.harness.journal import Journal

# A first call this long has paid little for being the first: it serves as warm-up and as memory pass too.
LONG_CALL_S = 1.0
# A first call imports what it needs and touches every page: more than this many times a later one, after the seconds
# that imports may take, is not to be expected.
FIRST_CALL_EXCESS, IMPORTS_S = 3.0, 3.0
SETTLE_S = 0.03  # a short kernel is called for so long before its calls are believed


@dataclass
class Row:
    """A row that may be timed: its kernel, and the seconds of a call as far as they are known."""

    name: str
    method: Any
    kernel: Any
    seconds: float


class Preparation:
    """Prepares the rows of one session one by one; whatever comes of each is in the journal."""

    def __init__(self, spec: dict[str, Any], journal: Journal, problem: Any, flops_per_s: float):
        self.spec, self.journal, self.problem, self.flops_per_s = spec, journal, problem, flops_per_s
        self.profile, self.cell = spec["profile"], spec["cell"]

    def prepare(self, name: str, method: Any, form: str) -> Row | None:
        """The row, or None where its outcome is another one than ok."""
        # What an earlier process of this cell has timed is within the budget: a slow moment must not break the series.
        limit = math.inf if name in self.spec["timed"] else self.profile["call_limit_s"]
        cost = method.cost(self.problem, self.cell["dtype"])
        prediction = budget.predict(cost, self.flops_per_s, self.spec["smaller"].get(name))
        fields = self._describe(method, form, cost) | {
            "predicted_s": prediction.seconds,
            "predicted_bytes": prediction.bytes,
        }
        row = None
        if reason := budget.refusal(prediction, limit, memory.free(self.cell["backend"], self.cell["device"])):
            kind = "over_budget"
        else:
            # Generous: the first call compiles, allocates and touches every page; what is over the budget shows in
            # the second.
            patience = 60 + 10 * max(prediction.seconds, self.profile["call_limit_s"])
            try:
                row, kind, reason = self._try(name, method, form, limit, patience, fields)
            except Exception as error:
                kind, reason = outcome.of_exception(error)
        self.journal.write("row", row=name, **fields, outcome=kind, reason=reason)
        return row

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

    def _try(
        self, name: str, method: Any, form: str, limit: float, patience: float, fields: dict[str, Any]
    ) -> tuple[Row | None, str, str]:
        """The row, its outcome and the reason; adds to ``fields`` what it learns."""
        self.journal.begin(name, "build", patience)
        start = time.perf_counter()
        kernel = method.build(self.problem, self.cell["device"], self.cell["dtype"], form)
        built = time.perf_counter()
        self.journal.begin(name, "first call", patience)
        before = memory.mark(self.cell["device"])
        out = kernel.run()
        kernel.wait(out)
        fields |= {"build_s": built - start, "first_call_s": time.perf_counter() - built}
        peak = memory.risen(before, self.cell["device"])
        # torch.compile compiles at the first call, JAX ahead of time while it builds.
        fields["compile_s"] = {"compiled": fields["first_call_s"], "jit": fields["build_s"]}.get(form)
        self.journal.begin(name, "check", patience + 120)
        if fault := self._check(method, kernel, out, fields):
            return None, "wrong", fault
        del out
        if older.counts(kernel) and (reason := self._count(name, kernel, fields)):
            return None, "error", reason
        if method.in_place:
            kernel.reset(steady=True)  # what is timed again and again must stay among the finite numbers
        seconds, peak = self._call_again(name, method, form, kernel, limit, patience, peak, fields)
        if self.cell["backend"] == "jax":
            peak = memory.of_program(kernel)
        fields["peak_bytes"] = None if peak is None else peak + older.held_bytes(kernel)
        fields["peak_instrument"] = memory.instrument(self.cell["backend"], self.cell["device"])
        if seconds < 0.25:
            seconds = _settle(kernel)
        if seconds > limit:
            fields["measured_s"] = seconds
            return None, "over_budget", f"time: measured {seconds:.3g} s a call, budget {limit:.3g} s"
        fields["number"] = clock.calls_per_sample(seconds, self.profile["block_s"])
        return Row(name, method, kernel, seconds), "ok", ""

    def _check(self, method: Any, kernel: Any, out: Any, fields: dict[str, Any]) -> str:
        """Why the first result is none (or an empty text)."""
        error, quality, fault = check.judge(self.problem, kernel.to_numpy(out), method, self.cell["dtype"])
        fields["error"] = error if math.isfinite(error) else None
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

    def _call_again(
        self,
        name: str,
        method: Any,
        form: str,
        kernel: Any,
        limit: float,
        patience: float,
        peak: int | None,
        fields: dict[str, Any],
    ) -> tuple[float, int | None]:
        """Seconds and peak bytes of a call that is not the first, where another one is worth its time."""
        seconds = fields["first_call_s"]
        # What compiles in its first call is judged by later ones, and what is only a little over the budget too.
        hopeless = form != "compiled" and seconds > FIRST_CALL_EXCESS * limit + IMPORTS_S
        if hopeless or (LONG_CALL_S < seconds <= limit and form != "compiled"):
            return seconds, peak
        self.journal.begin(name, "second call", patience)
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
        return seconds, peak


def _settle(kernel: Any) -> float:
    """Warm up a short kernel; the median call."""
    times, start = [], time.perf_counter()
    while not times or (time.perf_counter() - start < SETTLE_S and len(times) < 200):
        times.append(clock.sample(kernel, 1))
    return sorted(times)[len(times) // 2]
