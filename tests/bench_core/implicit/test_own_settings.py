"""None of our solvers runs with a setting that costs much on an ordinary problem."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bench_core
from tests.bench_core.peer_settings import SIZES
from tests.bench_core.test_peer_settings import alternate

# Other values of what is fixed for all problems; a solver that is hard pressed may want more.
OTHERS = {"pairs": (3, 10, 30), "window": (3, 8), "restart": (20,)}
SOLVERS = {
    "broyden": "pairs",
    "forward_broyden": "pairs",
    "anderson": "window",
    "forward_anderson": "window",
    "gmres": "restart",
}


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", SOLVERS)
def test_no_setting_of_ours_costs_a_quarter(name, backend):
    """With any other value a call takes four fifths of ours or more. Broyden's method with 30 pairs does not pass."""
    m, setting = bench_core.method("implicit", name, backend), SOLVERS[name]
    problem = bench_core.problem("implicit", **SIZES["implicit"])
    kernels = {"ours": m.build(problem, dtype="float64")}
    for value in OTHERS[setting]:
        settings = tuple((m.settings | {setting: value}).items())
        other = replace(m, declaration=replace(m.declaration, settings=settings))
        kernels[f"{setting} = {value}"] = other.build(problem, dtype="float64")
    for kernel in kernels.values():
        assert problem.fault(kernel.to_numpy(kernel.run()), m, "float64") == ""
    times = alternate({label: lambda kernel=kernel: kernel.wait(kernel.run()) for label, kernel in kernels.items()})
    assert not {label: taken for label, taken in times.items() if times["ours"] > 1.25 * taken}, times
