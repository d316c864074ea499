"""Form ``graph``: replays are the eager call, whatever data, rate and parameters come.

Without a card a capture is imitated: what was captured is called again on the tensors that it was captured with, which
is what a graph does. The tests marked ``cuda`` ask the device.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import bench_core
from bench_core.backends import _graph
from bench_core.method import DEVICES_OF
from benchmarks.harness import check
from tests.bench_core import judges

GRAPHS = [m for family in bench_core.FAMILIES for m in bench_core.methods(family, "torch") if "graph" in m.forms]
# What a library may do between the tensors that it is given is its own affair: LU is, on some versions, no graph.
LIBRARY = {"inverse", "slogdet_autodiff", "jacobian_autodiff", "value_tracking"}


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.name}"


def _problem(m: bench_core.Method) -> Any:
    return bench_core.problem(m.family, seed=6, **judges.of(m.family).room(m))


def _copy(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in arrays.items()}


def _walk(kernel: Any, problem: Any) -> list[dict[str, np.ndarray]]:
    """Results of calls one after the other: at first, again, steady, on other data, and anew."""
    found = []

    def call() -> None:
        out = kernel.run()
        kernel.wait(out)
        found.append(_copy(kernel.to_numpy(out)))

    call()
    call()
    kernel.reset(steady=True)
    call()
    kernel.refill(problem.unseen())
    call()
    kernel.reset()
    call()
    call()
    return found


def _assert_walks_agree(graph: Any, eager: Any, problem: Any) -> None:
    for got, want in zip(_walk(graph, problem), _walk(eager, problem), strict=True):
        assert got.keys() == want.keys()
        for name in want:
            np.testing.assert_allclose(got[name], want[name], rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.fixture
def captures(monkeypatch) -> list[Callable]:
    """Graphs on the CPU; the list grows by the function of every capture."""
    found: list[Callable] = []

    def record(function: Callable, arguments: tuple, pool: Any) -> tuple[Callable, Any, Any, int]:
        """A capture executes nothing: its arguments stay as they are, and its results hold no numbers yet."""
        found.append(function)
        given = _graph._tensors(arguments)
        before = [tensor.clone() for tensor in given]
        out = function(*arguments)
        results = _graph._tensors(out)
        for tensor in results:
            tensor.fill_(float("nan"))
        for tensor, kept in zip(given, before):
            tensor.copy_(kept)

        def replay() -> None:
            for held, fresh in zip(results, _graph._tensors(function(*arguments)), strict=True):
                if held is not fresh:
                    held.copy_(fresh)

        return replay, out, "pool", 1000

    monkeypatch.delitem(DEVICES_OF, "graph")
    monkeypatch.setattr(_graph, "_warm_up", lambda function, arguments: (function(*arguments), function(*arguments)))
    monkeypatch.setattr(_graph, "_record", record)
    return found


@pytest.mark.parametrize("m", GRAPHS, ids=_name)
def test_replays_are_the_eager_calls(m, captures):
    problem = _problem(m)
    graph, eager = (m.build(problem, dtype="float64", form=form) for form in ("graph", m.forms[0]))
    _assert_walks_agree(graph, eager, problem)
    assert len(captures) == (2 if m.in_place else 1)  # one for each rate, and none for new data or a reset
    assert graph.held_bytes == eager.held_bytes + 1000


@pytest.mark.parametrize("m", [m for m in GRAPHS if m.in_place], ids=_name)
def test_a_capture_leaves_the_parameters_where_they_were(m, captures):
    problem = _problem(m)
    kernel = m.build(problem, dtype="float64", form="graph")
    assert captures
    for name in problem.parameters:
        np.testing.assert_array_equal(kernel._placed[name].numpy(), problem.arrays[name])


def test_a_replay_writes_where_the_problems_results_are(captures):
    m = bench_core.method("logdet", "relative", "torch")
    problem = _problem(m)
    kernels = [m.build(problem, form=form) for form in ("graph", "eager", "graph")]
    first, *others = [[W.data_ptr() for W in kernel.run()[0]] for kernel in kernels]
    assert all(places == first for places in others)


def test_what_is_no_result_of_a_replay_is_found_out(captures):
    """The check after timing sees a graph that goes on with the data it was captured with."""
    m = bench_core.method("logdet", "relative", "torch")
    problem = _problem(m)
    kernel = m.build(problem, form="graph")
    assert check.judge_again(problem, problem.unseen(), kernel, m, "float32")[1] == ""
    kernel = m.build(problem, form="graph")
    kernel._placed["x"] = kernel._placed["x"].clone()  # no longer the memory that was captured
    kernel._call._take = lambda k, given: None
    assert check.judge_again(problem, problem.unseen(), kernel, m, "float32")[1]


def test_tensors_that_a_graph_does_not_know_are_copied_into_its_own(captures):
    function = _graph.Graph(lambda x, pair, rate: x * rate + pair[0], (torch.ones(3), (torch.ones(3),), 2.0), ())
    x, pair = torch.arange(3.0), (torch.full((3,), 5.0),)
    for _ in range(2):
        assert function(x, pair, 2.0).tolist() == [5.0, 7.0, 9.0]
        assert function(x, pair, 3.0).tolist() == [5.0, 8.0, 11.0]
        x[0], x[1] = 0.0, 1.0  # theirs may change: it is copied every time
    x += 1
    assert function(x, pair, 3.0).tolist() == [8.0, 11.0, 14.0]
    assert len(captures) == 2


def test_views_of_a_graphs_own_memory_are_not_copied_into_it(captures):
    """``inverse`` gives back a view of its ``out``, which is the ``out`` of its next call."""
    out = torch.zeros(2, 3)
    function = _graph.Graph(lambda x, out: torch.add(x, 1, out=out).view(2, 3), (torch.ones(2, 3), out), ())
    x = torch.arange(6.0).reshape(2, 3)
    given = function(x, out)
    assert given is not out
    for _ in range(2):
        assert function(x, given).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert function._known[1] is given
    turned = torch.zeros(3, 2)
    function(x, turned.T)  # other memory is copied, however often it comes
    assert function._known[1] is given


def test_a_form_that_the_device_has_not_is_one_line():
    m = bench_core.method("logdet", "relative", "torch")
    says = r"^unknown form on cpu 'graph'; allowed: eager, allocating, compiled$"
    with pytest.raises(ValueError, match=says):
        m.build(bench_core.problem("logdet", D=4), form="graph")


class _Fails(contextlib.AbstractContextManager):
    """A capture that is closed with an error of its own, as torch's is."""

    def __exit__(self, *given: Any) -> None:
        raise RuntimeError("operation failed due to a previous error during capture")


@pytest.mark.parametrize(
    ("raised", "becomes", "says"),
    [
        (RuntimeError("operation not permitted\nmore"), bench_core.Unavailable, "capture this function: operation not"),
        (torch.OutOfMemoryError("CUDA out of memory"), torch.OutOfMemoryError, "CUDA out of memory"),
    ],
)
def test_a_capture_that_fails_says_why_and_memory_that_ends_stays_that(raised, becomes, says, monkeypatch):
    for name in ("CUDAGraph", "reset_peak_memory_stats", "memory_allocated", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, lambda: 0)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "graph", lambda graph, pool, stream: _Fails())
    monkeypatch.setattr(_graph, "_side_stream", lambda: 0)

    def function() -> None:
        raise raised

    with pytest.raises(becomes, match=says) as caught:
        _graph._record(function, (), None)
    assert "\n" not in str(caught.value)


def test_what_waits_for_the_device_is_unavailable(monkeypatch):
    modes: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    for error, becomes in (
        (RuntimeError("called a synchronizing CUDA operation"), bench_core.Unavailable),
        (torch.OutOfMemoryError("CUDA out of memory"), torch.OutOfMemoryError),
    ):
        with pytest.raises(becomes), _graph._waits_are_errors():
            raise error
        assert modes[-2:] == ["error", 0]


# -- on a device ----------------------------------------------------------------------------------------------------

cuda = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="device 'cuda' is not available to torch here"),
]


def _marked(test: Callable) -> Callable:
    for mark in cuda:
        test = mark(test)
    return test


def _build_graph(m: bench_core.Method, problem: Any, dtype: str = "float64") -> Any:
    try:
        return m.build(problem, "cuda", dtype, "graph")
    except bench_core.Unavailable as refused:
        reason = str(refused)
    assert m.name in LIBRARY, reason
    assert "\n" not in reason
    # Nothing is left behind: the eager call is right, on the stream and in the memory that it had.
    kernel = m.build(problem, "cuda", dtype)
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert problem.error(kernel.to_numpy(kernel.run()), m) <= m.tolerance(dtype)
    pytest.skip(reason)


@_marked
@pytest.mark.parametrize("m", GRAPHS, ids=_name)
def test_replays_are_the_eager_calls_on_the_device(m):
    problem = _problem(m)
    graph = _build_graph(m, problem)
    _assert_walks_agree(graph, m.build(problem, "cuda", "float64"), problem)


@_marked
@pytest.mark.parametrize("m", GRAPHS, ids=_name)
def test_a_timed_graph_is_right_on_new_data(m):
    problem = _problem(m)
    graph = _build_graph(m, problem, "float32")
    for _ in range(3):
        graph.run()
    graph.reset(steady=True)
    graph.run()
    assert check.judge_again(problem, problem.unseen(), graph, m, "float32")[1] == ""


@_marked
@pytest.mark.parametrize("name", ["relative", "relative_step"])
def test_a_replay_takes_no_memory_and_the_graph_says_what_it_keeps(name):
    m = bench_core.method("logdet", name, "torch")
    problem = bench_core.problem("logdet", D=1024, B=64)
    eager, graph = (m.build(problem, "cuda", form=form) for form in ("eager", "graph"))
    for kernel in (graph, eager):  # what libraries take in a first call, and a graph for its second rate, is no call's
        kernel.run()
        kernel.wait(kernel.run())
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    graph.wait(graph.run())
    assert torch.cuda.max_memory_allocated() == before
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    eager.wait(eager.run())
    taken = torch.cuda.max_memory_allocated() - before + eager.held_bytes
    assert graph.held_bytes == pytest.approx(taken, rel=0.05)
