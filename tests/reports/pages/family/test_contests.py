"""Contests: backends that agree share a line, and of equal products the least error is named."""

from reports.digest.pairs import Pair
from reports.families import FAMILIES
from reports.pages.blocks import Text
from reports.pages.family import contests

ERRORS = {
    "random": {"neumann_1": 0.2, "gmres_1": 0.21, "bicgstab_1": 0.2, "neumann_20": 4e-8, "gmres_20": 3e-8},
    "symmetric": {"neumann_1": 0.5, "gmres_1": 0.5, "bicgstab_1": 0.5, "neumann_20": 3e-2, "gmres_20": 1e-4},
}
RATIOS = {"torch": 1.2, "jax": 1.1}


def build(make, change=1.0):
    """The chapter where JAX's error of one row is so many times torch's, times apart."""
    measured, pairs = [], []
    for backend, ratio in RATIOS.items():
        for T, errors in ERRORS.items():
            known = errors | {"jfb": 0.4, "jfb_layer": 0.4}
            known["gmres_20"] *= change if backend == "jax" else 1
            rows = (make.row(name, make.cell(400, error=error)) for name, error in known.items())
            measured.append(series := make.series(*rows, backend=backend, T=T))
            for base, row in (("neumann_1", "gmres_1"), ("neumann_1", "bicgstab_1"), ("neumann_20", "gmres_20")):
                pairs.append(Pair(series.key, 400.0, row, base, make.about(ratio)))
            pairs.append(Pair(series.key, 400.0, "jfb_layer", "jfb", make.about(2 * ratio)))
    return contests.build(make.family(*measured, name="implicit", pairs=tuple(pairs)))


def test_backends_that_agree_share_a_line(make):
    cut, layer = make.tables(build(make))
    assert [(line["place"].text, line["row"].text) for line in cut.rows] == [
        (f"torch and JAX, T = {T}", f"neumann_{k}") for T in ("random", "symmetric") for k in (1, 20)
    ]
    first, last = cut.rows[0], cut.rows[-1]
    assert [first[f"error {stem}_k"].text for stem in ("neumann", "gmres", "bicgstab")] == [
        "2.0e-1",
        "2.1e-1",
        "2.0e-1",
    ]
    assert [last[f"gmres_k {name}"].text[:4] for name in ("torch", "JAX")] == ["1.20", "1.10"]
    assert last["bicgstab_k torch"].text == last["error bicgstab_k"].text == "–"
    assert {line["layer torch"].text[:4] for line in layer.rows} == {"2.40"}


def test_backends_that_differ_do_not(make):
    cut, _ = make.tables(build(make, change=2.0))
    assert [line["place"].text for line in cut.rows if line["row"].text == "neumann_20"] == [
        f"{backend}, T = {T}"
        for backend, T in (("torch", "random"), ("torch", "symmetric"), ("JAX", "random"), ("JAX", "symmetric"))
    ]


def test_what_errs_least_at_equal_products_is_said(make):
    said, _ = [block.text for block in build(make).blocks if isinstance(block, Text)]
    assert "in 1 of 2 lines of T = random (at most 1.3 times the least, that of `gmres_20`);" in said
    assert "in 1 of 2 lines of T = symmetric (at most 300 times the least, that of `gmres_20`)." in said
    assert said.startswith("At equal products `neumann_k` has the least error")


def test_a_family_without_contests_or_pairs_has_no_chapter(make):
    assert not FAMILIES["logdet"].contests
    assert contests.build(make.family(make.series(make.sweep("relative")))) is None
