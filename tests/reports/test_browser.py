"""The pages in a real browser: offline, on a phone and a desk, by keyboard, with and without JavaScript."""

import itertools
import json
import re
import time
from pathlib import Path

import pytest

from reports.arithmetic import find_series, write_bound
from reports.families import FAMILIES
from reports.lookup import find_answer
from reports.pages.blocks import Form, Page, Section
from reports.render import render_page
from tests.examples import THOROUGH

PUBLISHED = sorted((Path(__file__).parents[2] / "reports/published").glob("*/"))
# Below, at, between and above what was measured; without the slow tests one of each.
SIZES = (5, 128, 700, 1024, 5000, 900000) if THOROUGH else (5, 700, 1024, 900000)
# Texts of a picture that reach out of it, and those over another.
FAULTS = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect(), out = [];
  const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  texts.forEach(([name, a], i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      out.push(name + ' is clipped');
    for (const [other, b] of texts.slice(i + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 2 && height > 3.5) out.push(name + ' / ' + other);
    }
  });
  return out;
})"""


# Of the published folders one is walked always; what is made up for the tests is walked beside it.
EACH = ["built", PUBLISHED[0], *(pytest.param(path, marks=pytest.mark.slow) for path in PUBLISHED[1:])]
WIDTHS = (390, 1400)
# From the load of the page to an answer: less than anybody waits for, and keys.
PATIENCE_S, MOST_KEYS = 5.0, 25


# Contrast of a word of a class with the page, as WCAG 2 defines it.
CONTRAST = """(name) => {
  const draw = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const light = (colour) => {
    draw.fillStyle = colour;
    draw.fillRect(0, 0, 1, 1);
    const shares = [...draw.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255);
    const linear = shares.map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const word = document.querySelector('main').appendChild(document.createElement('p'));
  word.className = name;
  const both = [getComputedStyle(word).color, getComputedStyle(document.body).backgroundColor].map(light);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""
# The least for text of the usual size.
READABLE = 4.5


def name_folder(path):
    return path if isinstance(path, str) else path.name


@pytest.fixture
def visit(open_page, report):
    """Open a page of the built folder or of another."""

    def visit_(file="index.html", folder=report, **options):
        return open_page((folder / file).as_uri(), **options)

    return visit_


@pytest.fixture
def folder(request, report):
    """The folder that a test is parametrised with; the built one by its word."""
    return report if request.param == "built" else request.param


@pytest.mark.parametrize(
    "folder",
    ["built", *(pytest.param(path, marks=pytest.mark.slow) for path in PUBLISHED)],
    ids=name_folder,
    indirect=True,
)
def test_every_page_fits_a_phone_and_says_nothing_on_the_console(visit, folder):
    """Offline, with all that is folded open; wide tables scroll in their own containers."""
    files = sorted(file.name for file in folder.glob("*.html"))
    page, messages, requests = visit(files[0], folder, viewport={"width": 390, "height": 844}, color_scheme="dark")
    for file in files:
        page.goto((folder / file).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, file
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 30)"
    assert messages == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []


def list_pages():
    """Every published page; of the pages with pictures the first of each kind is looked at always."""
    seen = set()
    for path in PUBLISHED:
        for file in sorted(file.name for file in path.glob("*.html")):
            kind = "family" if file.removesuffix(".html") in FAMILIES else file
            quick = kind in ("index.html", "family", "studies.html") and kind not in seen
            seen.add(kind)
            marks = () if quick else pytest.mark.slow
            yield pytest.param(path, file, marks=marks, id=f"{path.name}-{file.removesuffix('.html')}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("folder", "file"), [pytest.param("built", "index.html", id="built"), *list_pages()], indirect=["folder"]
)
def test_no_label_is_clipped_or_over_another(visit, folder, file):
    """With all that is folded open, on a phone and on a desk."""
    page, _, _ = visit(file, folder)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(254, 254, 253)"
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator("figure svg").count() or file not in ("index.html", "logdet.html")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FAULTS) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", PUBLISHED, ids=name_folder, indirect=True)
def test_every_link_of_the_first_page_leads_somewhere_at_a_click(visit, folder):
    """To a page that is there and to the place on it that the link names."""
    page, messages, _ = visit(folder=folder)
    start = page.url
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
    pages = [link for link in dict.fromkeys(links) if re.match(r"[\w-]+\.html|#", link)]
    assert len(pages) > 8
    for link in pages:
        # A table that is folded may hold it.
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        target = page.locator(f"a[href='{link}']").first
        if "skip" in (target.get_attribute("class") or ""):
            target.press("Enter")  # it is in sight while the keyboard is on it
        else:
            target.click(timeout=3000)
        file, _, anchor = link.partition("#")
        assert page.url.partition("#")[0].endswith(f"/{file or 'index.html'}"), link
        assert page.locator("h1").is_visible(), link
        if anchor and "=" not in anchor:
            assert page.locator(f"#{anchor}").count() == 1, link
        if page.url.partition("#")[0] != start:
            page.goto(start)
    files = {link for link in links if link not in pages}
    assert [name for name in files if "://" not in name and not (folder / name).is_file()] == []
    assert messages == []


def test_form_by_keyboard(visit):
    """From the top of the page to an answer without a mouse; every field has a name and the answer is announced."""
    page, messages, _ = visit()
    keyboard, reached = page.keyboard, []
    for _ in range(40):
        keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || ''")
        reached += [name] if name else []
        if name == "size":
            keyboard.press("Control+A")
            keyboard.type("5000")
        if name == "place":
            keyboard.type("torch, cpu, float32")
        if name == "accuracy":
            break
    assert reached == ["family", "question", "size", "batch", "place", "accuracy"]
    assert page.evaluate("[...document.querySelectorAll('form :is(input, select)')].every(f => f.labels.length)")
    told = page.locator("[aria-live=polite]").inner_text()
    assert "Use relative\ntorch, cpu, float32" in told
    assert "interpolated between D = 4,096 and 8,192" in told
    assert "of memory at its peak" in told
    keyboard.type("nonsense")
    assert "must be a positive number" in page.locator(".answer").inner_text()
    assert messages == []


@pytest.mark.parametrize("folder", EACH[1:], ids=name_folder, indirect=True)
def test_a_new_user_has_an_answer_in_a_few_keys(visit, folder):
    """From the load of the published page to what to use at D = 3,000 and B = 32, counting every key."""
    began = time.perf_counter()
    page, messages, _ = visit(folder=folder)
    keyboard, keys = page.keyboard, 0
    for name, value in (("size", "3000"), ("batch", "32")):
        while page.evaluate("document.activeElement.name || ''") != name:
            keyboard.press("Tab")
            keys += 1
            assert keys <= MOST_KEYS, f"{name} is not reached"
        keyboard.type(value)  # over what stands there: a field that is reached by Tab is chosen whole
        keys += len(value)
    told = page.locator("[aria-live=polite]").inner_text()
    spent_s = time.perf_counter() - began
    assert keys <= MOST_KEYS
    assert spent_s < PATIENCE_S
    assert page.input_value("[name=size]") == "3000"
    # The pick that the digest has there, of torch and the nearest batch, where that was measured.
    table = json.loads((folder / "digest.json").read_text(encoding="utf-8"))["families"][0]["answers"]
    answers = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    asked = [a for a in answers if (a["question"], a["size"]) == ("gradient", 3000)]
    right = [a["candidates"][0][0] for a in asked if re.fullmatch(r"logdet-torch-.*-b100-l2", a["series"])]
    assert re.match(rf"Use {right[0] if right else '[a-z_]+'}\n", told)
    assert "B = 32" in told
    assert messages == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "accuracies"), [("logdet", (None,)), ("implicit", (None, 1e-2) if THOROUGH else (1e-2,))]
)
def test_the_page_answers_as_the_terminal(visit, request, name, accuracies):
    """Its data say what the digest does, and the arithmetic means the same when it is translated."""
    report, digest = ("implicit_report", "implicit_digest") if name == "implicit" else ("report", "digest")
    page, messages, _ = visit(folder=request.getfixturevalue(report))
    page.select_option("[name=family]", name)
    family = request.getfixturevalue(digest).family(name)
    longest = max(family.series, key=lambda series: len(series.sizes))
    wanted = {letter: value for letter, value in longest.fixed if letter in ("B", *family.letters)}
    places = list(dict.fromkeys(series.place for series in family.series))
    for question, accuracy, size in itertools.product(FAMILIES[name].questions, accuracies, SIZES):
        page.select_option("[name=question]", question.key)
        page.fill("[name=accuracy]", f"{accuracy:g}" if accuracy else "")
        page.fill("[name=size]", str(size))
        parts = page.locator(".answer > div").all_inner_texts()
        assert len(parts) == len(places)
        for place in places:
            told = next(part for part in parts if f"\n{place.backend}, {place.device}, {place.dtype}\n" in f"{part}\n")
            series = find_series([series for series in family.series if series.place == place], wanted)
            answer = find_answer(family, series, question, size, accuracy, wanted)
            if answer.pick is None:
                assert "Nothing can be recommended" in told or "No method here answers this" in told
                continue
            assert f"Use {answer.pick.row}\n" in told
            assert answer.pick.how in told
            # Of 90 % unlike every other interval of the page, and never without saying so.
            assert ("a call (90 % interval)" in told) == (answer.pick.low > 0)
            assert ("Undetermined" in told) == answer.open
            if len(answer.ranked) > 1:
                bound = "nothing is faster" if answer.regret == 0 else f"at most {write_bound(answer.regret)} slower"
                assert (bound if answer.at else "what it may lose is not known") in told
    assert messages == []


def test_form_says_what_was_not_measured(visit):
    page, _, _ = visit()
    page.fill("[name=batch]", "64")
    assert "for B = 100: B = 64 was not measured" in page.locator(".answer").inner_text()
    page.fill("[name=accuracy]", "1e-12")
    assert "Nothing can be recommended" in page.locator(".answer").inner_text()
    page.fill("[name=accuracy]", "")
    page.fill("[name=size]", "-1")
    assert "must be a positive number" in page.locator(".answer").inner_text()


@pytest.mark.parametrize("folder", EACH, ids=name_folder, indirect=True)
def test_without_javascript_the_rules_stand_there(visit, folder):
    page, _, _ = visit(folder=folder, java_script_enabled=False)
    assert not page.locator(".ask").is_visible()
    rules = page.locator("#table-rules-logdet")
    assert rules.locator("summary").inner_text().startswith("Log-determinant gradients ")
    assert not rules.locator("table").is_visible()
    rules.locator("summary").click()
    assert rules.locator("table").is_visible()
    assert page.locator("#card-logdet svg").first.is_visible()


@pytest.mark.parametrize("folder", EACH, ids=name_folder, indirect=True)
def test_printed_without_the_form_and_with_the_rules(visit, folder):
    page, _, _ = visit(folder=folder)
    assert not page.locator("#table-rules-logdet").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#table-rules-logdet table").is_visible()
    assert not page.locator(".ask").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_of_every_tone_can_be_read(visit, scheme):
    page, messages, _ = visit(color_scheme=scheme)
    contrasts = {name: page.evaluate(CONTRAST, name) for name in ("good", "bad", "undecided", "off", "note")}
    assert {name: contrast for name, contrast in contrasts.items() if contrast < READABLE} == {}
    assert messages == []


def test_a_form_without_a_family_stays_away(open_page, tmp_path):
    """Of a folder of trainings alone."""
    page = Page("index.html", "A", "Lead.", (Section("answer", "A", (Form("{}", (), ()),)),))
    (tmp_path / page.file).write_text(render_page(page, (page,)), encoding="utf-8")
    opened, messages, _ = open_page((tmp_path / page.file).as_uri())
    assert not opened.locator(".ask").is_visible()
    assert opened.locator(".without").is_visible()
    assert messages == []
