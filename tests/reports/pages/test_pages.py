"""A page is one file and a name: as CONTRIBUTING.md says, to the letter."""

import importlib
import re
import sys
from pathlib import Path

import reports.pages
from reports.pages import build_pages
from reports.render import render_page, render_single

DOCUMENT = Path(__file__).parents[3] / "CONTRIBUTING.md"


def test_a_new_page_as_the_document_says(digest, tmp_path, monkeypatch):
    text = DOCUMENT.read_text(encoding="utf-8")
    written = re.search(r"<!-- new-page: reports/pages/(\w+)\.py -->\n```python\n(.*?)```", text, re.S)
    assert written
    (tmp_path / f"{written[1]}.py").write_text(written[2], encoding="utf-8")
    monkeypatch.setattr(reports.pages, "__path__", [*reports.pages.__path__, str(tmp_path)])
    name = f"reports.pages.{written[1]}"
    monkeypatch.setitem(sys.modules, name, importlib.import_module(name))
    monkeypatch.setattr(reports.pages, "PAGES", (*reports.pages.PAGES, sys.modules[name]))
    pages = build_pages(digest)
    assert pages[0].file == "index.html"
    assert pages[-1].file == "reach.html"
    assert '<a href="reach.html">Reach</a>' in render_page(pages[0], pages)
    html = render_page(pages[-1], pages)
    series = digest.families[0].series[0]
    largest = max(row.ran[-1].size for row in series.rows if row.ran)
    assert f"{largest:,.0f}" in html
    assert html.count("<tr>") > len(series.rows)
    assert '<header id="reach">' in render_single(pages)


def test_files_and_sections_have_names_of_their_own(built):
    assert len({page.file for page in built}) == len(built)
    for page in built:
        assert page.sections
        assert len({section.id for section in page.sections}) == len(page.sections)
    # In a single file they are ids beside one another.
    tables = [table.name for page in built for section in page.sections for table in section.tables()]
    assert sorted(tables) == sorted(set(tables))
