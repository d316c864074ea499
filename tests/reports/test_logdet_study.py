"""From the command to the verdict: a small study of both gradients is trained, published, read, judged and shown."""

from __future__ import annotations

import json
from itertools import pairwise
from statistics import median

import pytest

from benchmarks.harness.publish import publish
from benchmarks.studies.logdet_training import GRADIENTS, RATES
from reports.analysis import Analysis
from reports.ascents import ascend, find_best
from reports.digest import build_digest
from reports.load import load
from reports.pages import studies
from tests.reports.claims.planted import judge
from tests.reports.finders import tables_of

EPOCHS, SEEDS = 3, 2


@pytest.fixture(scope="module")
def published(runner, synthetic, tmp_path_factory):
    """The folder of published results after the study ran into the local ones; sessions of other rows stand beside."""
    folder = tmp_path_factory.mktemp("study")
    given = ("--data", "moons", "--profile", "smoke", "--machine", synthetic.MACHINE)
    more = ("--epochs", str(EPOCHS), "--seeds", str(SEEDS))
    done = runner(folder)("-m", "benchmarks", "study", "logdet-training", *given, *more, BENCH_THREADS="1")
    assert done.returncode == 0, done.stderr
    local, target = folder / "results", folder / "published"
    (path,) = local.glob("*/studies/*/logdet-training-moons.study")
    # The tests' own tree may be dirty, which the command would rightly refuse.
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dirty": False}))
    synthetic.write_results(target, (64,), processes=1, cuda=False, rounds=8)
    assert publish(local, target, families=("logdet",)) == 0
    return target


@pytest.mark.long
def test_it_is_read_as_it_was_trained(published):
    (study,) = load(published).studies
    assert (study.name, study.data, study.epochs, study.seeds) == ("logdet-training", "moons", EPOCHS, (0, 1))
    assert len(study.methods) == len(GRADIENTS) * sum(map(len, RATES.values()))
    assert len(study.rows) == len(study.methods) * EPOCHS * SEEDS
    for seed in study.seeds:
        starts = {study.of(method)[seed * EPOCHS]["before"] for method in study.methods}
        assert len(starts) == 1, "all methods of a seed start at one point"
    for method in study.methods:
        rows = study.of(method)
        for earlier, later in pairwise(rows):
            assert later["epoch"] == 1 or later["before"] == earlier["loss"]


@pytest.mark.long
def test_the_claim_is_judged_by_it(published):
    run = load(published)
    claim = judge(Analysis(run), "RG4")
    (plain,) = (part for part in claim.parts if part.counts)
    assert plain.study == "moons"
    assert "no study was run" not in claim.decided
    (study,) = run.studies
    relative, ordinary = (find_best(study, gradient, "gd") for gradient in ("relative", "ordinary"))
    assert relative is not None
    assert ordinary is not None
    pairs = ascend(study, (relative, ordinary))
    assert any(ascent.reached for pair in pairs for ascent in pair)
    for pair in pairs:
        for method, ascent in zip((relative, ordinary), pair, strict=True):
            every = [row["seconds"] for row in study.of(method) if row["epoch"] <= EPOCHS]
            assert 0 < ascent.seconds <= sum(every)
            assert 0 < ascent.iterations <= study.setting("steps") * EPOCHS
    if all(ascent.reached for pair in pairs for ascent in pair):
        ratios = [ours.iterations / theirs.iterations for ours, theirs in pairs]
        assert plain.effect is not None
        assert plain.effect.value == pytest.approx(median(ratios), rel=1e-4)
    else:
        assert "of 2 it was" in plain.measured


@pytest.mark.long
def test_its_page_shows_both_gradients(published):
    (page,) = studies.build(build_digest(Analysis(load(published))))
    assert {row["row"].text for row in tables_of(page)["study-logdet-training-moons"].rows} == {
        f"{gradient}, {optimiser}" for gradient in GRADIENTS for optimiser in ("plain descent", "Adam")
    }
    (figure,) = page.sections[0].figures()
    assert ">iterations<" in figure.svg
