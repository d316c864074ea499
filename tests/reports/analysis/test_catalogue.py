"""What was measured."""


def test_axis_and_fixed_sizes(analysis):
    assert {(s.axis, s.fixed) for s in analysis.series()} == {("D", (("B", 100), ("L", 2)))}


def test_rows_are_by_role_and_then_by_name(analysis):
    order = ("floor", "method", "peer", "calibration", "twin")
    for series in analysis.series():
        places = [order.index(analysis.facts(series, row).role) for row in analysis.rows(series)]
        assert places == sorted(places)
        assert analysis.rows(series)[0] == "gemm_floor"


def test_numbers_in_names_count_as_numbers(implicit_analysis):
    rows = implicit_analysis.rows(implicit_analysis.series("implicit")[0])
    numbers = [int(row.rpartition("_")[2]) for row in rows if row.startswith("neumann_")]
    assert numbers == sorted(numbers)
    assert len(numbers) > 3


def test_what_is_computed_is_kept_by_its_arguments(analysis):
    first, second = analysis.series()[:2]
    assert analysis.slopes(first, "relative") is analysis.slopes(first, "relative")
    assert analysis.slopes(first, "relative") != analysis.slopes(second, "relative")
    assert analysis.gradient_rows(first) != analysis.gradient_rows(first, computes="ordinary")
