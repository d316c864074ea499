"""The rules of the house, read from the sources: who may import whom, no probing, and files of a readable length."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import bench_core

ROOT = Path(__file__).parents[2]
CORE = ROOT / "bench_core"
SOURCES = sorted(CORE.rglob("*.py"))
# What is probed belongs to others: arrays of libraries that this package does not import, and torch's switches, which
# come and go with its versions.
PROBED = {"masters.py": 2, "backends/torch.py": 2}


def _read(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _name(path: Path) -> str:
    return path.relative_to(CORE).as_posix()


def _is_oracle(module: str) -> bool:
    return module.rpartition(".")[2].endswith("oracle")


def _imports(tree: ast.AST) -> set[str]:
    """Modules that are imported anywhere in a tree, and what is taken from them, which may be a module too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _probes(tree: ast.AST) -> int:
    """Calls of ``hasattr``, and of ``getattr`` with a default."""
    calls = Counter(
        (node.func.id, len(node.args))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    return calls["hasattr", 2] + calls["getattr", 3]


def test_the_rules_see_what_they_forbid():
    planted = ast.parse(
        "from bench_core.logdet import oracle\ndef f(u):\n    return hasattr(u, 'a') or getattr(u, 'a', 0)"
    )
    assert any(map(_is_oracle, _imports(planted)))
    assert _probes(planted) == 2
    assert any(map(_is_oracle, _imports(_read(CORE / "logdet" / "learned_oracle.py"))))


def test_only_oracles_import_oracles():
    """Kernels, which they judge, and problems, which find theirs by the family's name, know of none."""
    for path in SOURCES:
        if not _is_oracle(path.stem):
            assert not [module for module in _imports(_read(path)) if _is_oracle(module)], _name(path)


def test_kernels_take_no_setting_from_their_costs():
    """What both sides must agree on stands in a family's settings."""
    kernels = [path for path in SOURCES if path.parent.name in bench_core.BACKENDS or path.stem == "_kernel"]
    assert len(kernels) > 100
    for path in kernels:
        assert not [name for name in _imports(_read(path)) if "cost" in name.split(".")], _name(path)


CONSTANT = ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.BinOp | ast.UnaryOp


def _constants(tree: ast.Module) -> set[str]:
    """Names that a module sets to numbers and words, and what is made of nothing else."""
    found: set[str] = set()
    for node in tree.body:
        parts = [part for part in ast.walk(node) if isinstance(part, ast.expr)] if isinstance(node, ast.Assign) else []
        names = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        values = [part for part in parts if not isinstance(getattr(part, "ctx", None), ast.Store)]
        if all(isinstance(part, CONSTANT) for part in values):
            found |= names
    return found


def test_constants_are_seen():
    planted = ast.parse("A = 1.5\nB, C = 2, {'cpu': 1 << 3}\nD = f(1)\nE = {'a': A}\ndef f():\n    G = 1")
    assert _constants(planted) == {"A", "B", "C"}


@pytest.mark.parametrize("family", bench_core.FAMILIES)
def test_a_constant_that_both_backends_have_stands_in_the_settings(family):
    """And no kernel has one of its own by a name that is another one's there."""
    settings = _constants(_read(CORE / family / "settings.py"))
    torch, jax = (
        {name for path in (CORE / family / backend).glob("*.py") for name in _constants(_read(path))}
        for backend in bench_core.BACKENDS
    )
    assert not torch & jax
    assert not settings & (torch | jax)


@pytest.mark.parametrize("family", bench_core.FAMILIES)
def test_the_oracle_knows_the_problem(family):
    assert f"bench_core.{family}.problem" in _imports(_read(CORE / family / "oracle.py"))


def test_listing_and_making_problems_imports_no_oracle(run_python):
    code = (
        "import sys, bench_core; "
        "[bench_core.methods(f, b) for f in bench_core.FAMILIES for b in bench_core.BACKENDS]; "
        "[bench_core.problem(f).sizes for f in bench_core.FAMILIES]; "
        "print([m for m in sys.modules if m.startswith('bench_core') and m.endswith('oracle')])"
    )
    done = run_python("-c", code)
    assert done.stdout.strip() == "[]", done.stderr


def test_capabilities_are_declared_and_not_probed_for():
    found = {_name(path): count for path in SOURCES if (count := _probes(_read(path)))}
    assert found == PROBED
