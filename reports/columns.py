"""The columns of `points.csv`: what the writer fills, the page of all points explains and `docs/points.md` repeats."""

from dataclasses import dataclass

from .families import FAMILIES


@dataclass(frozen=True)
class Column:
    """A column: its name, what it says, and the unit of its numbers ("" for words and counts)."""

    name: str
    meaning: str
    unit: str = ""


# The papers' letters in this order, those of further families after them; a cell has a value in those of its family.
_FIRST = ("D", "d", "B", "L", "condition", "H", "J", "gamma", "T", "tol")


def _explain(letter: str) -> str:
    """What a letter stands for, and in which families where that is not all; a word that all begin with once."""
    said: dict[str, list[str]] = {}
    for family in FAMILIES.values():
        for size in family.sizes:
            if size.letter == letter:
                said.setdefault(size.meaning, []).append(family.name)
    told = [words if len(names) == len(FAMILIES) else f"{words} ({', '.join(names)})" for words, names in said.items()]
    return ", ".join([told[0], *(words.removeprefix(f"{told[0].split()[0]} ") for words in told[1:])])


_LETTERS = dict.fromkeys((*_FIRST, *(size.letter for family in FAMILIES.values() for size in family.sizes)))
MEANINGS = {letter: _explain(letter) for letter in _LETTERS}
COLUMNS = (
    Column("family", "family of problems"),
    Column("machine", "machine; nothing is ever paired across two of them"),
    Column("backend", "torch or jax"),
    Column("device", "cpu or cuda"),
    Column("dtype", "precision of the timed arithmetic"),
    Column("state", "letter of the machine's state where the family was measured in several, else empty"),
    *(Column(letter, words) for letter, words in MEANINGS.items()),
    Column("row", "name of the row: a method, and after a colon its form where it is not the first"),
    Column(
        "form",
        "eager, compiled, graph (a replayed CUDA graph), jit, launched (without XLA's command buffers) or allocating "
        "(new results)",
    ),
    Column("role", "method, peer (a library's), floor (work that none can avoid), calibration or twin (A/A control)"),
    Column("computes", "which answer the row gives"),
    Column("exact", "1 where the method is meant to be exact, else 0"),
    Column("outcome", "ok, over_budget, oom, timeout, wrong, error or retracted; without ok there is no time"),
    Column("reason", "why the outcome is not ok"),
    Column("seconds", "one call: geometric mean of the processes' medians", "s"),
    Column(
        "seconds_low", "lower bound of the 95 % interval for another process's median; empty where none is known", "s"
    ),
    Column("seconds_high", "its upper bound", "s"),
    Column("minimum_s", "the fastest sample", "s"),
    Column(
        "latency_s", "on cuda: a call waited for alone, with a warm cache; seconds are those of a queued block", "s"
    ),
    Column("cold_latency_s", "on cuda: the same after the L2 cache was swept", "s"),
    Column("device_s", "on cuda: by the device's clock, between two events (torch) or its busy time (jax)", "s"),
    Column("samples", "samples of all processes, one a round"),
    Column("processes", "fresh processes behind the time"),
    Column("basis", "whose spread the interval is from: own (its processes) or near (cells like it)"),
    Column("patient", "1 for one to three calls apart from the rounds, as no other profile had the time; else 0"),
    Column(
        "ratio",
        "seconds / those of the family's yardstick, paired by round"
        f" ({', '.join(family.yardstick for family in FAMILIES.values())}); empty where not timed side by side",
    ),
    Column("ratio_low", "lower bound of its 95 % interval"),
    Column("ratio_high", "upper bound of its 95 % interval"),
    Column(
        "ratio_basis",
        "whose spread that is from: own (its processes), near (cells like it), or lent by another machine",
    ),
    Column("error", "relative error of the timed result, the worst process"),
    Column("measure", "what the error is: reference, probes (an estimate), residual or rule (of the same steps)"),
    Column("checked_again", "1 where the result was checked once more, after timing, on data it had not seen; else 0"),
    Column("residual", "of a solver, the norm of v - J^T w relative to that of v, of the worst sample and process"),
    Column("looser_residual", "of a library's, the same with the nearest looser setting that was tried and misses"),
    Column("peak_bytes", "peak memory of a call, the largest process; empty where nothing read it", "bytes"),
    Column("flops", "floating-point operations of a call, by formula"),
    Column("bytes", "bytes that a call moves, by formula", "bytes"),
    Column("vjps", "vector-Jacobian products per sample, counted, or by formula"),
    Column("jvps", "Jacobian-vector products per sample"),
    Column("evaluations", "evaluations of the map per sample"),
    Column("compile_cold_s", "compilation with nothing cached, median of the processes", "s"),
    Column("compile_cached_s", "compilation from a warm disk cache, median of the processes", "s"),
    Column("first_call_s", "the first call of a process, median of those that found nothing cached", "s"),
)
