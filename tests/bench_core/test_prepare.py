"""What is done once before the calls: its type is written down, and whoever has it says so and keeps to it."""

from __future__ import annotations

import importlib
import inspect

import pytest

import bench_core

METHODS = [m for f in bench_core.FAMILIES for b in bench_core.BACKENDS for m in bench_core.methods(f, b)]
PREPARED = [m for m in METHODS if m.declaration.prepares]


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


@pytest.mark.parametrize("m", PREPARED, ids=_name)
def test_prepare_is_of_the_family_s_type(m):
    """Its arguments in order, every other one a setting by name, those of the row among them; and what it returns."""
    declared = inspect.signature(importlib.import_module(f"bench_core.{m.family}._kernel").Prepare.__call__)
    try:
        prepare = inspect.signature(m.module.prepare)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    wanted = [name for name, p in declared.parameters.items() if p.kind is p.POSITIONAL_ONLY and name != "self"]
    given = {name: p.kind for name, p in prepare.parameters.items()}
    assert [name for name, kind in given.items() if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD] == wanted
    assert set(given.values()) <= {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    }
    prepare.bind(*wanted, **m.settings)
    assert prepare.return_annotation == declared.return_annotation


def test_whoever_does_not_prepare_has_no_such_function():
    for m in METHODS:
        if not m.declaration.prepares and m.role != "peer":
            assert "prepare" not in vars(m.module), _name(m)
