"""The pages in a real browser: offline, on a phone and a desk, by keyboard, with and without JavaScript."""

import itertools
import math
from pathlib import Path

import pytest

from reports.digest.answers import OPEN
from reports.families import FAMILIES
from reports.lookup import find_answer, find_series
from reports.pages.rules import write_bound
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


@pytest.fixture
def visit(browser, report):
    """Open a page of the built folder in a fresh context; returns (page, messages, requests)."""
    contexts = []

    def open_(file="index.html", folder=report, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page, messages, requests = context.new_page(), [], []
        page.on(
            "console", lambda message: messages.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / file).as_uri())
        return page, messages, requests

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    "folder",
    ["built", *(pytest.param(path, marks=pytest.mark.slow) for path in PUBLISHED)],
    ids=lambda path: path if path == "built" else path.name,
)
def test_every_page_fits_a_phone_and_says_nothing_on_the_console(visit, report, folder):
    """Offline, with all that is folded open; wide tables scroll in their own containers."""
    path = report if folder == "built" else folder
    files = sorted(file.name for file in path.glob("*.html"))
    page, messages, requests = visit(files[0], path, viewport={"width": 390, "height": 844}, color_scheme="dark")
    for file in files:
        page.goto((path / file).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, file
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 30)"
    assert messages == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []


def test_no_label_of_a_card_is_clipped_or_over_another(visit):
    for width in (390, 1400):
        page, _, _ = visit(viewport={"width": width, "height": 900})
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(254, 254, 253)"
        assert page.evaluate(FAULTS) == []


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


@pytest.mark.parametrize(
    ("name", "accuracies"),
    [("logdet", (None,)), ("implicit", (None, 0.5, 1e-2) if THOROUGH else (None, 1e-2))],
    ids=["logdet", "implicit"],
)
def test_form_and_terminal_agree(visit, request, name, accuracies):
    """The script does the arithmetic of `reports.lookup` on the same numbers."""
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
            _compare(told, find_answer(family, series, question, size, accuracy, wanted))
    assert messages == []


def _compare(told, answer):
    if answer.pick is None:
        assert "Nothing can be recommended" in told or "No method here answers this" in told
        return
    assert f"Use {answer.pick.row}\n" in told
    assert answer.pick.how in told
    assert ("Undetermined" in told) == (answer.regret > OPEN)
    if len(answer.ranked) == 1:
        assert "nothing else answers this" in told
    elif math.isnan(answer.regret):
        assert "what it may lose is not known" in told
    elif answer.regret == 0:
        assert "nothing is faster" in told
    else:
        assert f"at most {write_bound(answer.regret)} slower than the best" in told


def test_form_says_what_was_not_measured(visit):
    page, _, _ = visit()
    page.fill("[name=batch]", "64")
    assert "for B = 100: B = 64 was not measured" in page.locator(".answer").inner_text()
    page.fill("[name=accuracy]", "1e-12")
    assert "Nothing can be recommended" in page.locator(".answer").inner_text()
    page.fill("[name=accuracy]", "")
    page.fill("[name=size]", "-1")
    assert "must be a positive number" in page.locator(".answer").inner_text()


def test_without_javascript_the_rules_stand_there(visit):
    page, _, _ = visit(java_script_enabled=False)
    assert not page.locator(".ask").is_visible()
    rules = page.locator("#table-rules-logdet")
    assert rules.locator("summary").inner_text().startswith("Log-determinant gradients ")
    assert not rules.locator("table").is_visible()
    rules.locator("summary").click()
    assert rules.locator("table").is_visible()
    assert page.locator("#card-logdet svg").first.is_visible()


def test_printed_without_the_form_and_with_the_rules(visit):
    page, _, _ = visit()
    assert not page.locator("#table-rules-logdet").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#table-rules-logdet table").is_visible()
    assert not page.locator(".ask").is_visible()
