"""Double backpropagation: how many times psi, where it is more everywhere."""

from dataclasses import replace

from reports.digest.double_backprop import Doubling
from reports.pages.family import double_backprop


def test_the_title_says_more_only_where_it_is(make):
    series = make.series(make.sweep("phi"), make.sweep("psi"), axis="d", H=64, L=2)
    found = [Doubling(series.key, size, "phi", "psi", make.about(1.5 + j), 1.8) for j, size in enumerate(make.SIZES)]

    def show(known):
        return double_backprop.build(make.family(series, name="score", doublings=tuple(known)))

    (figure,) = make.figures(show(found))
    assert figure.title == "A step of `phi` takes 1.5 to 4.5 times one of `psi`"
    assert "phi by FLOPs" in figure.svg
    less = [replace(found[0], ratio=make.about(0.9)), *found[1:]]
    assert make.figures(show(less))[0].title == "Time of a step of `phi` over one of `psi`"
    (table,) = make.tables(show(found))
    assert (table.rows[0]["formula"].text, table.rows[0]["size"].text) == ("1.8", "10,000")
