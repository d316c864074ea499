"""What the first machine's intervals promise, held to the second's results, which had no say in them."""

import numpy as np
import pytest

from reports.lenders import read_lenders
from reports.statistics import pool_coverages, reach_process

# Of intervals of 95 %; fewer left-out processes leave a share between 82 and 100 %.
PROMISED, ENOUGH = (0.90, 0.99), 30


@pytest.mark.parametrize("what", ["coverage", "coverage_of_ratios"])
def test_left_out_processes_are_inside(second, what):
    found = {family: getattr(second, what)(family) for family in second.families}
    checked = {family: coverage for family, coverage in found.items() if coverage.total >= ENOUGH}
    assert "logdet" in checked
    for family, coverage in checked.items():
        # Of a few cells' processes all may be inside.
        assert PROMISED[0] <= coverage.share <= (PROMISED[1] if family == "logdet" else 1), (family, coverage)


@pytest.mark.parametrize("family", ["logdet", "line_integral"])
def test_a_spread_that_the_first_machine_lends_covers_the_seconds_processes(second, family):
    """What a cell's first process has alone, with the lent spread, holds the others: it is bounded from above."""
    lenders = {
        lender.backend: lender.spread
        for lender in read_lenders()
        if (lender.machine, lender.family, lender.device) == ("epyc-2core", family, "cpu")
    }
    held = [
        abs(other - logs[0]) <= reach_process(logs[:1], lenders[scope[1].backend])
        for scope, cells in second._ratios.items()
        if scope[0] == family and scope[1].backend in lenders
        for rows in cells
        for logs in rows
        for other in logs[1:]
    ]
    assert len(held) >= ENOUGH
    assert np.mean(held) >= PROMISED[0]


@pytest.mark.long
def test_a_process_left_out_has_a_crossover_inside(committed, second):
    """Of both machines and all families together: one alone has few."""
    found = [each.coverage_of_crossovers(family) for each in (committed, second) for family in each.families]
    together = pool_coverages(found)
    assert together.total >= 5 * ENOUGH
    assert PROMISED[0] <= together.share <= PROMISED[1], found
    assert all(coverage.share >= PROMISED[0] for coverage in found if coverage.total >= ENOUGH), found
