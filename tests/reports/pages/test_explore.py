"""The page of all points in a real browser: offline, by keyboard, on a phone, in the dark."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports.columns import COLUMNS
from reports.digest.shown import MOST_LINES, choose_shown
from reports.pages import explore
from reports.render import render_page, render_single

BYTES = 1_500_000
PUBLISHED = sorted((Path(__file__).parents[3] / "reports/published").glob("*/"))


def write(digest, output):
    """The page as it is written."""
    (page,) = explore.build(digest)
    (output / page.file).write_text(render_page(page, (page,)), encoding="utf-8")
    for asset in page.assets:
        (output / asset.file).parent.mkdir(parents=True, exist_ok=True)
        (output / asset.file).write_text(asset.text, encoding="utf-8")
    return output


@pytest.fixture(scope="module")
def folder(digest, tmp_path_factory):
    """The page as it is written. Do not write into it."""
    return write(digest, tmp_path_factory.mktemp("explore"))


@pytest.fixture
def visit(open_page, folder):
    """Open the page."""

    def visit_(hash_="", **options):
        return open_page((folder / explore.FILE).as_uri() + hash_, **options)

    return visit_


def points(digest, **wanted):
    return [
        cell
        for family in digest.families
        for series in family.series
        for row in series.rows
        for cell in row.cells
        if wanted.get("row") in (None, row.name)
        if wanted.get("backend") in (None, series.place.backend)
        if wanted.get("outcome") in (None, cell.outcome)
    ]


def test_everything_it_loads_is_small_and_lies_beside_it(folder, visit):
    _, messages, requests = visit()
    assert messages == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []
    loaded = {url.rpartition("/")[2].partition("#")[0] for url in requests if url.startswith("file://")}
    assert {"points.js", "explore.js", "dataTables.min.js", "uPlot.iife.min.js", "uPlot.min.css"} <= loaded
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < BYTES
    assert (folder / "vendor/uplot/LICENSE").is_file()


def test_choosing_sorting_and_the_chart_follow_the_keyboard(visit, digest):
    page, messages, _ = visit(viewport={"width": 1400, "height": 900})
    status = page.locator("#explorer > [role=status]")
    ran = points(digest, outcome="ok")
    page.locator("button.more").focus()
    page.keyboard.press("Enter")
    assert status.inner_text().startswith(f"{len(ran):,} points chosen")
    assert page.locator("#chart canvas").count() == 1
    page.locator("[name=rows]").focus()
    page.keyboard.type("relative, inverse")
    found = [*points(digest, row="relative", outcome="ok"), *points(digest, row="inverse", outcome="ok")]
    assert status.inner_text() == f"{len(found)} points chosen, 6 lines drawn."
    assert page.locator(".lines button").count() == 6
    # Sort by time: focus the heading, press Enter.
    heading = page.locator("th", has_text="Time [95 %]")
    heading.locator("[role=button]").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.locator("#explorer tbody tr").first.locator("td").nth(1).inner_text().startswith("jax")
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    first = page.locator("#explorer tbody tr").first.inner_text()
    slowest = max(found, key=lambda cell: cell.seconds.value).seconds
    assert "inverse" in first
    assert f"{slowest.value:.3g} [{slowest.low:.3g}, {slowest.high:.3g}]" in first
    assert page.locator("#explorer [role=region][tabindex='0'] table").count() == 1
    # A legend's button tells its line apart.
    page.locator(".lines button").first.focus()
    assert page.locator("#chart .told").is_visible()
    assert messages == []


@pytest.mark.long
def test_a_few_rows_are_shown_first_and_all_at_a_click(visit, digest):
    page, messages, _ = visit()
    status, more = page.locator("#explorer > [role=status]"), page.locator("button.more")
    first = choose_shown(digest.family("logdet"))
    answers = digest.family("logdet").answers
    assert first.rows[0] in {cell.pick.row for cell in answers if cell.pick and cell.series == first.series.key}
    assert page.input_value("[name=rows]") == ", ".join(first.rows)
    lines = int(status.inner_text().split(" points chosen, ")[1].split(" ")[0])
    assert lines == page.locator(".lines button").count() == len(first.rows) <= MOST_LINES
    assert more.inner_text() == "Show all rows, places and settings"
    more.click()
    everything = len(points(digest, outcome="ok"))
    assert status.inner_text().startswith(f"{everything:,} points chosen")
    again, _, _ = visit(page.evaluate("location.hash"))
    assert again.locator("#explorer > [role=status]").inner_text() == status.inner_text()
    assert more.inner_text() == "Show the main rows only"
    more.click()
    assert page.input_value("[name=rows]") == ", ".join(first.rows)
    assert messages == []


@pytest.mark.long
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_the_lines_of_the_chart_stand_at_round_numbers(browser, path):
    """What is written on the canvas, whatever sizes were measured and however far the axis goes beyond them."""
    context = browser.new_context(offline=True)
    context.add_init_script(
        "window.told = []; const draw = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...rest)"
        " { window.told.push(text); return draw.call(this, text, ...rest); };"
    )
    page = context.new_page()
    page.goto((path / explore.FILE).as_uri())
    told = {text for text in page.evaluate("window.told") if re.fullmatch(r"[\d,]+", text)}
    context.close()
    assert len(told) >= 3
    assert all(re.fullmatch("[1-9]0*", text.replace(",", "")) for text in told), told


@pytest.mark.long
def test_what_all_chosen_points_share_is_said_once(visit):
    """And a phone shows the time of a call without a scroll."""
    page, messages, _ = visit(viewport={"width": 390, "height": 850})
    heads = page.locator(".points thead th")
    assert [text.strip() for text in heads.all_inner_texts()][:3] == ["Row", "Size", "Time [95 %]"]
    assert heads.nth(2).bounding_box()["x"] + 100 < 390
    assert re.search(r"drawn: \w+, cpu, float32(; B = \d+, .*)?\.", page.get_by_role("status").first.inner_text())
    page.get_by_role("button", name="Show all rows").click()
    assert "Place" in heads.all_inner_texts()
    assert "cpu" not in page.get_by_role("status").first.inner_text()
    assert messages == []


@pytest.mark.long
def test_forms_of_a_method_which_share_its_colour_have_points_of_their_own(visit):
    rows = "#family=logdet&rows=relative%2C+relative%3Acompiled&place=torch%2C+cpu%2C+float32"
    page, messages, _ = visit(rows, viewport={"width": 1400, "height": 900})
    names, signs = (page.locator(f".lines button{part}").all_inner_texts() for part in ("", " span[aria-hidden]"))
    assert [name.removeprefix(sign).strip() for name, sign in zip(names, signs)] == ["relative", "relative:compiled"]
    assert signs == ["●", "○"]
    colours = page.evaluate("[...document.querySelectorAll('.lines span')].map((e) => getComputedStyle(e).color)")
    assert len(set(colours)) == 1
    assert messages == []


@pytest.mark.long
def test_holes_are_found_by_their_reason(visit, digest):
    page, messages, _ = visit()
    page.locator("button.more").click()
    page.select_option("[name=outcome]", "no")
    holes = len(points(digest)) - len(points(digest, outcome="ok"))
    assert page.locator("#explorer > [role=status]").inner_text() == f"{holes} points chosen, 0 lines drawn."
    page.locator("input[type=search]").fill("determinant lemma")
    row = page.locator("#explorer tbody tr")
    assert row.count() == 1
    assert "error" in row.inner_text()
    assert "the determinant lemma needs D >= 16" in row.inner_text()
    page.locator("input[type=search]").fill("no such reason")
    assert "No point matches." in page.locator("#explorer tbody").inner_text()
    assert messages == []


@pytest.mark.long
def test_the_address_is_the_choice(visit):
    page, messages, _ = visit()
    page.locator("button[data-row=inverse]").first.click()
    page.select_option("[name=y]", "peak_bytes")
    address = page.evaluate("location.hash")
    told = page.locator("#explorer > [role=status]").inner_text()
    again, more, _ = visit(address)
    assert again.locator("#explorer > [role=status]").inner_text() == told
    assert again.input_value("[name=rows]") == "inverse"
    assert again.input_value("[name=y]") == "peak_bytes"
    assert messages + more == []


@pytest.mark.long
def test_the_address_of_all_families_is_theirs(visit):
    page, messages, _ = visit()
    page.select_option("[name=family]", label="all")
    again, more, _ = visit(page.evaluate("location.hash"))
    assert again.input_value("[name=family]") == ""
    told = [each.locator("#explorer > [role=status]").inner_text() for each in (page, again)]
    assert told[0] == told[1]
    assert messages + more == []


@pytest.mark.long
def test_a_line_of_no_state_is_named_by_its_row(visit):
    """Beside one that has a state: what one family was measured in, another was not."""
    page, messages, _ = visit()
    names = page.evaluate(
        """() => {
          const shared = { family: "logdet", row: "relative", place: "torch", backend: "torch", axis: "D" };
          const at = { ...shared, colour: "c0", B: 100, L: 2, size: 10, seconds: 1 };
          const points = ["", "A"].map((state) => ({ ...at, state, others: state }));
          window.drawChart(document.getElementById("chart"), points, { y: "seconds", title: "Time", write: String });
          return [...document.querySelectorAll(".lines button")].map((button) => button.lastChild.textContent);
        }"""
    )
    assert names == ["relative", "state A"]
    assert messages == []


@pytest.mark.long
def test_where_nothing_was_measured_it_says_so(digest, tmp_path, open_page):
    path = write(replace(digest, families=()), tmp_path) / explore.FILE
    page, messages, _ = open_page(path.as_uri())
    assert page.locator("#explorer").inner_text() == "Nothing was measured."
    assert messages == []


@pytest.mark.long
def test_it_is_wide_on_a_page_of_its_own_alone(visit, built, tmp_path, open_page):
    widest = "parseFloat(getComputedStyle(document.querySelector('main')).maxWidth) / 16"
    assert visit()[0].evaluate(widest) == 92
    path = tmp_path / "report.html"
    path.write_text(render_single(built), encoding="utf-8")
    assert open_page(path.as_uri())[0].evaluate(widest) == 66


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_fits_and_stays_small(visit, width, scheme):
    page, messages, _ = visit(viewport={"width": width, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("*").count() < 1500
    box = page.locator("#chart canvas").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert messages == []


@pytest.mark.long
def test_every_column_of_the_file_is_explained_at_a_click(visit):
    page, _, _ = visit()
    table = page.locator("#table-columns")
    assert not table.locator("table").is_visible()
    table.locator("summary").click()
    told = [line.split("\t") for line in table.locator("tbody tr").all_inner_texts()]
    assert [[name.strip(), unit.strip(), words.strip()] for name, unit, words in told] == [
        [column.name, column.unit, column.meaning] for column in COLUMNS
    ]
    assert page.locator("#columns a[href='points.csv']").is_visible()


def test_without_javascript_it_says_where_the_points_are(visit):
    page, _, _ = visit(java_script_enabled=False)
    assert page.locator("noscript a[href='points.csv']").count() == 1
