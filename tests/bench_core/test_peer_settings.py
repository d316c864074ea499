"""No library runs with a setting that only takes time, and of none that it offers nothing is said."""

from __future__ import annotations

import inspect
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bench_core
from bench_core.implicit.tuning import Prepared
from bench_core.masters import relative_error
from tests.bench_core.peer_settings import FEWEST, FOUND, NAMED, SIZES, TABLE, Of, Tried, find
from tests.bench_core.test_peers import _adapters

DOUBLE = "float64"
ROWS = [given.values[0] for given in _adapters()]
# Settings are an adapter's: one row each of the integrals, whose rows differ in the tolerance.
TIMED = ("dopri5_direct_1e-06", "dopri5_adjoint_1e-06", "dopri5_per_sample_1e-06", "inverse_lu_dopri5")


def _place(m: bench_core.Method) -> tuple[str, str, str]:
    row = m.name.removesuffix("_vmapped") if m.family == "implicit" else m.declaration.kernel or m.name
    return m.family, m.backend, row


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


def _offered(call: str) -> dict[str, inspect.Parameter]:
    """The parameters of a library's function or class, or of what such a function returns, by name."""
    found = find(Of(call.removesuffix("()"), {} if call.endswith("()") else None))
    given = inspect.signature(found.__init__ if inspect.isclass(found) else found).parameters
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in given.items() if p.kind not in various and name != "self"}


def test_every_librarys_row_is_in_the_table():
    assert {_place(m) for m in ROWS} == set(TABLE)
    listed = [m for f in bench_core.FAMILIES for b in bench_core.BACKENDS for m in bench_core.methods(f, b)]
    assert {_name(m) for m in listed if m.role == "peer"} <= {_name(m) for m in ROWS}
    assert {m.name for m in ROWS if m.family == "line_integral"} >= set(TIMED)


@pytest.mark.parametrize("m", ROWS, ids=_name)
def test_the_table_has_every_setting_that_the_library_offers_and_the_value_of_ours(m):
    """A version that offers another, or has another default, is to be read."""
    calls = TABLE[_place(m)]
    assert set(m.settings) <= set(NAMED)
    for call, settings in calls.items():
        offered = _offered(call)
        new, gone = offered.keys() - settings.keys(), settings.keys() - offered.keys()
        assert not new, f"{call} offers {', '.join(sorted(new))}, of which the table says nothing"
        assert not gone, f"{call} offers {', '.join(sorted(gone))} no more"
        ours = inspect.signature(m.function).parameters
        for name, tried in settings.items():
            if isinstance(tried, Tried) and tried.ours is not FOUND:
                default = (ours if name in ours else offered)[name].default
                assert default == find(tried.ours), f"{name} of {call} is {default}, and not {tried.ours}"


def _tried(m: bench_core.Method) -> dict[str, Tried]:
    calls = TABLE[_place(m)].values()
    return {name: tried for of_call in calls for name, tried in of_call.items() if isinstance(tried, Tried)}


def _list() -> Iterator[Any]:
    """One row of each adapter, as the settings of a row sample by sample are its batch's; each problem of a setting."""
    for m in ROWS:
        if (m.family != "line_integral" or m.name in TIMED) and not m.name.endswith("_vmapped") and _tried(m):
            yield pytest.param(m, _tried(m), SIZES[m.family], id=_name(m))
            further = [sizes for tried in _tried(m).values() for sizes in tried.also]
            for sizes in (sizes for j, sizes in enumerate(further) if sizes not in further[:j]):
                also = {name: tried for name, tried in _tried(m).items() if sizes in tried.also}
                yield pytest.param(m, also, sizes, id=f"{_name(m)}-{'-'.join(also)}")


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(("m", "settings", "sizes"), list(_list()))
def test_no_setting_costs_a_tenth(m, settings, sizes, monkeypatch):
    """With any other value that answers as well a call takes nine tenths of ours or more."""
    problem = bench_core.problem(m.family, **sizes)
    try:
        ours = m.build(problem, dtype=DOUBLE)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    answer, kernels = _answer(ours), {"ours": ours}
    for name, tried in settings.items():
        before = len(kernels)
        for value in tried.others:
            given = _count(m, ours) if value is FEWEST else find(value)
            kernel = _build(m, problem, name, given, None if tried.searched else ours, monkeypatch)
            if _serves(m, problem, _answer(kernel), answer):
                kernels[f"{name} = {given}"] = kernel
        assert len(kernels) > before, f"{name}: no value tried answers as well; the table is to say why"
    times = alternate({label: lambda kernel=kernel: kernel.wait(kernel.run()) for label, kernel in kernels.items()})
    assert not {label: taken for label, taken in times.items() if times["ours"] > 1.1 * taken}, times


def _build(m: bench_core.Method, problem: Any, name: str, given: Any, ours: Any, monkeypatch: Any) -> Any:
    """The row with another value of one setting; with what was found for ours, where that holds."""
    other = replace(m, declaration=replace(m.declaration, settings=tuple((m.settings | {name: given}).items())))
    with monkeypatch.context() as patch:
        if m.family == "implicit" and ours is not None:
            found = Prepared({}, ours.settings | {name: given})
            patch.setattr(m.module, "prepare", lambda *_, **__: found)
        return other.build(problem, dtype=DOUBLE)


def _answer(kernel: Any) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def _count(m: bench_core.Method, kernel: Any) -> int:
    """The iterations that torchdeq takes: its products, of which Broyden's method has one before the first."""
    counted = kernel._operators.Counted(kernel._operator)
    m.function(counted, kernel._placed["v"], **kernel.settings)
    return int(counted.vjps) - (m.settings["solver"] == "broyden")


def _serves(m: bench_core.Method, problem: Any, answer: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> bool:
    """Whether an answer is within the row's tolerance: of its residual; of an adaptive integral its error, which may be
    ours where that is larger; of an estimate its distance from ours.
    """
    if m.exact:
        return problem.fault(answer, m, DOUBLE) == ""
    tolerance = problem.tolerance(m, DOUBLE)
    if m.iterative:
        return problem.error(answer, m) <= max(tolerance, 1.1 * problem.error(ours, m))
    return all(relative_error(answer[name] - array, array) <= tolerance for name, array in ours.items())


def alternate(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median seconds of each, called in turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(40):
        for name in sorted(calls, reverse=turn % 2 == 1):
            start = time.perf_counter()
            calls[name]()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}
