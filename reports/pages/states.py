"""What the Health section says of the machine's states, and how far the intervals of absolute times hold."""

from collections.abc import Iterable

from ..analysis import Analysis
from ..misses import LEAVE_OUT
from ..predict import NOT_KNOWN
from ..statistics import APART, Coverage
from ..text import write_bytes, write_rate, write_seconds, write_share
from .blocks import Cell, Table, columns
from .common import state_cell


def tabulate_states(analysis: Analysis) -> Table:
    """Speeds of each state of the machine and what was measured in it."""
    rows = []
    for state in analysis.states:
        families = sorted({str(s.get("cell", "family")) for s in state.sessions})
        rows.append(
            {
                "place": state_cell(state),
                "state": Cell(state.letter, {"state": state.letter}),
                "products": Cell(write_rate(state.gemm_flops_per_s), {"gemm_flops_per_s": state.gemm_flops_per_s}),
                "copy": Cell(f"{write_bytes(state.copy_bytes_per_s)}/s", {"copy_bytes_per_s": state.copy_bytes_per_s}),
                "canary": Cell(write_seconds(state.canary_s), {"canary_s": state.canary_s}),
                "sessions": Cell(str(len(state.sessions)), {"sessions": len(state.sessions)}),
                "families": Cell(", ".join(families), {"families": " ".join(families)}),
            }
        )
    heads = columns(
        ("place", "Place"),
        ("state", "State"),
        ("products", "Products", True),
        ("copy", "Copy", True),
        ("canary", "Canary", True),
        ("sessions", "Sessions", True),
        ("families", "Families"),
    )
    return Table(
        "states", f"States of the machine: within one, speeds differ by at most {APART:g} times", heads, tuple(rows)
    )


def tabulate_coverage(analysis: Analysis) -> Table:
    """How often the intervals of each family's times held what was left out: a process, or a measured size."""
    rows = []
    for family in analysis.families:
        for what, found in _find_coverages(analysis, family):
            known = found.total > 0
            rows.append(
                {
                    "family": Cell(family, {"family": family}),
                    "what": Cell(what, {"what": what}),
                    "coverage": Cell(
                        write_share(found.share) if known else "not known, so no interval",
                        {"coverage": found.share if known else None},
                    ),
                    "total": Cell(str(found.total), {"left_out": found.total}),
                    "factor": Cell(
                        f"{found.factor:.2f}" if known else "–", {"factor": found.factor if known else None}
                    ),
                }
            )
    heads = columns(
        ("family", "Family"),
        ("what", "Interval of"),
        ("coverage", "Left out and inside the 95 % interval"),
        ("total", "Left out", True),
        ("factor", "Median reach, times", True),
    )
    return Table("coverage", "How sure: each process, or each measured size, left out in turn", heads, tuple(rows))


def _find_coverages(analysis: Analysis, family: str) -> Iterable[tuple[str, Coverage]]:
    yield "a time, for another process", analysis.coverage(family)
    yield "a ratio, for another process", analysis.coverage_of_ratios(family)
    for where in LEAVE_OUT:
        yield f"a time {where} measured sizes", analysis.coverage_of_sizes(family, where, NOT_KNOWN)
