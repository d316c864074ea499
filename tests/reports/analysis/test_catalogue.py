"""What was measured."""

import pytest

from reports.analysis import Analysis
from reports.load import load


def test_axis_and_fixed_sizes(analysis):
    assert {(s.axis, s.fixed) for s in analysis.series()} == {("D", (("B", 100), ("L", 2)))}


@pytest.mark.parametrize("axis", ["D", "B"])
def test_cells_have_their_commit_whatever_varies(synthetic, tmp_path, axis):
    """Of one dimension the batch is the axis, and the dimension is fixed."""
    for value in (16, 32, 64):
        session = synthetic.make_session(64, rounds=8, rows=("relative", "gemm_floor"))
        session["cell"]["sizes"][axis] = value
        synthetic.write_session(tmp_path, session, "direct")
    analysis = Analysis(load(tmp_path))
    (series,) = analysis.series("logdet")
    assert (series.axis, analysis.sizes(series)) == (axis, (16, 32, 64))
    assert analysis.commits(series) == (synthetic.COMMIT[:8],)


def test_rows_are_by_role_and_then_by_name(analysis):
    order = ("floor", "method", "peer", "calibration", "twin")
    for series in analysis.series():
        places = [order.index(analysis.facts(series, row).role) for row in analysis.rows(series)]
        assert places == sorted(places)
        assert analysis.rows(series)[0] == "gemm_floor"


def test_numbers_in_names_count_as_numbers(implicit_analysis):
    for series in implicit_analysis.series("implicit"):
        rows = [row for row in implicit_analysis.rows(series) if row.startswith("neumann_")]
        assert rows == ["neumann_1", "neumann_2", "neumann_5", "neumann_10", "neumann_20"]


def test_what_is_computed_is_kept_by_its_arguments(analysis):
    first, second = analysis.series()[:2]
    assert analysis.slopes(first, "relative") is analysis.slopes(first, "relative")
    assert analysis.slopes(first, "relative") != analysis.slopes(second, "relative")
    assert analysis.gradient_rows(first) != analysis.gradient_rows(first, computes="ordinary")


@pytest.mark.parametrize("sizes", [(64,), (64, 128, 256, 512, 1024)])
def test_a_session_off_its_states_speed_counts_where_its_cell_has_no_other(synthetic, tmp_path, sizes):
    """By one thread's time, 1.3 times slower or faster for one session: that is no state of its own."""
    for D in sizes:
        for process in range(3):
            session = synthetic.make_session(D, process=process, processes=3)
            off = {(64, 1): 1.3, (512, 0): 1 / 1.3}.get((D, process), 1.0)
            session["state"] = {"moved": None, "one_thread": {"start_s": [0.018 * off], "end_s": [0.018 * off]}}
            if D == 1024 and process:
                continue
            if D == 1024:
                session["state"]["one_thread"] = {"start_s": [0.024], "end_s": [0.024]}
            synthetic.write_session(tmp_path, session, "direct")
    analysis = Analysis(load(tmp_path))
    (series,) = analysis.series("logdet")
    counted = {D: len(analysis.point(series, D, "relative").groups) for D in sizes}
    assert counted == {D: {64: 2, 512: 2, 1024: 1}.get(D, 3) for D in sizes}
    assert len(analysis.point(series, 64, "relative").samples) == 3


@pytest.mark.parametrize(
    ("moved", "sure", "counted"),
    [
        ((), {}, [0, 1, 2]),
        ((1,), {"one_thread": {"start_s": [0.01], "end_s": [0.02]}}, [0, 2]),
        ((1,), {"load_of_others": 0.9}, [0, 2]),
        # By a product alone, whose pool has two speeds on one machine: records from before.
        ((1,), {"load_of_others": 0.1}, [0, 1, 2]),
        ((0, 1, 2), {"load_of_others": 0.9}, [0, 1, 2]),
    ],
)
def test_of_a_cell_the_processes_count_whose_machine_kept_its_speed(synthetic, tmp_path, moved, sure, counted):
    """One whose machine moved is in no state; where all did there are no others. Its rounds pair rows as ever."""
    for process in range(3):
        session = synthetic.make_session(64, process=process, processes=3, slower=2.0 if process in moved else 1.0)
        session["state"] = sure | {
            "moved": "products 2e+11 FLOP/s at the start, 4e+11 at the end" if process in moved else None
        }
        synthetic.write_session(tmp_path, session, "direct")
    analysis = Analysis(load(tmp_path))
    (series,) = analysis.series("logdet")
    point = analysis.point(series, 64, "relative")
    assert sorted(point.samples) == [0, 1, 2]
    assert [list(group) for group in point.groups] == [list(point.samples[number][1]) for number in counted]
