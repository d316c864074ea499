"""The carried inverse over many float32 steps, and taken anew where it is asked for."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import bench_core
from bench_core.logdet.oracle import Oracle
from bench_core.method import load_backend
from benchmarks.harness import memory

D, B = 200, 50
METHODS = {backend: bench_core.method("logdet", "inverse_tracked", backend) for backend in bench_core.BACKENDS}


def _run(backend: str, steps: int, rate: float):
    """Weights, inverses and the last gradients of two layers after so many steps in float32, new data every step; and
    what the last step was given.
    """
    function = METHODS[backend].function
    problem = bench_core.problem("logdet", D=D, B=B, L=2, seed=0)
    take = (lambda a: torch.from_numpy(a.copy())) if backend == "torch" else jnp.asarray
    weights = [take(problem.masters[f"W{k}"]) for k in range(2)]
    biases = [take(problem.masters[f"b{k}"]) for k in range(2)]
    inverses = [take(np.linalg.inv(problem.masters[f"W{k}"]).T.copy()) for k in range(2)]
    to_numpy = load_backend(backend).to_numpy

    def read(array) -> np.ndarray:
        return to_numpy(array).astype(np.float64)

    call = function if backend == "torch" else jax.jit(function)
    rng = np.random.default_rng(1)
    before = []
    for step in range(steps):
        x = take(rng.standard_normal((B, D), dtype=np.float32))
        if step == steps - 1:
            before = [read(a) for a in (*weights, *biases, x)]
        weights, biases, inverses, *gradients = call(x, weights, biases, inverses, problem.alpha, rate)
    return [[read(a) for a in side] for side in (weights, inverses, gradients[0])], before


# What drifts is the algorithm: one backend shows it.
TORCH_FIRST = ["torch", pytest.param("jax", marks=pytest.mark.slow)]


def _drift(weights, inverses) -> float:
    return np.max([np.linalg.norm(V.T @ W - np.eye(D)) / np.sqrt(D) for W, V in zip(weights, inverses)])


@pytest.mark.parametrize("backend", TORCH_FIRST)
def test_drift_over_hundreds_of_steps(backend):
    """Rounding adds up slowly: after 500 steps that have moved W far the gradient is still float32's."""
    (weights, inverses, gradients), before = _run(backend, 500, 1e-3)
    start = bench_core.problem("logdet", D=D, B=B, L=2, seed=0)
    assert all(np.linalg.norm(W - start.arrays[f"W{k}"]) > 0.1 * np.linalg.norm(W) for k, W in enumerate(weights))
    assert _drift(weights, inverses) < 1e-4
    # The gradients are those at the parameters that the last call was given.
    W0, W1, b0, b1, x = before
    oracle = Oracle(bench_core.logdet.LogdetProblem.from_arrays(x, [W0, W1], [b0, b1]))
    for k, gradient in enumerate(gradients):
        true = oracle.weight_times(k, "ordinary")
        assert np.linalg.norm(gradient - true) < 1e-4 * np.linalg.norm(true)


@pytest.mark.parametrize("backend", TORCH_FIRST)
def test_an_anchor_forgets_what_was_carried(backend):
    """Given inverses of nothing at all, with it the results are those of the right ones."""
    problem = bench_core.problem("logdet", D=12, B=5, L=2, seed=3)
    m = METHODS[backend]
    kernel = m.build(problem, dtype="float64")
    right = {name: np.array(a) for name, a in kernel.to_numpy(kernel.run()).items()}
    kernel.reset()
    x, weights, biases, inverses, alpha, rate, _ = kernel._arguments()
    with kernel._backend.pinned("float64"):
        zeros = [0 * V for V in inverses]
        out = m.function(x, weights, biases, zeros, alpha, rate, anchor=True)
    got = kernel.to_numpy(out)
    for name, array in right.items():
        np.testing.assert_allclose(got[name], array, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_reset_keeps_no_more_digits_than_it_places(dtype):
    """In float64 they would take as much memory as two weights."""
    kernel = METHODS["torch"].build(bench_core.problem("logdet", D=8, B=3), dtype=dtype)
    assert {V.dtype for V in kernel._inverses} == {np.dtype(dtype)}


def test_jax_holds_no_more_than_it_returns():
    """Weights, inverses and gradients are overwritten: of what is held beside them nothing is D x D."""
    size = 2000
    problem = bench_core.problem("logdet", D=size, B=20, L=1)
    kernel = METHODS["jax"].build(problem)
    assert memory.of_program(kernel) < 0.7 * 4 * size**2


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_what_is_carried_counts_as_held(backend):
    """Beside the gradients, which the kernels of a problem share, the inverses, which are its own."""
    problem = bench_core.problem("logdet", D=64, B=6, L=2)
    kernel, other = (
        bench_core.method("logdet", name, backend).build(problem) for name in ("inverse_tracked", "inverse")
    )
    assert kernel.lent_bytes == other.held_bytes
    assert kernel.held_bytes == other.held_bytes + 2 * 4 * 64 * 64
