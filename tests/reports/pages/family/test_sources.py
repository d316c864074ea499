"""What the rows are: a line a method, with its forms and its source."""

from dataclasses import replace

from reports.pages.family import sources


def test_a_line_a_method_names_its_forms(make):
    compiled = replace(make.sweep("relative"), name="relative:compiled", form="compiled")
    twin = replace(make.sweep("inverse"), name="inverse~", method="inverse_twin", role="twin")
    section = sources.build(make.family(make.series(make.sweep("relative"), compiled, twin)))
    (table,) = make.tables(section)
    (line,) = table.rows
    assert (line["row"].text, line["row"].note) == ("`relative`", "also :compiled")
    assert line["exact"].text in ("yes", "no")
    assert table.folded


def test_work_that_none_avoids_and_libraries_are_told_apart(make):
    rows = [replace(make.sweep(name), role=role) for name, role in (("gemm_floor", "floor"), ("nflows_lu", "peer"))]
    (table,) = make.tables(sources.build(make.family(make.series(*rows))))
    assert [line["computes"].note for line in table.rows] == ["work that no exact method avoids", "a library"]


def test_nothing_was_measured_nothing_is_told(make):
    assert sources.build(make.family(make.series())) is None
