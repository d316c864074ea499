"""The page in a real browser: offline, on a phone and a desk, with and without JavaScript."""

import pytest

from reports.predict import Predictor, find_predictor
from reports.text import write_seconds


@pytest.fixture
def visit(browser, report):
    """Open the page in a fresh context; returns (page, messages, requests)."""
    yield from _visit(browser, report)


@pytest.fixture(params=["report", "implicit_report"])
def visit_each(browser, request):
    """The same with one page after the other."""
    yield from _visit(browser, request.getfixturevalue(request.param))


@pytest.fixture
def visit_implicit(browser, implicit_report):
    """The same with the page that has the implicit family."""
    yield from _visit(browser, implicit_report)


def _visit(browser, report):
    contexts = []

    def open_(**options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page, messages, requests = context.new_page(), [], []
        page.on(
            "console", lambda message: messages.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((report / "index.html").as_uri())
        return page, messages, requests

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        ("dark", 360),
        *(pytest.param(*other, marks=pytest.mark.slow) for other in (("light", 360), ("dark", 1280))),
    ],
)
def test_loads_offline_and_fits(visit_each, width, scheme):
    page, messages, requests = visit_each(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert messages == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # A wide table scrolls in its own container.
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.closest('.table'))")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(254, 254, 253)", "dark": "rgb(20, 24, 30)"}[scheme]


def test_every_picture_has_a_name(visit_each):
    page, _, _ = visit_each()
    assert (
        page.evaluate(
            "[...document.querySelectorAll('svg, img')].filter(i => !(i.getAttribute('aria-label') || i.alt)).length"
        )
        == 0
    )


def test_no_label_over_another(visit_each):
    """No two texts of a figure overlap, those of folded figures neither."""
    page, _, _ = visit_each(viewport={"width": 1280, "height": 900})
    page.evaluate("document.querySelectorAll('section > details').forEach(d => d.open = true)")
    clashes = page.evaluate(
        """() => [...document.querySelectorAll('figure')].flatMap(f => {
             const boxes = [...f.querySelectorAll('svg text')].map(t => [t.textContent, t.getBoundingClientRect()]);
             const out = [];
             for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
               const a = boxes[i][1], b = boxes[j][1];
               const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
               const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
               if (w > 2 && h > 3.5) out.push(f.id + ': ' + boxes[i][0] + ' / ' + boxes[j][0]);
             }
             return out;
           })"""
    )
    assert clashes == []


def test_no_label_is_clipped(visit_each):
    page, _, _ = visit_each(viewport={"width": 1280, "height": 900})
    page.evaluate("document.querySelectorAll('section > details').forEach(d => d.open = true)")
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('figure svg')].flatMap(s => {
             const box = s.getBoundingClientRect();
             return [...s.querySelectorAll('text')].filter(t => {
               const r = t.getBoundingClientRect();
               return r.left < box.left - 1 || r.right > box.right + 1
                 || r.top < box.top - 1 || r.bottom > box.bottom + 1;
             }).map(t => s.closest('figure').id + ': ' + t.textContent);
           })"""
    )
    assert clipped == []


def test_form_answers(visit):
    page, messages, _ = visit()
    result = page.locator("#answer-result")
    page.fill("[name=size]", "5000")
    page.select_option("[name=device]", "torch, cpu")
    assert "use relative (relative)" in result.inner_text()
    assert "interpolated between D = 4,096 and 8,192" in result.inner_text()
    page.fill("[name=size]", "1024")
    assert "measured" in result.inner_text()
    assert "relative:compiled" in result.inner_text()
    page.fill("[name=size]", "20000")
    assert "extrapolated from D = 8,192" in result.inner_text()
    page.fill("[name=size]", "900000")
    assert "nothing can be recommended" in result.inner_text()
    page.fill("[name=size]", "5000")
    page.select_option("[name=computes]", "step")
    assert "relative_step" in result.inner_text()
    page.select_option("[name=computes]", "gradient")
    page.fill("[name=error]", "1e-12")
    assert "nothing can be recommended" in result.inner_text()
    page.fill("[name=error]", "nonsense")
    assert "must be a positive number" in result.inner_text()
    page.fill("[name=error]", "")
    page.fill("[name=batch]", "64")
    assert "B = 64 was not measured here" in result.inner_text()
    page.fill("[name=size]", "-1")
    assert "must be positive" in result.inner_text()
    assert messages == []


def test_form_and_terminal_agree(visit, analysis):
    page, _, _ = visit()
    for series in analysis.series():
        predictor = Predictor(analysis, series)
        page.select_option("[name=device]", f"{series.place.backend}, {series.place.device}")
        for size in (5, 256, 700, 1024, 5000, 20000):
            answer = predictor.answer(size)
            assert answer.best is not None
            page.fill("[name=size]", str(size))
            told = page.locator("#answer-result .pick").inner_text()
            assert f"use {answer.best.row} " in told
            assert f"{write_seconds(answer.best.seconds)} a call, {answer.best.how}" in told
            assert all(row in told for row in answer.ties)


def test_form_of_a_family_with_more_sizes(visit_implicit, implicit_analysis):
    """Contraction and map are choices, and an accuracy admits approximate gradients: as the terminal says."""
    page, messages, _ = visit_implicit()
    result = page.locator("#answer-result")
    page.select_option("[name=family]", "implicit")
    assert page.input_value("[name=size-gamma]") == "0.9"
    page.select_option("[name=device]", "torch, cpu")
    page.fill("[name=size]", "128")
    for gamma, T, accuracy in ((0.99, "rotation", None), (0.5, "random", 0.5), (0.9, "symmetric", 1e-2)):
        page.select_option("[name=size-gamma]", str(gamma))
        page.select_option("[name=size-T]", T)
        page.fill("[name=batch]", "64")
        page.fill("[name=error]", f"{accuracy:g}" if accuracy else "")
        series = [s for s in implicit_analysis.series("implicit") if s.place.backend == "torch"]
        predictor = find_predictor(implicit_analysis, tuple(series), {"B": 64.0, "gamma": gamma, "T": T})
        answer = predictor.answer(128, accuracy)
        assert answer.best is not None
        told = page.locator("#answer-result .pick").inner_text()
        assert f"use {answer.best.row} (parameter gradient), {write_seconds(answer.best.seconds)} a call" in told
        assert "not measured" not in result.inner_text()
    page.fill("[name=batch]", "2")
    page.select_option("[name=size-gamma]", "0.5")
    page.select_option("[name=size-T]", "conv")
    assert "B = 2 was not measured here" in result.inner_text()
    assert "gamma = 0.5 was not measured here; these times are for gamma = 0.9" in result.inner_text()
    page.select_option("[name=computes]", "fixed_point")
    assert "forward_" in result.inner_text()
    page.select_option("[name=family]", "logdet")
    assert page.locator("[name=size-gamma]").count() == 0
    assert "use relative" in result.inner_text()
    assert messages == []


def test_works_without_javascript(visit):
    page, _, _ = visit(java_script_enabled=False)
    assert not page.locator("#answer-form").is_visible()
    page.locator("summary", has_text="recommended exact gradient at round sizes").click()
    assert page.locator("text=Predicted time").first.is_visible()
    assert page.locator("#scaling svg").first.is_visible()
