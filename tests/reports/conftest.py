"""One synthetic results folder and one built report for all tests of the report."""

import shutil
from pathlib import Path

import pytest

from benchmarks.harness.record import read_json, write_json
from reports.__main__ import main
from reports.analysis import Analysis
from reports.digest import Digest, build_digest
from reports.load import load
from reports.pages import build_pages
from reports.pages.blocks import Page
from tests.reports import card as cards
from tests.reports import made
from tests.reports import synthetic as generator
from tests.reports.claims.planted import (
    density_study,
    implicit_study,
    integral_study,
    logdet_study,
    plant_study,
    score_study,
)
from tests.reports.sharded import make_record, write_record

ROOT = Path(__file__).parents[2]
# The ruler of the published logdet cells that were measured in several processes.
RULER = 4
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def synthetic():
    """The generator's module."""
    return generator


@pytest.fixture(scope="session")
def card():
    """Makers of a GPU's records."""
    return cards


@pytest.fixture(scope="session")
def carded(synthetic, card, tmp_path_factory) -> Path:
    """Cells of a GPU alone, one process each, with every clock. Do not write into it."""
    return card.write_results(synthetic, tmp_path_factory.mktemp("carded"))


@pytest.fixture(scope="session")
def carded_digest(carded) -> Digest:
    """Its digest."""
    return build_digest(Analysis(load(carded)))


@pytest.fixture(scope="session")
def make():
    """Makers of a family's digest by hand."""
    return made


@pytest.fixture(scope="module")
def browser():
    """A real browser; its tests are skipped where none is installed."""
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome in PATH")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Open an address in a fresh context without a network; returns (page, messages, requests)."""
    contexts = []

    def open_(address, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page, messages, requests = context.new_page(), [], []
        page.on("console", lambda told: messages.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        return page, messages, requests

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def results(synthetic, tmp_path_factory) -> Path:
    """A whole results folder: torch and jax on the CPU, torch on a GPU, two commits. Do not write into it."""
    return synthetic.write_results(tmp_path_factory.mktemp("results"), old=True)


@pytest.fixture(scope="session")
def analysis(results) -> Analysis:
    """Its analysis."""
    return Analysis(load(results))


@pytest.fixture(scope="session")
def committed() -> Analysis:
    """The analysis of the processor's committed results, read once."""
    return Analysis(load(ROOT / "results", machine="epyc-2core"))


@pytest.fixture(scope="session")
def second() -> Analysis:
    """That of the second processor's."""
    return Analysis(load(ROOT / "results", machine="zen3-2core"))


@pytest.fixture(scope="session")
def digest(analysis) -> Digest:
    """Its digest."""
    return build_digest(analysis)


@pytest.fixture(scope="session")
def built(digest) -> tuple[Page, ...]:
    """Its pages."""
    return build_pages(digest)


@pytest.fixture(scope="session")
def alone(tmp_path_factory) -> Path:
    """The published cells of logdet's main sweep with their first process alone, as a machine without other results."""
    folder = tmp_path_factory.mktemp("alone")
    for path in (ROOT / "results").glob("epyc-2core/sessions/*/logdet-*-cpu-float32-*-L2.p0.session"):
        record = read_json(path)
        if record["ruler"] == RULER:
            write_json(folder / "elsewhere" / "sessions" / path.parent.name / path.name, record)
    return folder


@pytest.fixture(scope="session")
def alone_analysis(alone) -> Analysis:
    """Its analysis."""
    return Analysis(load(alone))


@pytest.fixture(scope="session")
def alone_digest(alone_analysis) -> Digest:
    """Its digest."""
    return build_digest(alone_analysis)


@pytest.fixture(scope="session")
def studied(synthetic, tmp_path_factory) -> Digest:
    """The digest of a few cells with all studies beside them, on nine data sets."""
    folder = synthetic.write_results(tmp_path_factory.mktemp("studied"), (64, 256), processes=1, cuda=False, rounds=8)
    records = [
        logdet_study(),
        *map(density_study, ("rings", "wine")),
        implicit_study(),
        *map(integral_study, ("exp", "abs", "plane")),
        *map(score_study, ("mixture", "digits")),
    ]
    return build_digest(plant_study(synthetic, folder, *records))


@pytest.fixture(scope="session")
def report(results, tmp_path_factory) -> Path:
    """Its report, built by the command. Do not write into it."""
    output = tmp_path_factory.mktemp("report")
    assert main(["--results", str(results), "--output", str(output)]) == 0
    return output


@pytest.fixture(scope="session")
def implicit_results(synthetic, tmp_path_factory) -> Path:
    """The implicit family beside a little of logdet, on torch and jax. Do not write into it.

    Its page has two hundred figures; without the slow tests half of them: JAX has one sweep where torch has three.
    """
    from tests.examples import THOROUGH  # here: where this folder is named, its conftest is read before the marks are

    folder = tmp_path_factory.mktemp("implicit-results")
    synthetic.write_results(folder, sizes=(16, 64, 256, 1024), processes=2, cuda=False, rounds=8)
    return synthetic.write_implicit(folder, jax=("", "Spectrum", "Conv") if THOROUGH else ("Spectrum",))


@pytest.fixture(scope="session")
def implicit_analysis(implicit_results) -> Analysis:
    """Its analysis."""
    return Analysis(load(implicit_results))


@pytest.fixture(scope="session")
def implicit_digest(implicit_analysis) -> Digest:
    """Its digest."""
    return build_digest(implicit_analysis)


@pytest.fixture(scope="session")
def implicit_report(implicit_results, tmp_path_factory) -> Path:
    """Its report, built by the command. Do not write into it."""
    output = tmp_path_factory.mktemp("implicit-report")
    assert main(["--results", str(implicit_results), "--output", str(output)]) == 0
    return output


@pytest.fixture(scope="session")
def _analysed() -> dict[tuple, Analysis]:
    """Analyses of folders that tests share, by what was asked for."""
    return {}


@pytest.fixture
def read_once(_analysed, tmp_path_factory, monkeypatch) -> None:
    """Commands read and analyse a folder that tests share once, and a test's own each time."""
    base = tmp_path_factory.getbasetemp()

    def read(sources, *more):
        if any(Path(source).parent != base or Path(source).name.startswith("test_") for source in sources):
            return load(sources, *more)
        return (*sources, *more)

    def analyse(asked):
        if not isinstance(asked, tuple):
            return Analysis(asked)
        if asked not in _analysed:
            _analysed[asked] = Analysis(load(asked[:-2], *asked[-2:]))
        return _analysed[asked]

    monkeypatch.setattr("reports.__main__.load", read)
    monkeypatch.setattr("reports.__main__.Analysis", analyse)


@pytest.fixture(scope="session")
def _small(synthetic, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    return synthetic.write_results(folder, sizes=(16, 64, 256, 1024), processes=1, cuda=False, rounds=8)


@pytest.fixture
def small(_small, tmp_path) -> Path:
    """A small results folder to break: one backend's worth of four sizes, one process."""
    return shutil.copytree(_small, tmp_path / "results")


@pytest.fixture(scope="session")
def sharded(_small, tmp_path_factory) -> Analysis:
    """The analysis of such a folder with a record of several devices in it."""
    folder = shutil.copytree(_small, tmp_path_factory.mktemp("sharded"), dirs_exist_ok=True)
    write_record(folder, make_record())
    return Analysis(load(folder))
