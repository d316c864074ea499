"""The machines side by side: every rule followed on the other, and the file that is published."""

import re
import shutil
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.analysis import Analysis
from reports.digest import build_digest
from reports.load import load
from reports.sides import write_sides

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "reports/published/README.md"


def test_two_machines_have_a_line_each_way(synthetic, tmp_path):
    for D in (64, 128, 256, 512):
        for process in range(3):
            synthetic.write_session(tmp_path, synthetic.make_session(D, process=process), "direct")
    (place,) = tmp_path.glob("*/")
    place.rename(tmp_path / "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    digest = build_digest(Analysis(load(tmp_path)))
    (tmp_path / "first/index.md").write_text("")
    told = write_sides(digest, tmp_path)
    assert "- [first](first/index.md): " in told
    assert "- second: " in told
    lines = re.findall(r"^\| torch \| (\w+) \| `\w+.*` .* \| (\w+) \| (holds|may hold|does not hold).*\|$", told, re.M)
    assert [line[:2] for line in lines] == [("first", "second"), ("second", "first")]


def test_the_published_file_links_every_report_and_no_other():
    text = PUBLISHED.read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w-]+)/index\.md\)", text))
    assert linked == {path.name for path in PUBLISHED.parent.glob("*/")}
    for family in ("Log-determinant", "fixed point", "learned Jacobian", "stand for a gradient"):
        assert re.search(rf"^## .*{family}", text, re.MULTILINE)


@pytest.mark.slow  # it reads all results
def test_the_published_file_is_what_the_results_give(tmp_path):
    for path in PUBLISHED.parent.glob("*/"):
        (tmp_path / path.name).mkdir()
        (tmp_path / path.name / "index.md").write_text("")
    assert main(["sides", "--results", str(ROOT / "results"), "--output", str(tmp_path / "README.md")]) == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == PUBLISHED.read_text(encoding="utf-8")
