"""Delta W and Y W as one product: the same answers, and W is read once fewer."""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import bench_core
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch import _network
from bench_core.logdet.torch.layer import relative_flow

D, B, L = 24, 5, 3
STACKED = ("relative", "relative_step", "value_tracking", "gemm_floor", "relative_layer", "inverse_tracked")
# Products beside, in each layer: going forward only the floor has no bias to add; Delta V of all layers but the last.
BESIDE = {"gemm_floor": L, "inverse_tracked": L - 1}


class _Rows(TorchDispatchMode):
    """Rows of every product with a square matrix on its right."""

    def __init__(self):
        super().__init__()
        self.found: list[int] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.mm.default and tuple(args[1].shape) == (D, D):
            self.found.append(args[0].shape[0])
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", STACKED)
def test_stacked_products_give_the_same_answers(name, monkeypatch):
    monkeypatch.setattr(_network, "STACKED_FROM", D)
    problem = bench_core.problem("logdet", D=D, B=B, L=L)
    m = bench_core.method("logdet", name, "torch")
    kernel = m.build(problem, dtype="float64")
    out = kernel.run()
    assert problem.error(kernel.to_numpy(out), m) < 1e-12
    with _Rows() as rows:
        kernel.run()
    # All but the first layer's two products are one.
    assert sorted(rows.found) == [B] * (BESIDE.get(name, 0) + 1) + [2 * B] * (L - 1)


@pytest.mark.parametrize(
    ("frozen", "rows"), [("", [2 * B] * L), ("x", [B] + [2 * B] * (L - 1)), ("W1", [B] + [2 * B] * (L - 1))]
)
def test_a_layer_stacks_what_is_asked_of_it(frozen, rows, monkeypatch):
    """Down to the gradient by x, and no ``Y W`` of a weight that is not trained."""
    problem = LogdetProblem(D=D, B=B, L=L)
    given = {name: torch.from_numpy(a).requires_grad_(name != frozen) for name, a in problem.arrays.items()}
    weights, biases = ([given[f"{letter}{k}"] for k in range(L)] for letter in "Wb")
    asked = [array for name, array in given.items() if name != frozen]
    found = []
    for start in (10 * D, D):
        monkeypatch.setattr(_network, "STACKED_FROM", start)
        z, logabsdet = relative_flow(given["x"], weights, biases, problem.alpha)
        loss = (z**2).sum() + (logabsdet**2).sum()
        with _Rows() as seen:
            found.append(torch.autograd.grad(loss, asked))
    assert sorted(seen.found) == rows
    for stacked, plain in zip(*found):
        torch.testing.assert_close(stacked, plain, rtol=1e-10, atol=1e-10 * float(plain.abs().max()))


@pytest.mark.parametrize("name", STACKED)
def test_small_or_wide_batches_are_not_stacked(name):
    m = bench_core.method("logdet", name, "torch")
    for batch in (B, 2 * D):
        kernel = m.build(bench_core.problem("logdet", D=D, B=batch, L=L), dtype="float64")
        with _Rows() as rows:
            kernel.run()
        assert 2 * batch not in rows.found


def test_tensors_cut_over_devices_or_on_another_device_are_not_stacked(monkeypatch):
    class Cut(torch.Tensor):
        pass

    monkeypatch.setattr(_network, "STACKED_FROM", D)
    x = torch.zeros(B, D)
    assert _network.takes_stacked(x)
    assert not _network.takes_stacked(x.as_subclass(Cut))
    assert not _network.takes_stacked(x.to("meta"))
