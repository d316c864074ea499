"""Which cells and rows a card has, and in which order: the issue's sizes first, in the end all of ``full``."""

from __future__ import annotations

import itertools

import pytest

import bench_core
from bench_core.method import DTYPES
from benchmarks.families import FAMILIES
from benchmarks.harness import card
from benchmarks.harness.cell import rows
from benchmarks.harness.profile import CARD, FULL
from benchmarks.harness.run import every_cell

NAMED = sum(len(swept) for _, _, _, swept, _ in card.FIRST)


def test_the_most_valuable_cells_are_first():
    """The paper's network over its sizes in both backends and its precisions, fixed points, the other families."""
    cells = card.ordered(every_cell(CARD, "cuda"))
    assert sorted(cells, key=str) == sorted(every_cell(CARD, "cuda"), key=str)
    first = [(cell.family, cell.backend, cell.dtype, cell.swept) for cell in cells[:NAMED]]
    over = (100, 1000, 4000, 8192, 20000)
    assert first[:10] == [("logdet", backend, "float32", D) for backend in ("torch", "jax") for D in over]
    assert first[10:14] == [("logdet", b, dtype, 8192) for b in ("torch", "jax") for dtype in ("tf32", "bfloat16")]
    large = (1000, 2000, 5000, 10000, 20000)
    assert sorted(first[14:24]) == [("implicit", b, "float32", D) for b in ("jax", "torch") for D in large]
    assert {each[:2] for each in first} == set(itertools.product(FAMILIES, ("torch", "jax")))
    assert {each[1:3] for each in first if each[0] == "logdet"} == set(itertools.product(("torch", "jax"), DTYPES))
    # Each name is that of one cell: what it is not meant to name would come before what is worth more.
    for family, backend, dtype, swept, others in card.FIRST:
        for value in swept:
            sizes = {FAMILIES[family].swept: value, **others}.items()
            kind = (family, backend, dtype)
            found = [c for c in cells if (c.family, c.backend, c.dtype) == kind and sizes <= dict(c.sizes).items()]
            assert len(found) == 1


def test_then_comes_every_familys_first_sweep_then_its_second():
    cells = card.ordered(every_cell(CARD, "cuda"))[NAMED:]
    sweeps = {family: [*CARD.sweeps(family).values()] for family in FAMILIES}
    at = [
        next(n for n, s in enumerate(sweeps[c.family]) if s.holds(dict(c.sizes)) and c.dtype in CARD.dtypes_of(s))
        for c in cells
    ]
    assert at == sorted(at)
    assert {cell.family for cell, number in zip(cells, at) if number == 0} == set(FAMILIES)
    # What full has beside its own questions is last of all.
    assert sweeps["logdet"][at[-1]] is FULL.sweeps("logdet")["Condition"]


def test_a_card_has_all_of_full():
    """Every cell, and every row of it: libraries and the compiled forms among them."""
    cells = set(every_cell(CARD, "cuda"))
    for cell in every_cell(FULL, "cuda"):
        assert cell in cells
        tried, wanted = (
            rows(cell.family, cell.backend, profile, [dict(cell.sizes)], "cuda") for profile in (CARD, FULL)
        )
        assert set(tried) >= set(wanted)


def test_libraries_have_no_row_in_the_first_cells():
    """A session of theirs takes twice the time, of which a card has minutes."""
    for cell in card.ordered(every_cell(CARD, "cuda"))[:NAMED]:
        roles = {m.name: m.role for m in bench_core.methods(cell.family, cell.backend)}
        tried = rows(cell.family, cell.backend, CARD, [dict(cell.sizes)], "cuda")
        assert "peer" not in {roles[row.partition(":")[0]] for row in tried}


@pytest.mark.parametrize(("D", "method", "tried"), [(4096, "relative", 1), (8192, "relative", 0), (100, "inverse", 0)])
def test_one_row_is_compiled_up_to_where_it_pays_no_more(D, method, tried):
    assert (CARD.refuses("logdet", method, "compiled", D) == "") == tried
    assert CARD.refuses("score", "phi", "compiled", 128) != ""


def test_where_launches_hide_behind_the_work_no_form_is_about_them():
    for form in ("graph", "launched"):
        assert [CARD.refuses("logdet", "relative", form, D) == "" for D in (100, 4096, 8192)] == [True, True, False]
