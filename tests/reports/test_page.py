"""The built folder: complete, reproducible, small, well-formed, and every link in it leads somewhere."""

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.digest import TABLES
from reports.pages import PAGES
from reports.pages.blocks import Page, Section, Text
from reports.plots import Line
from reports.plots.multiples import Panel, draw_panel, frame
from reports.render import inline, render_single
from reports.statistics import Estimate
from tests.reports.parsed import Parsed

PUBLISHED = sorted((Path(__file__).parents[2] / "reports/published").glob("*/"))
# What a published folder may weigh: bytes of a page, bytes of all, elements of the first page, figures, lines.
FIRST, OTHER, ALL, NODES, FIGURES, LINES = 700_000, 1_500_000, 6_000_000, 6_000, 40, 300


@cache
def parse(folder):
    """Every page of a folder."""
    return {path.name: Parsed(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))}


def find_dead(pages, folder):
    """(page, link) of links within a folder that lead nowhere."""
    return [
        (name, link)
        for name, page in pages.items()
        for link in page.links
        if not _leads(pages, folder, name, *link.partition("#")[::2])
    ]


def _leads(pages, folder, name, file, id_):
    target = pages.get(file or name)
    if target is None or (file == "explore.html" and "=" in id_):
        return (folder / file).is_file()
    return not id_ or id_ in target.ids


@pytest.fixture(scope="module")
def pages(report):
    return parse(report)


@pytest.fixture(params=["built", *PUBLISHED], ids=lambda path: path if path == "built" else path.name)
def folder(request, report):
    """The folder of the invented results, and those that are published."""
    return report if request.param == "built" else request.param


@pytest.fixture(scope="module")
def single(results, tmp_path_factory):
    """A folder that no build made, and the report as one file in it."""
    folder = tmp_path_factory.mktemp("single")
    for name in ("index.html", "other.html"):
        (folder / name).write_text("mine")
    assert main(["--results", str(results), "--output", str(folder), "--single-file"]) == 0
    return folder


@pytest.mark.long
def test_byte_identical_rebuild_without_what_an_earlier_one_left(results, report, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(report, again)
    for stale in ("old.html", "old.csv", "csv/old.csv", "figures/old.svg", "vendor/old/old.js"):
        (again / stale).parent.mkdir(parents=True, exist_ok=True)
        (again / stale).write_text("stale")
    (again / "mine.txt").write_text("not the report's")
    assert main(["--results", str(results), "--output", str(again)]) == 0
    assert (again / "mine.txt").read_text() == "not the report's"
    (again / "mine.txt").unlink()
    files = sorted(p.relative_to(report) for p in report.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in files:
        assert (report / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.long
def test_a_folder_that_no_build_made_loses_nothing(single):
    assert (single / "other.html").read_text() == (single / "index.html").read_text() == "mine"


def test_the_folder_is_small(folder):
    pages = parse(folder)
    sizes = {name: (folder / name).stat().st_size for name in pages}
    assert sizes.pop("index.html") <= FIRST
    assert {name: size for name, size in sizes.items() if size > OTHER} == {}
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= ALL
    assert pages["index.html"].nodes <= NODES
    assert sum(page.figures for page in pages.values()) <= FIGURES
    assert len((folder / "index.md").read_text(encoding="utf-8").splitlines()) <= LINES


def test_every_page_is_well_formed(pages):
    for name, page in pages.items():
        assert (name, page.faults, page.stack) == (name, [], [])
        assert len(page.ids) == len(set(page.ids)), name


def test_every_link_leads_somewhere(folder):
    pages = parse(folder)
    assert find_dead(pages, folder) == []
    pictures = re.findall(r'src="([^"]+)"', (folder / "index.md").read_text(encoding="utf-8"))
    assert pictures
    assert [name for name in pictures if not (folder / name).is_file()] == []


def test_every_picture_has_a_text_alternative(pages):
    assert pages["index.html"].svgs
    for page in pages.values():
        for svg in page.svgs:
            assert svg["role"] == "img"
            assert len(svg["aria-label"]) > 30


def test_nothing_comes_from_the_network(pages, report):
    for name, page in pages.items():
        text = (report / name).read_text(encoding="utf-8")
        files = [load.partition("#")[0] for load in page.loads if not load.startswith(("#", "data:"))]
        assert [file for file in files if not (report / file).is_file()] == [], name
        assert not re.search(r"@import|url\(\s*['\"]?(?!#|data:)", text), name
        assert set(re.findall(r"https?://[^\"'\s<)]+", text)) <= {"http://www.w3.org/2000/svg"}, name


def test_the_first_page_loads_no_other_file(pages):
    assert [load for load in pages["index.html"].loads if not load.startswith(("#", "data:"))] == []


@pytest.mark.long
def test_one_file_holds_every_page_and_needs_no_other(single, report):
    assert {path.name for path in single.iterdir()} == {"report.html", "index.html", "other.html"}
    page = Parsed((single / "report.html").read_text(encoding="utf-8"))
    assert (page.faults, page.stack) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    assert [load for load in page.loads if not load.startswith(("#", "data:"))] == []
    assert {link for link in page.links if not link.startswith("#")} == set()
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {path.stem for path in report.glob("*.html")} <= set(page.ids)


def test_links_between_pages_become_links_within_one_file():
    a = Page("a.html", "A", "See [b](b.html#more), [c](c.csv).", (Section("one", "One", (Text("[up](#one)"),)),))
    b = Page("b.html", "B", "", (Section("more", "More", (Text("[a](a.html), [that](a.html#one)."),)),))
    text = render_single((a, b))
    assert 'See <a href="#b-more">b</a>, c.' in text
    assert '<a href="#a-one">up</a>' in text
    assert '<a href="#a">a</a>, <a href="#a-one">that</a>' in text


def test_text_is_escaped_and_its_marks_are_tags():
    assert inline("`a<b` & **c**") == "<code>a&lt;b</code> &amp; <strong>c</strong>"
    assert inline("*Regret* is 2 * 3 * 4 of psd_*") == "<dfn>Regret</dfn> is 2 * 3 * 4 of psd_*"
    assert inline("[x](claims.html#rg1), [y](#z), [z](javascript:1)") == (
        '<a href="claims.html#rg1">x</a>, <a href="#z">y</a>, [z](javascript:1)'
    )


def test_coordinates_are_rounded_and_labels_are_not():
    line = Line("method", "c0", [0.0005, 0.02], [Estimate(y, y, y) for y in (0.004, 0.03)])
    panel = Panel("title", "alt", [line])
    svg = draw_panel("name", panel, frame([panel], "D", "seconds"))
    assert re.findall(r">(0\.001)<", svg)
    assert not re.search(r"<[^>]*\d\.\d{3,}[^>]*>", svg)


def test_files_of_figures_stand_alone(report):
    files = list((report / "figures").glob("*.svg"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("<?xml")
        assert "prefers-color-scheme" in text
        assert "Date" not in text
        assert "matplotlib.org" not in text


def test_every_page_has_its_place_in_the_navigation(pages, report):
    assert len(PAGES) <= len(pages)
    for name in pages:
        text = (report / name).read_text(encoding="utf-8")
        nav = text[text.index("<nav") : text.index("</nav>")]
        assert re.findall(r'href="([^"]+)"', nav)[0] == "index.html"
        assert set(re.findall(r'href="([^"]+)"', nav)) == set(pages)
        assert nav.count("aria-current") == 1


def test_missing_sessions_are_said_in_one_line(small, tmp_path):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    assert main(["--results", str(small), "--output", str(tmp_path / "page")]) == 0
    assert "no rule yet: it takes several processes a cell" in (tmp_path / "page/index.md").read_text(encoding="utf-8")


def test_the_digest_is_plain_json(report):
    digest = json.loads((report / "digest.json").read_text(encoding="utf-8"))
    assert digest["schema"] >= 3
    assert [family["name"] for family in digest["families"]]
    for family in digest["families"]:
        for name in TABLES:
            assert all(len(row) == len(family[name]["columns"]) for row in family[name]["rows"])
        for trades in (front["trades"] for front in (*family["fronts"], *family["rivals"])):
            assert all(len(row) == len(trades["columns"]) for row in trades["rows"])
        speedups = [dict(zip(family["speedups"]["columns"], row, strict=True)) for row in family["speedups"]["rows"]]
        assert speedups
        assert all(entry["ratio"] is None or len(entry["ratio"]) in (4, 5) for entry in speedups)
        measured = [k for form in family["form"] for row in form["rows"] for k in row["knots"] if len(k) == 6]
        assert measured
        assert all(low is None or low <= seconds <= high for _, seconds, low, high, *_ in measured)
