"""``relative_step`` holds no gradient-sized buffer beside W, and gradients are written where the last ones were,
whichever kernel of the problem wrote them.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import jax
import numpy as np
import pytest

import bench_core
from benchmarks.harness import memory

D = 3000
SQUARE = 4 * D * D
OVERWRITE = ("relative", "relative_published", "transposed", "inverse", "gemm_floor")
# What is compared with them has its gradients written as theirs are.
ESTIMATES = ("self_normalizing_10", "free_form_10", "hutchinson_cg_10")
# By reverse mode, which takes memory of its own in torch.
AUTODIFF = ("slogdet_autodiff", "jacobian_autodiff", "jacobian_autodiff_chunked", "relative_layer")


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_step_needs_far_less_than_a_gradient(backend):
    problem = bench_core.problem("logdet", D=D, B=20, L=2)
    peaks = {}
    for name in ("relative", "relative_step"):
        kernel = bench_core.method("logdet", name, backend).build(problem)
        kernel.wait(kernel.run())
        if backend == "jax":
            peaks[name] = memory.of_program(kernel)
        else:
            with memory.watch("cpu") as peak:
                kernel.wait(kernel.run())
            peaks[name] = peak.bytes
        peaks[name] += kernel.held_bytes
    assert peaks["relative"] >= 1.9 * SQUARE
    assert peaks["relative_step"] <= 0.35 * SQUARE


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", OVERWRITE)
def test_gradients_are_written_into_the_buffers_of_the_last_call(backend, name):
    """The default of repeated calls: no fresh pages; the form ``allocating`` takes them."""
    problem = bench_core.problem("logdet", D=64, B=6)
    m = bench_core.method("logdet", name, backend)
    kernel = m.build(problem)
    assert kernel.held_bytes >= 2 * 4 * 64 * 64
    places = []
    for _ in range(3):
        out = kernel.run()
        kernel.wait(out)
        places.append(_places(m, out))
        error = problem.error(kernel.to_numpy(out), m)
        assert error < 1e-5
        del out
    assert places[0] == places[1] == places[2]
    if "allocating" in m.forms:
        fresh = m.build(problem, form="allocating")
        assert fresh.held_bytes == 0
        held = [fresh.run() for _ in range(2)]
        assert not {*_places(m, held[0])} & {*_places(m, held[1])}
        assert problem.error(fresh.to_numpy(held[0]), m) == problem.error(fresh.to_numpy(held[1]), m) < 1e-5


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", ESTIMATES)
def test_estimates_are_written_into_the_buffers_of_the_last_call(backend, name):
    """By the inverses, too, where they are learned; and the numbers are those of the function without buffers."""
    problem = bench_core.problem("logdet", D=64, B=6, L=1)
    m = bench_core.method("logdet", name, backend)
    kernel: Any = m.build(problem, dtype="float64")
    arguments = kernel._arguments()[:-1]
    settings = {"iterations": m.settings["iterations"]} if "iterations" in m.settings else {}
    with jax.enable_x64(True):
        wanted = [np.asarray(a) for a in jax.tree.leaves(m.function(*arguments, **settings))]
    places = []
    for _ in range(3):
        out = kernel.run()
        kernel.wait(out)
        sides = [out[0], *out[2:]]
        places.append(
            [a.data_ptr() if backend == "torch" else a.unsafe_buffer_pointer() for side in sides for a in side]
        )
        for got, want in zip(jax.tree.leaves(out), wanted, strict=True):
            np.testing.assert_allclose(np.asarray(got), want, rtol=1e-9, atol=1e-12)
        assert kernel.held_bytes == 8 * (64 + len(places[-1]) * 64 * 64)
        del out, sides
    assert [sorted(place) for place in places] == [sorted(places[0])] * 3


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_who_gives_a_gradient_has_it_written_where_the_last_one_was(backend):
    """All but what autograd allocates, libraries' layers, and steps, which hold none."""
    gradients = ("relative", "transposed", "ordinary", "ordinary_with_value", "factors", "tracked", "products")
    for m in bench_core.methods("logdet", backend):
        if m.computes in (*gradients, "self_normalizing", "free_form") and m.role != "peer":
            assert m.buffers != (m.name in AUTODIFF), m.name


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_kernels_that_learn_an_inverse_share_one_set_more(backend):
    """Beside that of the parameters, which all share; without one of them it is gone."""
    problem = bench_core.problem("logdet", D=40, B=6, L=1)
    (_, plain), (_, first), (_, second) = _built(backend, problem, ("relative", "self_normalizing_10", "free_form_10"))
    assert first._results is second._results is plain._results
    assert first._learned is second._learned is not None
    assert plain._learned is None
    assert first.lent_bytes == plain.held_bytes
    assert first.held_bytes == plain.held_bytes + 4 * 40 * 40
    for _, kernel in [(None, first), (None, plain), (None, second)] * 2:
        kernel.wait(kernel.run())
    m = bench_core.method("logdet", "relative", backend)
    assert problem.error(plain.to_numpy(plain.run()), m) < 1e-5
    learned = weakref.ref(first._learned)
    del first, second, kernel
    gc.collect()
    assert learned() is None


def _built(
    backend: str, problem: Any, names: tuple[str, ...] = OVERWRITE, dtype: str = "float32"
) -> list[tuple[bench_core.Method, Any]]:
    methods = [bench_core.method("logdet", name, backend) for name in names]
    return [(m, m.build(problem, dtype=dtype)) for m in methods]


def _weights(m: bench_core.Method, out: Any) -> list[Any]:
    return out if m.computes == "products" else out[0]


def _places(m: bench_core.Method, out: Any) -> list[int]:
    return [W.data_ptr() if m.backend == "torch" else W.unsafe_buffer_pointer() for W in _weights(m, out)]


def test_torch_kernels_of_a_problem_write_into_the_same_memory():
    problem = bench_core.problem("logdet", D=40, B=6)
    built = _built("torch", problem)
    first, *others = [[W.data_ptr() for W in _weights(m, kernel.run())] for m, kernel in built]
    assert all(places == first for places in others)
    m = bench_core.method("logdet", "relative", "torch")
    elsewhere = [
        m.build(problem, form="allocating"),
        m.build(problem, dtype="float64"),
        m.build(problem.with_data({})),
        m.build(bench_core.problem("logdet", D=40, B=6)),
    ]
    for kernel in elsewhere:
        out = kernel.run()
        assert not {W.data_ptr() for W in out[0]} & {*first}


def test_jax_kernels_of_a_problem_give_each_other_their_results_memory():
    problem = bench_core.problem("logdet", D=40, B=6)
    (_, first), (_, second), (_, floor) = _built("jax", problem, ("relative", "transposed", "gemm_floor"))
    out = first.run()
    after = second.run()
    assert all(array.is_deleted() for array in jax.tree.leaves(out))
    floor.run()
    assert all(W.is_deleted() for W in after[0])
    assert not any(b.is_deleted() for b in after[1])  # the products have no gradient by the biases


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_kernels_that_share_answer_right_in_turn(backend):
    problem = bench_core.problem("logdet", D=40, B=6)
    fresh, shared = problem.unseen(), _built(backend, problem)
    for question in (problem, fresh):
        if question is fresh:
            for _, kernel in shared:
                kernel.refill(fresh)
        for m, kernel in [*shared, *reversed(shared)]:
            assert question.error(kernel.to_numpy(kernel.run()), m) < 1e-5, m.name


@pytest.mark.long
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_rows_of_a_session_hold_one_set_of_results(backend):
    """At D = 20,000 every set is 3.2 GB. The kernels' own memory, by the allocator (torch), by what lives (JAX)."""
    size = 701
    problem = bench_core.problem("logdet", D=size, B=4)
    one = 2 * 4 * size * size
    if backend == "torch":
        with memory.watch("cpu") as peak:
            built = _built(backend, problem)
            for _, kernel in built:
                kernel._results.last[0][0].fill_(1)  # the instrument has seen something
        assert peak.bytes is not None
        assert one <= peak.bytes < 1.1 * one
    else:
        built = _built(backend, problem)
        for _, kernel in built:
            kernel.wait(kernel.run())
        weights = sum(array.nbytes for array in jax.live_arrays() if array.shape == (size, size))
        assert weights == 2 * one  # the problem's own and the results
    floor = [kernel.held_bytes for m, kernel in built if m.name == "gemm_floor"]
    assert floor == [one]
    assert {kernel.held_bytes for m, kernel in built if m.name != "gemm_floor"} == {one + 2 * 4 * size}
    results = weakref.ref(built[0][1]._results)
    del built, kernel
    gc.collect()
    assert results() is None  # nothing is held when no kernel needs it


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_a_failed_call_took_along_is_there_again_for_the_others(dtype):
    """In its own precision, whatever the user's switch says meanwhile."""
    problem = bench_core.problem("logdet", D=40, B=6)
    (_, failing), (m, other) = _built("jax", problem, ("relative", "transposed"), dtype)

    def fail(*given: Any) -> Any:
        for array in jax.tree.leaves(given[-1]):
            array.delete()
        raise MemoryError("RESOURCE_EXHAUSTED")

    failing._call = fail
    with pytest.raises(MemoryError):
        failing.run()
    assert problem.error(other.to_numpy(other.run()), m) < 1e-5


class _Broken:
    """A result of a call that ran out of memory on the device, after it was launched."""

    def is_deleted(self) -> bool:
        return False

    def block_until_ready(self) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate")


@pytest.mark.parametrize("waited", [True, False])
def test_what_fails_while_it_is_waited_for_leaves_results_for_the_others(waited):
    problem = bench_core.problem("logdet", D=40, B=6)
    (_, failing), (m, other) = _built("jax", problem, ("relative", "transposed"))

    def fail(*given: Any) -> Any:
        for array in jax.tree.leaves(given[-1]):
            array.delete()
        return jax.tree.map(lambda array: _Broken(), given[-1])

    failing._call = fail
    out = failing.run()
    if waited:
        with pytest.raises(RuntimeError, match="RESOURCE_EXHAUSTED"):
            failing.wait(out)
    else:  # the next kernel is built before anyone has waited
        other = m.build(problem)
    assert problem.error(other.to_numpy(other.run()), m) < 1e-5


@pytest.mark.parametrize("name", ["relative_step", "value_tracking"])
def test_a_reset_takes_no_second_copy_of_the_parameters(name):
    problem = bench_core.problem("logdet", D=40, B=6)
    kernel: Any = bench_core.method("logdet", name, "torch").build(problem)
    first = {key: np.array(array) for key, array in kernel.to_numpy(kernel.run()).items()}
    places = [W.data_ptr() for W in kernel._state[0]]
    kernel.run()
    kernel.reset()
    assert [W.data_ptr() for W in kernel._state[0]] == places
    for key, array in kernel.to_numpy(kernel.run()).items():
        np.testing.assert_array_equal(array, first[key])
