"""Delta W and Y W as one product: the same answers, and W is read once fewer."""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import bench_core
from bench_core.logdet.torch import _network

D, B, L = 24, 5, 3
STACKED = ("relative", "relative_step", "value_tracking", "gemm_floor")


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
    # All but the first layer's two products are one. (Going forward only the floor has no bias to add.)
    forward = L if name == "gemm_floor" else 0
    assert sorted(rows.found) == [B] * (forward + 1) + [2 * B] * (L - 1)


@pytest.mark.parametrize("name", STACKED)
def test_small_or_wide_batches_are_not_stacked(name):
    m = bench_core.method("logdet", name, "torch")
    for batch in (B, 2 * D):
        kernel = m.build(bench_core.problem("logdet", D=D, B=batch, L=L), dtype="float64")
        with _Rows() as rows:
            kernel.run()
        assert 2 * batch not in rows.found


def test_tensors_cut_over_devices_are_not_stacked(monkeypatch):
    class Cut(torch.Tensor):
        pass

    monkeypatch.setattr(_network, "STACKED_FROM", D)
    x = torch.zeros(B, D)
    assert _network.takes_stacked(x)
    assert not _network.takes_stacked(x.as_subclass(Cut))
