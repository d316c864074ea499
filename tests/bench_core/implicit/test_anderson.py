"""Anderson acceleration in JAX: what an iteration reads of its window, and that what it carries stays true."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import bench_core
from bench_core.implicit.jax._anderson import accelerate
from bench_core.implicit.jax._batch import Progress, norm
from bench_core.implicit.settings import WINDOW, Stop


def test_an_iteration_reads_each_half_of_its_window_by_one_product():
    """Ten inner products and five passes more in its place took a fifth to two fifths longer."""

    def solve(v):
        progress, stop = Progress.of(norm(v)), Stop(1e-6)
        return accelerate(lambda w: v + 0.5 * w, jnp.zeros_like(v), v, progress, stop, relative=False, window=WINDOW)[0]

    v = jnp.ones((3, 7))
    assert str(jax.make_jaxpr(solve)(v)).count("dot_general[") == 2
    assert jnp.allclose(solve(v), 2 * v, rtol=1e-5)


def test_carried_inner_products_cost_no_iterations():
    """torch computes them anew in every iteration; over a hundred of these, in float32, both need as many."""
    problem = bench_core.problem("implicit", D=64, B=4, gamma=0.99, T="rotation", tol=1e-4)
    taken = {}
    for backend in bench_core.BACKENDS:
        m = bench_core.method("implicit", "anderson", backend)
        kernel = m.build(problem, dtype="float32")
        out = kernel.run()
        assert problem.fault(kernel.to_numpy(out), m, "float32") == ""
        taken[backend] = kernel.iterations(out)
    assert taken["jax"] <= 1.1 * taken["torch"]
