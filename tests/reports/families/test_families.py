"""A family is one descriptor: as CONTRIBUTING.md says, to the letter, and nothing else names one."""

import ast
import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from reports.columns import COLUMNS
from reports.families import FAMILIES, TRAININGS

ROOT = Path(__file__).parents[3]
# Where a family may be named: its descriptor, and the claims, which are about named families.
NAMED = ("families", "claims")
# Words of the language, too: in a sentence they name nothing.
WORDS = {"implicit", "score"}
# What the example's rows are made of: a row of the made records, and what it computes.
ROWS = {"diagonal": ("relative", "trace"), "columns": ("inverse", "trace"), "vjp": ("gemm_floor", "products")}
PLACE = "virtualenv-py3.11-torch2.13.0-BENCH_DEVICEcpu-BENCH_PROFILEstandard"


@pytest.fixture
def descriptor() -> tuple[str, str]:
    """The document's file and what it holds."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    written = re.search(r"<!-- new-family: (reports/families/\w+\.py) -->\n```python\n(.*?)```", text, re.S)
    assert written
    return written[1], written[2]


def _write_records(synthetic, folder: Path) -> None:
    """Four sizes in two processes, in which `diagonal` is the fastest."""
    for size in (64, 256, 1024, 4096):
        for process in range(2):
            rows = tuple(row for row, _ in ROWS.values())
            record = synthetic.make_session(size, process=process, processes=2, rounds=8, rows=rows)
            record["cell"] |= {"family": "trace", "sizes": {"D": size, "B": 100}}
            record["rows"] = {
                name: record["rows"][row] | {"method": name, "computes": computes}
                for name, (row, computes) in ROWS.items()
            }
            synthetic.write_session(folder, record, PLACE)


@pytest.mark.slow
def test_a_family_added_as_contributing_says_is_loaded_told_and_answered(synthetic, descriptor, run_python, tmp_path):
    """In a copy of the report, which differs from it by the document's file alone."""
    copy, results, pages = (tmp_path / name for name in ("checkout", "made", "pages"))
    left_out = shutil.ignore_patterns("__pycache__", "published", "output", "node_modules")
    shutil.copytree(ROOT / "reports", copy / "reports", ignore=left_out)
    _write_records(synthetic, results)
    refused = run_python("-m", "reports", "--results", str(results), "--output", str(pages), cwd=copy)
    assert "unknown family 'trace' (known: logdet, " in refused.stderr

    (copy / descriptor[0]).write_text(descriptor[1], encoding="utf-8")
    built = run_python("-m", "reports", "--results", str(results), "--output", str(pages), cwd=copy)
    assert "(8 sessions, 8 files read)" in built.stdout, built.stderr
    (family,) = json.loads((pages / "digest.json").read_text())["families"]
    assert family["name"] == "trace"
    told = [dict(zip(family["answers"]["columns"], row, strict=True)) for row in family["answers"]["rows"]]
    assert {(answer["size"], answer["pick"]) for answer in told} >= {(256, "diagonal"), (4096, "diagonal")}
    index = (pages / "index.html").read_text()
    assert '<option value="trace">Traces of a Jacobian</option>' in index
    assert 'href="trace.html"' in index
    assert "What all of J costs where its diagonal would do" in index
    page = (pages / "trace.html").read_text()
    assert '<section id="speedups">' in page
    assert "One call returns the trace of J for a batch, with D = 64 to 4,096" in page
    with (pages / "points.csv").open() as stream:
        assert {(line["family"], line["D"]) for line in csv.DictReader(stream)} >= {("trace", "64"), ("trace", "4096")}
    asked = ("answer", "--family", "trace", "--D", "2000", "--B", "100", "--results", str(results))
    answer = run_python("-m", "reports", *asked, cwd=copy)
    assert "use diagonal (trace): " in answer.stdout, answer.stderr


def test_the_documents_family_is_found(descriptor, tmp_path, monkeypatch):
    """By the file alone, after the others."""
    import reports.families

    (tmp_path / Path(descriptor[0]).name).write_text(descriptor[1], encoding="utf-8")
    monkeypatch.setattr(reports.families, "__path__", [*reports.families.__path__, str(tmp_path)])
    found = [family.name for family in reports.families._list_families()]
    assert found == [*FAMILIES, "trace"]


def _names(text: str) -> set[str]:
    """Families that a string names: as a key of it or a part of one, in a sentence only if it is no other word."""
    parts = set(re.findall(r"(?<![a-z_])[a-z_]+(?![a-z_])", text.replace("line-integral", "line_integral")))
    return parts & (FAMILIES.keys() - WORDS if " " in text.strip() else FAMILIES.keys())


def _find_names(source: str) -> set[str]:
    """Families that a module names outside its docstrings: in strings, by importing them, or by names of its own."""
    tree = ast.parse(source)
    scopes = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    documents = {id(node.body[0].value) for node in scopes if isinstance(node.body[0], ast.Expr)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found |= _names(node.value)
        elif isinstance(node, ast.ImportFrom):
            found |= {*(node.module or "").split("."), *(alias.name for alias in node.names)} & FAMILIES.keys()
        elif isinstance(node, ast.Name | ast.Attribute):
            found |= {(node.id if isinstance(node, ast.Name) else node.attr).lower()} & (FAMILIES.keys() - WORDS)
    return found


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('"""Of logdet."""\nA = analysis.series("logdet")', {"logdet"}),
        ('A = name == "score"', {"score"}),
        ('A = {"implicit-training": "jfb"}', {"implicit"}),
        ('A = f"study-line-integral-{end}"', {"line_integral"}),
        ('A = "layers (logdet, score)"', {"logdet"}),
        ("from .families.score import FAMILY", {"score"}),
        ("from .families import logdet", {"logdet"}),
        ("A = families.LOGDET", {"logdet"}),
        ('A = "slogdet", "score_error", "Training an implicit network", "Error of the score", "logdets"', set()),
        ('def f():\n    """The page of `logdet`."""', set()),
    ],
)
def test_names_are_found(source, names):
    assert _find_names(source) == names


def test_nothing_else_names_a_family():
    files = [path for path in (ROOT / "reports").rglob("*.py") if "node_modules" not in path.parts]
    told = {str(path.relative_to(ROOT / "reports")): _find_names(path.read_text(encoding="utf-8")) for path in files}
    assert {Path(name).parts[0] for name, found in told.items() if found} <= set(NAMED), told
    for path in (ROOT / "reports/templates").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [name for name in FAMILIES if re.search(rf"""["'`/]{name}["'`.]""", text)], path.name


def test_descriptors_are_whole():
    """A file has its family's name; what a descriptor names exists elsewhere in it, and every study has its page."""
    for name, family in FAMILIES.items():
        assert (ROOT / f"reports/families/{name}.py").is_file()
        assert {question.first for question in family.questions} >= {True}
        assert set(family.carried) <= set(family.no_answers)
        letters = [size.letter for size in family.sizes]
        assert {*family.main, *family.rivals, *(letter for letter, _ in family.beside), *family.exponents} <= {*letters}
        assert {*letters} <= {column.name for column in COLUMNS}
    assert len({family.order for family in FAMILIES.values()}) == len(FAMILIES)
    for name in TRAININGS:
        assert (ROOT / f"reports/pages/study_{name.replace('-', '_')}.py").is_file()
