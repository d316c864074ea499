"""Claims JFB1 to JFB4 against synthetic truth."""

from __future__ import annotations

import pytest

from tests.reports.claims.planted import implicit_study, judge, parts, plant_cells, plant_study

# Cells enough for a verdict on each k over the k before.
MANY = [{"size": size, "gamma": gamma} for size in (256, 512) for gamma in (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)]


def leave(rows, cell):
    """As they are."""


def test_what_needs_a_study_is_not_settled_without_one(implicit_analysis):
    found = {id_: judge(implicit_analysis, id_) for id_ in ("JFB1", "JFB2", "JFB3")}
    assert {digest.verdict for digest in found.values()} == {"undetermined"}
    for digest in found.values():
        counted = [part for part in digest.parts if part.counts]
        assert {part.verdict for part in counted if part.place} == {"reproduced"}
        assert [part.verdict for part in counted if part.needed] == ["not run"]
    assert "no training study was loaded" in found["JFB1"].decided


def test_jfb1_says_products_and_times(implicit_analysis):
    found = [p for p in judge(implicit_analysis, "JFB1").parts if p.place and p.place.backend == "torch"]
    products = next(p for p in found if "products" in p.what)
    assert (products.effect.value, products.unit, products.counts) == (0, "products", True)
    assert "counted by the operator" in products.measured
    published = next(p for p in found if "cg_published over jfb" in p.what)
    assert "did not converge in 1 more" in published.measured
    assert [p.counts for p in found if "gmres over jfb" in p.what] == [False]


def test_a_formula_that_says_no_products_counts_for_nothing(implicit_analysis):
    found = [p for p in parts(judge(implicit_analysis, "JFB1"), "products") if p.place.backend == "jax"]
    assert [(p.counts, "by the formula" in p.measured) for p in found] == [(False, True)]


def test_jfb1_contradicted_by_products_or_time(synthetic, tmp_path):
    def count(rows, cell):
        rows["jfb"]["products"]["vjps"] = 1

    def slow(rows, cell):
        # The twin with it: it says how far apart equals come out.
        for row in ("jfb", "jfb~twin"):
            rows[row]["samples_s"] = [3 * s for s in rows["cg_published"]["samples_s"]]

    assert judge(plant_cells(synthetic, tmp_path / "a", count), "JFB1").verdict == "contradicted"
    assert judge(plant_cells(synthetic, tmp_path / "b", slow), "JFB1").verdict == "contradicted"


@pytest.mark.parametrize(
    ("planted", "verdicts"),
    [
        ({}, ("reproduced", "reproduced")),
        ({"cg": 0.8}, ("contradicted", "reproduced")),
        ({"cg": 1.03}, ("undetermined", "reproduced")),
        ({"neumann_5": 0.8}, ("reproduced", "contradicted")),
        ({"accuracy": -0.05}, ("contradicted", "contradicted")),
    ],
)
def test_a_training_study_settles_the_rest(synthetic, tmp_path, planted, verdicts):
    plant_cells(synthetic, tmp_path, leave, [{"size": 256}])
    analysis = plant_study(synthetic, tmp_path, implicit_study(**planted))
    found = [judge(analysis, id_) for id_ in ("JFB1", "JFB3")]
    assert tuple(digest.verdict for digest in found) == verdicts, [digest.decided for digest in found]
    assert {part.study for part in found[0].parts if part.place is None} == {"digits"}


@pytest.mark.parametrize(
    ("accuracy", "images", "verdict"),
    [(-0.005, 100_000, "reproduced"), (-0.005, 360, "undetermined"), (-0.02, 360, "undetermined")],
)
def test_two_images_of_360_settle_no_accuracy(synthetic, tmp_path, accuracy, images, verdict):
    """The difference over three seeds is exactly as planted; what 360 images resolve is more than a point."""
    plant_cells(synthetic, tmp_path, leave, [{"size": 256}])
    analysis = plant_study(synthetic, tmp_path, implicit_study(accuracy=accuracy, images=images))
    found = [part for part in parts(judge(analysis, "JFB1"), "test accuracy") if part.counts]
    assert {part.verdict for part in found} == {verdict}
    assert all(part.effect.value == pytest.approx(100 * accuracy) for part in found)


def test_the_noise_of_the_place_is_the_margin_of_its_studies(synthetic, tmp_path):
    """Twins that differ by 40 %: an epoch 1.3 times as long is then no verdict. Without twins 5 % is the margin."""

    def shake(rows, cell):
        rows["jfb~twin"]["samples_s"] = [1.4 * s for s in rows["jfb"]["samples_s"]]

    verdicts = []
    for name, edit in (("quiet", leave), ("noisy", shake)):
        plant_cells(synthetic, tmp_path / name, edit, [{"size": 256}])
        analysis = plant_study(synthetic, tmp_path / name, implicit_study(cg=1.3))
        (epoch,) = parts(judge(analysis, "JFB1"), "epoch, cg over")
        verdicts.append(epoch.verdict)
    assert verdicts == ["reproduced", "undetermined"]


@pytest.mark.parametrize(("cosine", "verdict"), [(0.9, "reproduced"), (-0.1, "contradicted")])
def test_a_theorem_whose_assumption_nothing_measures_is_settled_by_no_cosine(synthetic, tmp_path, cosine, verdict):
    def turn(rows, cell):
        rows["jfb"]["quality"] |= {"cosine": cosine, "descent": cosine}

    plant_cells(synthetic, tmp_path, turn, [{"size": 64}])
    digest = judge(plant_study(synthetic, tmp_path, implicit_study(cosine=cosine)), "JFB2")
    assert (digest.verdict, digest.assumption_met) == ("undetermined", None)
    assert {part.verdict for part in digest.parts if part.counts} == {verdict}
    assert digest.decided.startswith("What it presumes (κ(MᵀM)")
    assert "nothing in this suite measures κ(MᵀM)" in digest.assumption


def test_a_cell_where_jfb_climbs_is_named(synthetic, tmp_path):
    def climb(rows, cell):
        if cell["gamma"] == 0.99:
            rows["jfb"]["quality"] |= {"cosine": -0.1, "descent": -0.02}

    (part,) = [
        part
        for part in parts(judge(plant_cells(synthetic, tmp_path, climb), "JFB2"), "of jfb with the gradient, at exact")
        if part.effect
    ]
    assert (part.verdict, part.effect.value) == ("contradicted", -0.1)
    assert "smallest cosine -0.1 and descent -0.02 (D = " in part.measured


def test_other_gradients_stand_beside(synthetic, tmp_path):
    def climb(rows, cell):
        rows["phantom"]["quality"]["cosine"] = -0.1

    (beside,) = parts(judge(plant_cells(synthetic, tmp_path, climb), "JFB2"), "other approximate")
    assert (beside.counts, beside.verdict) == (False, "contradicted")
    assert "phantom" in beside.measured


def test_broken_optional_fields_leave_it_not_run(synthetic, tmp_path):
    def edit(rows, cell):
        for row in rows.values():
            row["quality"] = None

    assert judge(plant_cells(synthetic, tmp_path, edit), "JFB2").verdict == "not run"


def test_jfb3_contradicted_where_a_term_saves_time(synthetic, tmp_path):
    def swap(rows, cell):
        one, two = rows["neumann_1"]["samples_s"], rows["neumann_2"]["samples_s"]
        rows["neumann_1"]["samples_s"], rows["neumann_2"]["samples_s"] = two, one

    assert judge(plant_cells(synthetic, tmp_path / "a", leave, MANY), "JFB3").verdict == "undetermined"
    digest = judge(plant_cells(synthetic, tmp_path / "b", swap, MANY), "JFB3")
    assert digest.verdict == "contradicted"
    assert "each k over the k before" in digest.decided


@pytest.mark.parametrize("gamma", [0.5, 0.99])
def test_jfb3_tells_the_errors_of_the_cell_that_its_effect_is_of(synthetic, tmp_path, gamma):
    def grow(rows, cell):
        if cell["gamma"] == gamma:
            rows["neumann_2"]["error"] = 1.5 * rows["neumann_1"]["error"]

    (part,) = parts(judge(plant_cells(synthetic, tmp_path, grow), "JFB3"), "error of a k")
    assert part.effect.value == pytest.approx(1.5)
    assert f"gamma = {gamma}" in part.measured
    assert (part.verdict, part.counts) == ("contradicted", False)


def test_jfb3_leaves_out_rows_that_start_from_the_last_step(synthetic, tmp_path):
    """Their terms are as many and their seconds fewer: beside the others one would save time over its like."""

    def warm(rows, cell):
        rows["neumann_warm_20"] = rows["neumann_20"] | {
            "method": "neumann_warm_20",
            "samples_s": rows["neumann_1"]["samples_s"],
        }

    analysis = plant_cells(synthetic, tmp_path, warm, MANY)
    assert all("neumann_warm_20" in analysis.rows(series) for series in analysis.series())
    digest = judge(analysis, "JFB3")
    assert "warm" not in " ".join(part.measured for part in digest.parts)
    assert {part.verdict for part in digest.parts if part.place and part.counts} == {"reproduced"}


def test_memory_of_the_synthetic_truth(implicit_analysis):
    digest = judge(implicit_analysis, "JFB4")
    assert digest.verdict == "reproduced", digest.decided
    unrolled = next(part for part in parts(digest, "of unrolled in") if part.place.backend == "torch")
    assert unrolled.effect.value == pytest.approx(1, abs=0.03)
    checkpointed = next(part for part in parts(digest, "unrolled_checkpointed") if part.place.backend == "torch")
    assert checkpointed.effect.value == pytest.approx(0.5, abs=0.03)
    assert not checkpointed.counts


def test_memory_that_grows_a_little_is_not_constant(synthetic, tmp_path):
    """A cg whose peak grows 1.9-fold over 6.6 times the iterations: less than twice, and no constant."""

    def grow(rows, cell):
        rows["cg"]["peak_bytes"] *= rows["cg"]["quality"]["iterations_max"] ** 0.35

    cells = [{"size": D, "gamma": gamma, "T": "symmetric"} for D in (64, 128) for gamma in (0.5, 0.7, 0.8, 0.9)]
    digest = judge(plant_cells(synthetic, tmp_path, grow, cells), "JFB4")
    (part,) = parts(digest, "of cg in")
    assert part.effect.value == pytest.approx(0.35, abs=0.02)
    least, most = (float(word.split()[0]) for word in part.measured.split(" over ")[0].split(" to "))
    assert 1.8 < most / least < 2
    assert part.verdict == digest.verdict == "contradicted"
    assert {p.verdict for p in parts(digest, "of neumann in")} == {"reproduced"}


def test_memory_that_grows_a_little_is_not_linear(synthetic, tmp_path):
    """An unrolled iteration that takes 3.1 times the memory over ten times the depth has a slope of a half."""

    def flatten(rows, cell):
        for name, row in rows.items():
            if name.startswith("unrolled_") and name.rpartition("_")[2].isdigit() and "check" not in name:
                row["peak_bytes"] = 10**6 * int(name.rpartition("_")[2]) ** 0.5

    cells = [{"size": 64, "gamma": gamma} for gamma in (0.7, 0.8, 0.9)]
    digest = judge(plant_cells(synthetic, tmp_path, flatten, cells), "JFB4")
    (part,) = parts(digest, "of unrolled in")
    assert part.effect.value == pytest.approx(0.5, abs=0.02)
    assert part.verdict == digest.verdict == "undetermined"
    assert "the claim holds 0.85 to 1.15, fails below 0.15 and above 1.15" in digest.decided


def test_memory_of_a_depth_that_is_not_seen_contradicts(synthetic, tmp_path):
    def flat(rows, cell):
        for name, row in rows.items():
            if name.startswith("unrolled"):
                row["peak_bytes"] = 10**6

    cells = [{"size": 64, "gamma": gamma} for gamma in (0.7, 0.8, 0.9)]
    assert judge(plant_cells(synthetic, tmp_path, flat, cells), "JFB4").verdict == "contradicted"
