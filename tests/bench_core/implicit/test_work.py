"""No solver of ours does what its method can do without, and no library is given too few pairs."""

from __future__ import annotations

import importlib

import pytest
import torch

import bench_core
from bench_core.implicit.settings import KEPT
from bench_core.implicit.torch._batch import divide
from tests.bench_core.aten import Count

SIZES = {"D": 32, "B": 8, "gamma": 0.9, "T": "symmetric", "tol": 1e-6}


def _build(name, backend, **sizes):
    problem = bench_core.problem("implicit", **SIZES | sizes)
    return bench_core.method("implicit", name, backend).build(problem, dtype="float64")


def _count(kernel):
    with Count() as count:
        out = kernel.run()
    return count.calls, kernel.iterations(out)


def test_whether_a_sample_is_done_takes_few_operations_while_none_is():
    """Sixteen or more of them took longer than the product itself at D = 32."""
    cut, plain, long = (_build(name, "torch") for name in ("neumann_5", "neumann_20", "neumann"))
    product = (_count(plain)[0] - _count(cut)[0]) / 15
    made, iterations = _count(long)
    assert iterations > 40
    assert made / iterations < product + 10


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_shine_has_no_pair_that_the_forward_solve_did_not_make(backend):
    kernel = _build("shine", backend, gamma=0.5)
    left = kernel.to_numpy({name: kernel._extra[name] for name in ("left",)})["left"]
    assert 1 <= len(left) < KEPT
    assert left[-1].any()


def _program(name):
    return _build(name, "jax", D=16)._call.as_text()


def test_a_truncated_gmres_has_no_loop_over_its_vectors():
    text = _program("gmres_10")
    assert " dot(" in text
    assert " while(" not in text
    assert " scatter(" not in text


def test_gmres_turns_a_column_and_keeps_no_product_of_rotations():
    assert f"[8,{KEPT + 1},{KEPT + 1}]" not in _program("gmres")


@pytest.mark.parametrize("name", ["broyden", "anderson"])
def test_inner_products_that_are_known_are_not_taken_again(name, monkeypatch):
    """Broyden's method applies its inverse twice an iteration, to two pairs in the mean; Anderson's has one new column,
    of all five.
    """
    kernel = _build(name, "torch")
    solver = importlib.import_module(f"bench_core.implicit.torch._{name}")
    pairs, taken, dot = kernel._method.module.WINDOW, 0, solver.dot

    def counted(*given):
        nonlocal taken
        taken += 1
        return dot(*given)

    monkeypatch.setattr(solver, "dot", counted)
    iterations = kernel.iterations(kernel.run())
    assert iterations > 10
    assert 0 < taken / iterations <= pairs + 2


def test_torchdeqs_anderson_has_more_pairs_where_they_save_iterations():
    pytest.importorskip("torchdeq")
    assert _build("torchdeq_anderson", "torch", D=64, gamma=0.99).settings["m"] == 10
    assert "m" not in _build("torchdeq_anderson", "torch", D=64, T="random").settings


def test_a_number_over_zero_is_zero_and_tiny_ones_are_divided():
    tiny = torch.tensor([[1e-40], [0.0], [2.0]])
    got = divide(torch.tensor([[3e-40], [1.0], [1.0]]), tiny)
    torch.testing.assert_close(got, torch.tensor([[3.0], [0.0], [0.5]]), rtol=1e-4, atol=0)
