"""What the documents tell a user to type, typed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import bench_core
from benchmarks.harness.profile import STANDARD

ROOT = Path(__file__).resolve().parents[1]


def _block_after(text: str, marker: str) -> str:
    """The fenced block after a marker, its indentation removed."""
    fenced = re.search(rf"<!-- {re.escape(marker)}[^>]*-->\s*```\w+\n(.*?)```", text, re.DOTALL)
    assert fenced, f"no block after {marker!r}"
    lines = fenced[1].rstrip().split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines).rstrip() + "\n"


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


@pytest.mark.parametrize(
    "document",
    sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"))
    ),
)
def test_local_links_lead_somewhere(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        if "://" not in target:
            assert ((ROOT / document).parent / target).exists(), target


def test_documents_name_every_answer_and_every_sweep():
    record, readme = ((ROOT / name).read_text() for name in ("docs/session-record.md", "README.md"))
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in bench_core.methods(family, backend):
                assert f"`{m.computes}`" in record, m.name
        for sweep in STANDARD.sweeps(family):
            line = next(line for line in readme.splitlines() if line.startswith(f"| `{family}.Torch`"))
            assert f".Torch{sweep}`" in line, (family, sweep)


def test_the_readmes_python_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    scope: dict = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert scope["error"] < 1e-5
