"""Libraries are cited with the version that is installed, and an adapter says how the library differs from ours."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import bench_core
from bench_core.peers import cite

ROOT = Path(bench_core.__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
LIBRARIES = {re.split(r"[^a-z]", line)[0] for line in EXTRAS["peers"]}


def _imports(path: Path) -> Iterator[str]:
    """Packages that a module imports, and those of the private modules beside it that it takes something from."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            yield name.partition(".")[0]
            beside = ROOT / f"{name.replace('.', '/')}.py"
            if beside.parent == path.parent and beside.name.startswith("_"):
                yield from _imports(beside)


def _adapters() -> Iterator:
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in bench_core.methods(family, backend):
                path = ROOT / "bench_core" / family / backend / f"{m.declaration.kernel or m.name}.py"
                for library in sorted(LIBRARIES.intersection(_imports(path))):
                    yield pytest.param(m, path, library, id=f"{family}-{backend}-{m.name}")


def test_a_library_is_cited_with_its_version_where_it_is_installed():
    assert cite("numpy") == f"numpy {np.__version__}"
    assert cite("no-such-package-here") == "no-such-package-here"


def test_every_library_has_a_row():
    assert {given.values[2] for given in _adapters()} == LIBRARIES


@pytest.mark.parametrize(("m", "path", "library"), [*_adapters()])
def test_an_adapter_says_how_it_differs_from_ours_and_whose_it_is(m, path, library):
    """A reader takes the ratio of a library's row and ours for the library's; read from the file, installed or not."""
    name = m.declaration.kernel or m.name
    function = next(
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    assert "How it differs from ours" in (ast.get_docstring(function) or "")
    assert cite(library) in m.source
