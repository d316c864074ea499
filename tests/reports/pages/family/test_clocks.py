"""Every clock of a call on a page: what decides in words, forms side by side, no number where a clock was not read."""

import pytest

from reports.pages.blocks import Items
from reports.pages.family import clocks


@pytest.fixture(scope="module")
def section(carded_digest):
    return clocks.build(carded_digest.family("logdet"))


def test_what_decides_is_told_a_series(section):
    (items,) = [block for block in section.blocks if isinstance(block, Items)]
    torch, jax = items.items
    assert torch.startswith("torch, float32: the device is idle for at least 75 % at D = 64")
    assert "At D = 64 and 256 launches are more than half of it" in torch
    assert torch.endswith("Replayed as one graph it is 4 times faster at 64.")
    assert jax.startswith("JAX, float32: the device is idle for 60 % at D = 64 and 60 % at D")


def test_forms_of_both_backends_stand_in_one_line(section, make):
    forms, _ = make.tables(section)
    assert forms.name == "logdet-forms"
    line = next(row for row in forms.rows if (row["row"].text, row["size"].text) == ("relative", "64"))
    assert {"torch-eager", "torch-graph", "torch-idle", "jax-jit", "jax-idle"} <= line.keys()
    assert line["torch-idle"].text == "75 %"
    assert all(len(row) > 3 for row in forms.rows)


def test_every_clock_has_its_column(section, make):
    _, table = make.tables(section)
    line = next(row for row in table.rows if (row["row"].text, row["size"].text) == ("relative", "1,024"))
    assert line["worked"].text == "95 %"
    assert line["idle"].text == "–"
    assert line["seconds"].text.endswith(("[–] ms", "[–] µs"))
    assert "[" not in line["latency"].text
    graphs = [row["size"].text for row in table.rows if row["row"].text == "relative:graph"]
    assert graphs == ["64", "256"]


def test_the_cpu_has_no_such_chapter(digest):
    assert clocks.build(digest.family("logdet")) is None


def test_the_figure_states_up_to_where_launches_are_most_of_a_call(section, make):
    (figure,) = make.figures(section)
    assert figure.title == "Launches are over half of a call of `relative` with torch up to D = 256"
    for label in ("torch", "torch:graph", "JAX", "JAX:busy"):
        assert f"{label} " in figure.alt
    # Between two events torch's device is not alone: that is no line.
    assert "torch:busy" not in figure.alt
