"""What is not measured stands on the page of the run's health by name, and in one line of the first page."""

from dataclasses import replace

from reports.load import Unmeasured
from reports.pages import health, index
from reports.pages.blocks import Items, Table
from reports.pages.unmeasured import count_unmeasured, show_unmeasured

CELLS = (
    *(f"logdet-jax-cuda-tf32-D{D}-B100-L2" for D in (20000, 4000)),
    "implicit-torch-cuda-float64-D100-B64-gamma0.9-Tconv-tol1e-06",
)
OTHERS = ("the tests on a card, as a whole", "graphs of quadratures")


def _with(digest, *runs):
    return replace(digest, health=replace(digest.health, unmeasured=runs))


def test_cells_by_family_place_and_sizes(digest):
    table, _, items = show_unmeasured(_with(digest, Unmeasured("m", "c0ffee", CELLS, OTHERS)))
    assert isinstance(table, Table)
    assert isinstance(items, Items)
    assert table.caption == "3 cells not measured: m, planned at commit c0ffee"
    assert [[cell.text for cell in row.values()] for row in table.rows] == [
        ["logdet", "jax, cuda, tf32", "B = 100, L = 2", "D = 4,000, 20,000"],
        ["implicit", "torch, cuda, float64", "B = 64, gamma = 0.9, T = conv, tol = 1e-6", "D = 100"],
    ]
    assert items.items == OTHERS


def test_a_name_that_is_no_cells_stands_as_it_is(digest):
    (table,) = show_unmeasured(_with(digest, Unmeasured("m", "c0ffee", ("of another version",), ())))
    assert [row["family"].text for row in table.rows] == ["of another version"]


def test_the_first_page_counts_and_health_names(digest):
    assert digest.health.unmeasured == ()
    assert "unmeasured" not in [section.id for section in health.build(digest)[0].sections]
    assert "Not measured" not in str(index.build(digest)[0])
    missing = _with(digest, Unmeasured("m", "c0ffee", CELLS, OTHERS[:1]))
    line = "Not measured were 3 planned cells and 1 other thing: [which](health.html#unmeasured)."
    assert count_unmeasured(missing) == line
    assert line in str(index.build(missing)[0])
    assert "unmeasured" in [section.id for section in health.build(missing)[0].sections]
