"""A module's Parameters in the plain functions that write in place: under ``torch.no_grad()``, as optimisers do."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch.nn import Parameter
from torch.utils._pytree import tree_leaves, tree_map

import bench_core

# Those that overwrite their parameters, and those that take ``out``.
METHODS = [m for m in bench_core.methods("logdet", "torch") if m.in_place or m.buffers]
each = pytest.mark.parametrize("m", METHODS, ids=lambda m: m.name)
SIZES = [{"D": 6, "B": 4, "L": 2}, {"D": 4, "B": 7, "L": 2}]  # the products differ in order where B > D


def _arguments(m: bench_core.Method, sizes: dict[str, int]) -> tuple:
    only = {name: values[0] for name, values in m.declaration.only}
    return m.build(bench_core.problem("logdet", seed=4, **sizes | only))._arguments()


def _call(m: bench_core.Method, given: tuple, kind: type) -> tuple[Any, list[Any], list[Any]]:
    """What the plain function returns of copies of these arguments; its weights and biases, which are of this kind,
    and its buffers.
    """
    x, *sides, rest = _copy((given[0], *given[1:3], given[3:]))
    weights, biases = ([array if kind is torch.Tensor else kind(array) for array in side] for side in sides)
    out = {"out": rest[-1]} if m.buffers else {}
    settings = {name: value for name, value in m.settings.items() if name == "iterations"}  # ``prepare`` takes the rest
    returned = m.function(x, weights, biases, *rest[: len(rest) - len(out)], **out, **settings)
    return returned, [*weights, *biases], tree_leaves(out)


def _copy(given: Any) -> Any:
    return tree_map(lambda each: each.clone() if isinstance(each, torch.Tensor) else each, given)


@each
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_parameters_are_answered_as_tensors_are(m, sizes):
    """To the last bit, and where they were: a step is the Parameters' own, a gradient is in the buffers."""
    given = _arguments(m, sizes)
    before = [array.clone() for array in tree_leaves(given[1:3])]
    wanted, *_ = _call(m, given, torch.Tensor)
    with torch.no_grad():
        got, parameters, buffers = _call(m, given, Parameter)
    pairs = [*zip(tree_leaves(got), tree_leaves(wanted), strict=True)]
    assert all(torch.equal(a, b) for a, b in pairs)
    places = {array.data_ptr() for array, _ in pairs}
    assert places >= {array.data_ptr() for array in buffers}
    if m.in_place:
        assert places >= {array.data_ptr() for array in parameters}
    changed = [not torch.equal(a, b) for a, b in zip(parameters, before, strict=True)]
    assert set(changed) == {m.in_place}
    assert all(parameter.requires_grad and parameter.grad is None for parameter in parameters)


@each
def test_elsewhere_torch_refuses_and_the_docstring_says_so(m):
    given = _arguments(m, SIZES[0])
    with pytest.raises(RuntimeError, match=r"in-place operation|out=\.\.\. arguments don't support"):
        _call(m, given, Parameter)
    assert "``torch.no_grad()``, as optimisers do" in " ".join((inspect.getdoc(m.function) or "").split())
