"""Speed-ups: against what users run, among what answers alike."""

import pytest

from reports.digest.series import digest_series, find_keys
from reports.digest.speedups import choose_baselines, digest_speedups, find_rivals
from reports.families import FAMILIES


def test_ratios_are_those_of_the_rounds(implicit_analysis, implicit_digest):
    keys = find_keys(implicit_analysis, "logdet")
    found = [s for s in implicit_digest.family("logdet").speedups if s.row == "relative"]
    assert {s.baseline for s in found} == {"inverse"}
    assert {s.size for s in found} == {16, 64, 256, 1024}
    for s in found:
        point = [implicit_analysis.point(keys[s.series], s.size, row) for row in ("inverse", "relative")]
        assert s.ratio.value == pytest.approx(point[0].seconds.value / point[1].seconds.value, rel=0.02)
        assert s.verdict == implicit_analysis.verdict(keys[s.series], s.size, "relative", "inverse")
    assert {s.verdict for s in found} >= {"faster"}


def test_every_baseline_that_ran_is_one(implicit_digest):
    assert {s.baseline for s in implicit_digest.family("implicit").speedups} == {"cg_published", "cg"}


def test_no_model_is_held_against_another(make):
    rows = [make.sweep(name, computes=name[:3]) for name in ("psi", "psi_closed_form", "phi", "phi_closed_form")]
    series, score = make.series(*rows, axis="d"), FAMILIES["score"]
    assert choose_baselines(score, series) == ("phi", "psi")
    assert [r.name for r in find_rivals(score, series, "phi")] == ["phi_closed_form"]
    assert [r.name for r in find_rivals(score, series, "psi")] == ["psi_closed_form"]


def test_another_objective_of_the_same_network_is_told_beside_it_and_is_no_answer(make):
    series = make.series(make.sweep("psi", computes="psi"), make.sweep("sliced", computes="sliced"), axis="d")
    assert [r.name for r in find_rivals(FAMILIES["score"], series, "psi")] == ["sliced"]
    assert not any("sliced" in question.computes for question in FAMILIES["score"].questions)


@pytest.mark.long
def test_it_is_told_of_a_sweep_of_two_sizes(committed):
    told = digest_speedups(committed, "score", digest_series(committed, "score", "psi"))
    sliced = [s for s in told if s.row == "sliced"]
    assert {(s.baseline, s.size) for s in sliced} == {("psi", 32), ("psi", 256)}
    assert {s.verdict for s in sliced} == {"slower"}


def test_any_gradient_is_a_rival_where_any_will_do_but_no_step_and_no_other_form(make):
    rows = [
        make.sweep("inverse", computes="ordinary"),
        make.sweep("relative"),
        make.sweep("relative:compiled"),
        make.sweep("relative_step", computes="step"),
        make.row("transposed", make.cell(10, None)),
    ]
    series = make.series(*rows)
    assert [r.name for r in find_rivals(FAMILIES["logdet"], series, "inverse")] == ["relative"]


def test_without_a_baseline_the_yardstick_is_one_if_it_is_a_method(make):
    family = FAMILIES["line_integral"]
    rows = make.sweep("gauss_legendre_16", computes="integral"), make.sweep("kronecker", computes="integral")
    assert choose_baselines(family, make.series(*rows, axis="d")) == ("gauss_legendre_16",)
    floor = make.sweep("gemm_floor", role="floor", computes="products")
    assert choose_baselines(FAMILIES["logdet"], make.series(floor, make.sweep("relative"))) == ()
