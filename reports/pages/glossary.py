"""How to read the report: its words and its rules."""

_TEXT = """\
**value [low, high]** is an estimate with its 95 % interval. `[–]`: none is known that covers.

**Time** is the median of one call in a process, the geometric mean of these over the processes; its interval
is the one for another process's median, and is left out (`[–]`) where none like it has several.

**A paired ratio** compares two rows within the same round, so that drift of the machine cancels; its
interval is the wider of that over rounds and that over processes.

**Regret** is what choosing a method may lose to whatever is fastest: the upper 95 % bound, simultaneous over
the candidates, of its paired ratio to the fastest, less one. Below 10 % it is an answer, also where the
fastest is not known; above 25 % the cell is undetermined.

**faster, slower**: the interval lies beyond the margin. **same**: inside it. **undetermined**: it reaches
across. **not-run**: there is no paired ratio. The margin is the larger of 5 % and the A/A noise floor: how
far apart two rows over the very same kernel (twins) come out.

**State of the machine**: within one, its speed is within 1.2 times of what is usual there, by the rates of
products, copies, the canary and one thread on each processor, the steadiest of which counts most. No curve,
exponent or roofline joins two states, two machines or two versions of the way of measuring
(rulers). The **canary** is a fixed product timed in every round. It and the large products are those of a
library's pool, whose threads may share a processor for a while; whether the machine moved is told by one
thread of its own on each processor, where it was measured.

**Outcomes**: ok; not tried (with the reason); over budget; out of memory; timed out; wrong result (above its
tolerance, so not timed); error.

**Over budget** is decided on a true bound or on a call: a row is refused where its least FLOPs at twice the
measured product rate, or the memory of its results and its largest array, exceed the budget; else one call
is tried under a watchdog, and its measured time decides. A call that the watchdog stops is over budget where
its work explains that, else it timed out. Predictions order the calls and refuse nothing. Records of rulers
before 4 could refuse on a prediction; their reasons say `predicted`.

**Approximate gradients** are those of methods that are not meant to be exact (JFB, truncated series,
unrolled iterations): they are recommended only where an error is allowed. **Libraries** are measured
beside the methods and never recommended.

**Error** is that of the very result that was timed: against the float64 reference, by random probes, or a
residual.

**Products** per sample: vjps (vector times Jacobian), jvps (Jacobian times vector) and evaluations of the
map; counted by the operator in a run of its own, or ≈ by the formula.

**Yardstick**: the row of a family in whose time others are told too, as a paired ratio. **Floor**: the
products that no exact method can avoid. **Roofline**: the time that the FLOPs or the bytes of the formula
take at the ceiling measured in the same sessions.

**Exponent**: p in floor + c · Dᵖ. **Crossover**: the size where two methods take the same time.
**Frontier**: the largest size that ran and the smallest that did not."""
TERMS = tuple(term.replace("\n", " ") for term in _TEXT.split("\n\n"))
