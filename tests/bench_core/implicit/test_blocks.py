"""JAX's GMRES makes its vectors orthogonal in blocks: those of the device that its program is for."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench_core.implicit import settings
from bench_core.implicit.jax.gmres import gmres
from bench_core.implicit.settings import Stop

B, D, RESTART = 3, 12, 5


def _lengths(platform: str) -> set[int]:
    """How long a basis of ``RESTART`` + 1 vectors is in the program for this platform: whole blocks of six or of four.
    Nothing is compiled.
    """
    operator = SimpleNamespace(vjp=lambda w: 0.5 * w)
    traced = jax.jit(lambda v: gmres(operator, v, stop=Stop(1e-6), restart=RESTART)).trace(jnp.zeros((B, D)))
    text = traced.lower(lowering_platforms=(platform,)).as_text()
    return {length for length in (6, 8) if f"tensor<{B}x{length}x{D}xf32>" in text}


def test_a_program_has_the_blocks_of_its_device(monkeypatch):
    assert settings.block("cpu") == settings.block("cuda") == 4  # the same where nobody has measured another
    assert _lengths("cpu") == _lengths("cuda") == {8}
    monkeypatch.setitem(settings.BLOCK, "cuda", 6)
    assert _lengths("cuda") == {6}
    assert _lengths("cpu") == {8}


@pytest.mark.parametrize("block", [3, pytest.param(1, marks=pytest.mark.slow), pytest.param(9, marks=pytest.mark.slow)])
def test_the_answer_does_not_depend_on_the_blocks(monkeypatch, block):
    """Nor does the number of iterations, over cycles that are no whole number of blocks."""
    rng = np.random.default_rng(0)
    A, v = 0.8 * np.linalg.qr(rng.standard_normal((D, D)))[0], rng.standard_normal((B, D))

    def solve():
        with jax.enable_x64():
            operator = SimpleNamespace(vjp=lambda w: w @ jnp.asarray(A))
            return jax.jit(lambda v: gmres(operator, v, stop=Stop(1e-10), restart=7))(jnp.asarray(v))

    wanted = solve()
    monkeypatch.setitem(settings.BLOCK, "cpu", block)
    got = solve()
    np.testing.assert_array_equal(got.iterations, wanted.iterations)
    np.testing.assert_allclose(got.w, np.linalg.solve(np.eye(D) - A.T, v.T).T, rtol=1e-7, atol=1e-9)
