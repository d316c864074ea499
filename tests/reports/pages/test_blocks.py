"""Tables on a phone: what has more columns than fit becomes paragraphs, each cell behind its heading."""

import html
import re
from dataclasses import replace

import pytest

from reports.pages.blocks import FIT, LONG, Cell, Form, Page, Section, Table, columns
from reports.render import MOST_COLUMNS, inline, render_page


def make_table(count, lines=1):
    heads = columns(*((f"c{j}", f"`Head` {j}'s") for j in range(count)))
    return Table("name", "caption", heads, ({f"c{j}": Cell(f"cell {j}") for j in range(count)},) * lines)


def render(table):
    page = Page("a.html", "A", "Lead.", (Section("s", "S", (table,)),))
    return render_page(page, (page,))


def test_more_columns_than_fit_are_stacked_with_their_names():
    table = make_table(FIT + 1)
    assert table.stacked
    assert not make_table(FIT).stacked
    found = re.search(r"<table class=\"stacked\" style='([^']*)'>", render(table))
    names = dict(re.findall(r'--l(\d+):"([^"]*)"', html.unescape(found[1])))
    assert names == {str(j + 1): f"Head {j}'s" for j in range(1, FIT + 1)}
    assert 'class="stacked"' not in render(make_table(FIT))
    first, *others = table.columns
    assert '--l1:"Head 0&#39;s";--l2' in render(replace(table, columns=(replace(first, numeric=True), *others)))


def test_a_number_needs_no_room_for_a_sentence():
    """Eight columns of numbers fit a page of 1,200 px only where none of them is as wide as one of words."""
    words, number = columns(("value", "What it says"), ("value", "Nats a dimension", True))
    assert (words.classes, number.classes) == (("s",), ("n",))


def test_what_would_be_many_screens_of_a_phone_opens_on_a_click():
    assert '<details id="table-name">' in render(make_table(FIT + 1, LONG + 1))
    assert "<details" not in render(make_table(FIT + 1, LONG))
    assert "<details" not in render(make_table(FIT, LONG + 1))


def test_every_column_that_can_be_has_a_rule():
    text = render(make_table(2))
    for j in range(2, MOST_COLUMNS + 1):
        assert f"td:nth-child({j})::before{{content:var(--l{j})}}" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-0.035 [-0.59, 0.59] nats", "−0.035 [−0.59, 0.59] nats"),
        ("9.99e-17 on 2026-11-25", "9.99e-17 on 2026-11-25"),
        ("`head -5`, 1-Lipschitz", "<code>head -5</code>, 1-Lipschitz"),
    ],
)
def test_a_minus_is_one_but_in_code(text, told):
    assert inline(text) == told


def test_a_phone_has_the_keys_for_a_power_of_ten():
    """Its keyboard of digits has none for the e of 1e-4."""
    page = Page("index.html", "A", "Lead.", (Section("answer", "A", (Form("{}", (), ()),)),))
    (field,) = re.findall(r'<input name="accuracy"[^>]*>', render_page(page, (page,)))
    assert "inputmode" not in field
