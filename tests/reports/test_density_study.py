"""From the command to the verdict: small density studies are trained, published, read, judged and shown."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("zuko")

from benchmarks.harness.publish import publish
from benchmarks.studies._run import run
from benchmarks.studies.logdet_density import RATES, prepare
from reports.analysis import Analysis
from reports.claims.rg5 import BUNDLED
from reports.densities import choose, choose_all, estimate_mean, find_picture, list_models, share_seconds, subtract
from reports.digest import build_digest
from reports.load import load
from reports.pages import studies
from tests.reports.claims.planted import density_study, judge, plant_study
from tests.reports.finders import tables_of


@pytest.fixture(scope="module")
def published(runner, synthetic, tmp_path_factory):
    """The folder of published results after both kinds of study ran into the local ones, beside other sessions: a table
    by the command, a plane in this process, which has torch already.
    """
    folder = tmp_path_factory.mktemp("density")
    given = ("--data", "iris", "--profile", "smoke", "--machine", synthetic.MACHINE)
    done = runner(folder)("-m", "benchmarks", "study", "logdet-density", *given, BENCH_THREADS="1")
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_RESULTS", str(folder / "results"))
        patch.setenv("BENCH_LOCK", str(folder / "lock"))
        patch.setattr("tempfile.tempdir", str(folder))  # where the study's own lock lies
        plane = replace(prepare("smoke", "rings", None, None, None), configure=lambda threads: None)
        assert run(plane, synthetic.MACHINE, "python -m benchmarks study logdet-density --data rings") == 0
    local, target = folder / "results", folder / "published"
    for path in local.glob("*/studies/*/logdet-density-*.study"):
        # The tests' own tree may be dirty, which the command would rightly refuse.
        path.write_text(json.dumps(json.loads(path.read_text()) | {"dirty": False}))
    synthetic.write_results(target, (64,), processes=1, cuda=False, rounds=8)
    assert publish(local, target, families=("logdet",)) == 0
    return target


@pytest.mark.slow  # as ``test_logdet_study.py``, with a longer training
def test_it_is_read_judged_and_shown_as_it_was_trained(published):
    found = load(published)
    table, plane = found.studies
    assert (table.data, plane.data) == ("iris", "rings")
    assert (list_models(table), list_models(plane)) == (("relative", "lu", "maf"), ("relative",))
    assert len(table.rows) == 3 * len(RATES)
    picture = find_picture(plane)
    assert picture is not None
    assert len(picture.values) == picture.side**2
    assert find_picture(table) is None
    digest = build_digest(Analysis(found))
    (claim,) = (claim for claim in digest.claims if claim.id == "RG5")
    (counted,) = (part for part in claim.parts if part.counts and part.study)
    assert counted.study == "iris"
    assert counted.verdict == claim.verdict == "undetermined", "one seed has no interval"
    (page,) = studies.build(digest)
    tables = tables_of(page)
    assert [row["place"].text for row in tables["study-logdet-density-planes"].rows] == ["rings"]
    rows = tables["study-logdet-density"].rows
    assert [row["row"].text for row in rows] == ["relative", "LU flow, zuko", "MAF, zuko"]
    value = rows[1]["value"].text
    assert float(value) == pytest.approx(choose(table, "lu", 0).value, abs=6e-4)
    gained = rows[1]["gained"].text
    assert float(gained) == pytest.approx(float(value) + table.setting("gaussian")[0] / 4, abs=2e-3)
    (figure,) = (figure for section in page.sections for figure in section.figures())
    assert "rings: samples" in figure.svg
    assert "learned density" in figure.svg


@pytest.fixture
def planted(synthetic, tmp_path):
    """A study with a known truth."""
    synthetic.write_index(tmp_path)
    synthetic.write_session(tmp_path, synthetic.make_session(64, rows=("relative",), rounds=8), "direct")

    def plant(data="wine", **options):
        found = plant_study(synthetic, tmp_path, density_study(data, **options)).run.studies
        return next(study for study in found if study.data == data)

    return plant


def test_rate_and_epoch_are_those_that_validate_best(planted):
    study = planted(spread=0.0)
    for model in list_models(study):
        for seed in study.seeds:
            found = choose(study, model, seed)
            assert (found.method, found.epoch) == (f"{model}_0.01", 2)
            truth = -1 + 0.04 * (-1) ** seed + (0.05 if model == "relative" else 0)
            assert found.value == pytest.approx(truth)
    assert subtract(study, "maf") == pytest.approx([0.05] * 5)
    assert choose(study, "maf", 0, within=0.04).epoch == 1
    assert choose(study, "maf", 0, within=0.01) is None
    assert share_seconds(study, 0) == pytest.approx(0.03)
    assert choose_all(study, "maf", equal_time=True) == {}


def test_a_training_that_left_the_numbers_is_no_choice(planted):
    study = planted()
    for row in study.rows:
        if row["method"] == "lu_0.01" and row["epoch"] > 1:
            row["valid_loss"] = None
    assert choose(study, "lu", 0).method == "lu_0.003"


def test_folds_that_share_their_training_widen_the_interval(planted):
    table, plane = planted(), planted("rings")
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    folds, apart = (estimate_mean(study, values) for study in (table, plane))
    arm = 2.776445 * math.sqrt(2.5)
    assert (apart.value, apart.high - apart.value) == pytest.approx((3, arm * math.sqrt(1 / 5)))
    assert folds.high - folds.value == pytest.approx(arm * math.sqrt(1 / 5 + 36 / (114 + 28)))
    assert estimate_mean(table, [1.0]).undetermined


def test_the_claim_names_what_it_compared(synthetic, tmp_path):
    synthetic.write_results(tmp_path, (64,), processes=1, cuda=False, rounds=8)
    found = judge(plant_study(synthetic, tmp_path, *map(density_study, BUNDLED)), "RG5")
    assert found.verdict == "reproduced"
    assert "those at hand are others" in found.printed
    assert found.limits == (pytest.approx(-2.558 / 21), None)
