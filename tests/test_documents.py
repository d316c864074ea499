"""What the documents tell a user to type, typed."""

from __future__ import annotations

import ast
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

import bench_core
from benchmarks.harness.profile import FULL

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"))
)
# Where the paths of documents begin: at the top, or at the folder that a document is about.
BASES = ("", "benchmarks", "tests/benchmarks")
# Begins of what is no file of the tree: other folders of the machine, and what runs leave.
ELSEWHERE = ("/", "~", "$", "results-local/", "superseded/", "jobs/")
# All trials of these files stand in a table of docs/results.md.
TRIALS = (
    "test_plain_interruptions.py",
    "test_asv_interruptions.py",
    "test_full_disk.py",
    "harness/test_session_killed.py",
)


def _block_after(text: str, marker: str) -> str:
    """The fenced block after a marker, its indentation removed."""
    fenced = re.search(rf"<!-- {re.escape(marker)}[^>]*-->\s*```\w+\n(.*?)```", text, re.DOTALL)
    assert fenced, f"no block after {marker!r}"
    lines = fenced[1].rstrip().split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines).rstrip() + "\n"


@pytest.mark.long
def test_a_method_added_as_contributing_says_is_tested_timed_and_listed(checkout, run_python):
    """And in the same start of pytest a copy whose cost formula is wrong: that test alone fails, and of it alone."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    path = re.search(r"<!-- new-method: (\S+) -->", text)
    assert path
    name, code = Path(path[1]).stem, _block_after(text, "new-method:")
    listing, line = checkout / "bench_core/logdet/__init__.py", "    " + _block_after(text, "new-method-line")
    wrong = line.replace("lambda L: 4 * L - 1", "lambda L: 4 * L").replace(name, f"{name}_miscounted")
    assert wrong.count("miscounted") == 1
    assert "4 * L - 1" not in wrong
    before = listing.read_text().rstrip().removesuffix(")")
    copy = (checkout / path[1]).with_stem(f"{name}_miscounted")
    copy.write_text(code.replace(f"def {name}", f"def {name}_miscounted"))
    (checkout / path[1]).write_text(code)
    listing.write_text(before + line + wrong + ")\n")
    shutil.copytree(ROOT / "tests", checkout / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", checkout)

    tested = run_python("-m", "pytest", "tests/bench_core", "-q", "-m", "not slow", "-k", name, cwd=checkout)
    failed = re.findall(r"^FAILED (\S+)", tested.stdout, re.MULTILINE)
    assert failed, tested.stdout
    for test in failed:
        assert re.search(rf"formula.*{name}_miscounted", test), tested.stdout
    passed = int(re.search(r"(\d+) passed", tested.stdout)[1])  # type: ignore[index]
    assert passed + len(failed) >= 14, tested.stdout

    copy.unlink()
    listing.write_text(before + line + ")\n")
    timed = run_python("-m", "benchmarks", "cell", "--profile", "smoke", "D=30", "B=8", cwd=checkout)
    assert re.search(rf"{name}\s.*\bok\b", timed.stdout), timed.stdout + timed.stderr
    rows = run_python("-c", "import benchmarks.logdet as b; print(b.Torch.params[0])", cwd=checkout).stdout
    assert f"'{name}'" in rows


@pytest.mark.parametrize("document", DOCUMENTS)
def test_local_links_lead_somewhere(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text):
        if "://" not in target:
            assert ((ROOT / document).parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_are_there(document):
    text = (ROOT / document).read_text()
    example = re.findall(r"<!-- new-method: (\S+) -->", text)  # the reader's file
    for name in _quoted(text):
        if name.startswith(ELSEWHERE) or name in example:
            continue
        if "/" in name:
            pattern = re.sub(r"<[^>]+>", "*", name)
            assert any(any((ROOT / base).glob(pattern)) for base in BASES), name
        elif name.endswith(".py"):
            assert name in _modules(), name


def _quoted(text: str) -> list[str]:
    """What stands in backticks and has only letters of a path, fenced blocks left out."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"(?<!`)`([\w./<>~$-]+)`(?!`)", text)


@cache
def _modules() -> frozenset[str]:
    folders = ("bench_core", "benchmarks", "reports", "tests", "tools")
    return frozenset(path.name for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_every_trial_names_the_test_that_does_it():
    text = (ROOT / "docs/results.md").read_text()
    table = re.search(r"^\| trial \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table
    named: dict[str, set[str]] = {}
    for row in table[1].splitlines():
        tests = re.findall(r"`([\w/]+\.py)::(\w+)(?:\[([^\]]+)\])?`", row.split(" | ")[-1])
        assert tests, row
        for file, name, case in tests:
            found = _tests(file)
            assert name in found, f"{file}::{name}"
            assert not case or f"'{case}'" in found[name], f"{file}::{name}[{case}]"
            named.setdefault(file, set()).add(name)
    for file in TRIALS:
        assert named[file] == _tests(file).keys() - {"test_asv_started_by_hand_keeps_all_its_files_where_it_is_told_to"}


def _tests(file: str) -> dict[str, str]:
    """The tests of a file below ``tests/benchmarks``, with what decorates them."""
    tree = ast.parse((ROOT / "tests/benchmarks" / file).read_text())
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {node.name: " ".join(map(ast.unparse, node.decorator_list)) for node in found}


def test_documents_name_every_answer_and_every_sweep():
    record, readme = ((ROOT / name).read_text() for name in ("docs/session-record.md", "README.md"))
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in bench_core.methods(family, backend):
                assert f"`{m.computes}`" in record, m.name
        for sweep in FULL.sweeps(family):
            line = next(line for line in readme.splitlines() if line.startswith(f"| `{family}.Torch`"))
            assert f".Torch{sweep}`" in line, (family, sweep)


def test_the_readmes_python_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    scope: dict = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert scope["error"] < 1e-5
