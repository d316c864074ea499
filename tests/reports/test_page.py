"""The built report: complete, reproducible, consistent with its CSVs, and well-formed."""

import csv
import json
import re
from html.parser import HTMLParser

import pytest

from reports.__main__ import main
from reports.analysis import Analysis
from reports.load import load
from reports.pages import SECTIONS, accuracy
from reports.pages.blocks import Figures
from reports.render import inline
from reports.statistics import Estimate
from reports.text import write_bytes, write_estimate, write_ratio, write_seconds

VOID = {"meta", "link", "input", "br", "path", "use", "rect", "img", "hr"}


class Page(HTMLParser):
    """Ids, links, SVGs and whatever loads something; complains about unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.svgs, self.loads, self.stack, self.faults = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values.get("href"))
        if tag == "svg":
            self.svgs.append(values)
        if tag in ("script", "img", "link", "iframe", "source", "use", "image"):
            self.loads += [v for k, v in attrs if k in ("src", "href", "xlink:href", "srcset") and v]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"unexpected </{tag}> at {self.getpos()}")


@pytest.fixture(scope="module")
def html(report):
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def read_csv(report, name):
    with open(report / "csv" / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def estimate(line, name):
    low, high = (float(line[f"{name}_{end}"] or "nan") for end in ("low", "high"))
    return Estimate(float(line[name]), low, high)


def test_byte_identical_rebuild(results, report, tmp_path):
    again = tmp_path / "again"
    assert main(["--results", str(results), "--output", str(again)]) == 0
    files = sorted(p.relative_to(report) for p in report.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert len(files) > 60
    for name in files:
        assert (report / name).read_bytes() == (again / name).read_bytes(), name


def test_all_sections_in_both_forms(html, report):
    markdown = (report / "index.md").read_text(encoding="utf-8")
    for number, section in enumerate(SECTIONS, 1):
        assert f'<section id="{section.ID}">' in html
        assert f"## {number} {section.TITLE}\n" in markdown


def test_html_is_well_formed(page):
    assert page.faults == []
    assert page.stack == []
    assert len(page.ids) == len(set(page.ids))
    targets = [link[1:] for link in page.links if link.startswith("#")]
    assert targets
    assert set(targets) <= set(page.ids)


def test_every_svg_has_a_text_alternative(page, report):
    assert len(page.svgs) > 20
    for svg in page.svgs:
        assert svg["role"] == "img"
        assert len(svg["aria-label"]) > 30
    assert len(page.svgs) == len(list((report / "figures").glob("*.svg")))


def test_nothing_is_loaded(page, html):
    assert [load for load in page.loads if not load.startswith(("#", "data:"))] == []
    assert not re.search(r"@import|url\(\s*['\"]?(?!#|data:)", html)
    assert set(re.findall(r"https?://[^\"'\s<)]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_links_to_files_exist(page, report):
    files = [link for link in page.links if not link.startswith("#")]
    assert files
    assert [link for link in files if not (report / link).is_file()] == []


def test_every_figure_has_its_csv(report):
    figures = {path.stem for path in (report / "figures").glob("*.svg")}
    tables = {path.stem for path in (report / "csv").glob("*.csv")}
    assert figures <= tables


@pytest.mark.parametrize(
    ("name", "column", "write"),
    [
        ("scaling-logdet-torch-cpu-float32-b100-l2-1", "seconds", write_seconds),
        ("answer-logdet", "seconds", write_seconds),
        ("exponents", "fitted", write_estimate),
        ("speedups-logdet-torch-cpu-float32-b100-l2", "speedup", write_ratio),
        ("floor-logdet-jax-cpu-float32-b100-l2", "ratio_to_floor", write_ratio),
        ("predicted-logdet", "seconds", write_seconds),
    ],
)
def test_page_and_csv_say_the_same(report, html, name, column, write):
    lines = [line for line in read_csv(report, name) if line.get(column)]
    assert len(lines) > 5
    missing = [text for line in lines if str(inline(text := write(estimate(line, column)))) not in html]
    assert missing == []


def test_memory_numbers_are_in_the_page(report, html):
    for line in read_csv(report, "memory-logdet-torch-cuda-float32-b100-l2"):
        assert write_bytes(float(line["peak_bytes"])) in html


def test_page_and_csv_numbers_come_from_the_records(report, analysis):
    series = analysis.series()[0]
    for line in read_csv(report, "scaling-logdet-torch-cpu-float32-b100-l2-1"):
        if line["outcome"] == "ok":
            point = analysis.point(series, float(line["D"]), line["row"])
            assert float(line["seconds"]) == pytest.approx(point.seconds.value, rel=1e-8)


def test_titles_claim_only_what_holds(report, html, analysis):
    told = re.findall(r"<figcaption>[^<]*: (\S+) is the fastest at D = ([\d,]+)</figcaption>", html)
    assert told
    for row, size in told:
        states = [
            analysis.winner(s, float(size.replace(",", "")), analysis.gradient_rows(s)) for s in analysis.series()
        ]
        assert any(w.state == "won" and w.rows[0] == row for w in states)


def test_files_of_figures_stand_alone(report):
    for path in (report / "figures").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("<?xml")
        assert "prefers-color-scheme" in text
        assert "Date" not in text
        assert "matplotlib.org" not in text


def test_a_tolerance_is_drawn_where_all_rows_share_it(small):
    def drawn() -> list[bool]:
        blocks = accuracy.build(Analysis(load(small))).blocks
        figures = next(block for block in blocks if isinstance(block, Figures)).figures
        return [">tolerance<" in figure.svg for figure in figures if "logdet-torch" in figure.name]

    assert drawn() == [True]
    for path in small.glob("*/sessions/*/logdet-torch-*.session"):
        record = json.loads(path.read_text())
        record["rows"]["inverse"]["tolerance"] = 1e-10
        path.write_text(json.dumps(record))
    assert drawn() == [False]


def test_missing_data_is_said_in_one_line(small, tmp_path):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    output = tmp_path / "page"
    assert main(["--results", str(small), "--output", str(output)]) == 0
    markdown = (output / "index.md").read_text(encoding="utf-8")
    assert "No two gradients were timed in the same rounds" in markdown
    assert "No first call was recorded" in markdown


def test_another_family_needs_no_change(small, synthetic, tmp_path):
    """The implicit family, by one invented record per size: every section takes it."""
    for size in (32, 64, 128, 256, 512):
        record = synthetic.make_session(
            min(size, 512), "torch", "cpu", rounds=8, rows=("relative", "inverse", "relative~twin")
        )
        record["cell"] = record["cell"] | {"family": "implicit", "sizes": {"D": size, "B": 64, "gamma": 0.9}}
        rows = record["rows"]
        rows["jfb"] = rows.pop("relative") | {"method": "jfb", "exact": False, "computes": "ordinary", "error": 0.3}
        rows["jfb~twin"] = rows.pop("relative~twin") | {
            "method": "jfb",
            "exact": False,
            "computes": "ordinary",
            "error": 0.3,
        }
        rows["dense"] = rows.pop("inverse") | {"method": "dense", "computes": "ordinary"}
        for row in rows.values():
            row["cost"]["vjps"] = 3
        synthetic.write_session(small, record, "direct")
    output = tmp_path / "page"
    assert main(["--results", str(small), "--output", str(output)]) == 0
    markdown = (output / "index.md").read_text(encoding="utf-8")
    assert "### implicit (B = 64, gamma = 0.9)" in markdown
    assert "implicit: the Pareto front of error and time" in markdown
    assert main(["answer", "--results", str(small), "--family", "implicit", "--D", "100", "--error", "0.5"]) == 0


def test_answer_at_the_terminal(results, capsys):
    arguments = [
        "answer",
        "--results",
        str(results),
        "--family",
        "logdet",
        "--D",
        "5000",
        "--B",
        "100",
        "--device",
        "cpu",
    ]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "use relative (relative gradient)" in out
    assert "interpolated between D = 4,096 and 8,192" in out
    assert re.search(r"\d \[[\d.]+, [\d.]+\] ms", out)
    assert "timeout at D = 4,096" in out
    assert main([*arguments[:6], "1024", "--B", "32"]) == 0
    out = capsys.readouterr().out
    assert "measured" in out
    assert "B = 32 was not measured here" in out


def test_tables_say_what_an_error_is(report, implicit_report, small, tmp_path):
    """Against the reference, by probes or a residual; nothing is said of records that do not say it."""
    found: dict[str, set[str]] = {}
    for page in (report, implicit_report):
        for path in (page / "csv").glob("accuracy-*.csv"):
            with open(path, encoding="utf-8") as stream:
                for line in csv.DictReader(stream):
                    if "measure" in line:  # fronts say nothing of it
                        found.setdefault(line["row"], set()).add(line["measure"])
        assert ">By</th>" in (page / "index.html").read_text(encoding="utf-8")
    assert found["inverse"] == {"residual"}
    assert found["relative"] == {"reference"}
    assert found["forward_picard"] == {"residual"}
    assert found["cg"] == {"reference", "probes"}
    for path in small.glob("*/sessions/*/*.session"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for row in record["rows"].values():
            del row["measure"]
        path.write_text(json.dumps(record), encoding="utf-8")
    assert main(["--results", str(small), "--output", str(tmp_path / "old")]) == 0
    assert ">By</th>" not in (tmp_path / "old" / "index.html").read_text(encoding="utf-8")
