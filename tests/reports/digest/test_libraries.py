"""Libraries: the fastest of ours that answers alike, in the same rounds."""

import math

import pytest

from reports.analysis import Analysis
from reports.digest.libraries import Further, count_further, digest_libraries
from reports.digest.series import digest_series
from reports.load import load


def test_each_library_stands_beside_the_fastest_exact_row(implicit_digest):
    family = implicit_digest.family("implicit")
    assert {b.library for b in family.libraries} == {"torchdeq_fixed_point", "jaxopt_bicgstab", "lineax_bicgstab"}
    for beside in family.libraries:
        rows = family.find(beside.series).rows
        own = [
            (cell.seconds.value, row.name)
            for row in rows
            if row.role == "method" and row.exact and row.computes == "parameter_gradient"
            if (cell := row.at(beside.size)) is not None and cell.seconds is not None
        ]
        assert beside.ours == min(own)[1]
        assert beside.ratio.value > 0
        cells = [family.find(beside.series).row(row).at(beside.size) for row in (beside.library, beside.ours)]
        # The planted residuals are the errors.
        assert [beside.residual, beside.ours_residual] == [pytest.approx(cell.error) for cell in cells]
        assert beside.looser_residual == pytest.approx(3e-6)


def test_a_family_without_libraries_has_none(implicit_digest):
    assert implicit_digest.family("logdet").libraries == ()


def test_a_library_of_no_sweep_is_told_where_it_ran(synthetic, tmp_path):
    """Of the cell beside the sweep the others are not: the sweep tells them at its largest size."""
    for D, batch in ((64, 64), (128, 64), (256, 64), (512, 64), (400, 100)):
        record = synthetic.make_implicit_session(D, batch, 0.9, "random", rows=("neumann", "torchdeq_fixed_point"))
        if D == 400:
            record["rows"]["lsmr"] = record["rows"]["torchdeq_fixed_point"] | {"method": "lsmr"}
        synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    found = digest_libraries(analysis, "implicit", digest_series(analysis, "implicit", "parameter_vjp"))
    assert [(beside.library, beside.size) for beside in found] == [("torchdeq_fixed_point", 512), ("lsmr", 400)]


@pytest.mark.parametrize("nothing", [math.nan, 1.0])
def test_answers_far_below_their_tolerance_are_counted(synthetic, tmp_path, nothing):
    """Two of a library's three; ours do not count. The tolerance is 1e-6. A residual of 1 is that of no step."""
    for D, residual, looser in ((64, 9e-7, 2e-6), (128, 1e-8, 2e-6), (256, 1e-8, nothing)):
        record = synthetic.make_implicit_session(D, 64, 0.9, "random", rows=("neumann", "torchdeq_fixed_point"))
        for row in record["rows"].values():
            row["quality"] |= {"residual": residual, "looser_residual": None if math.isnan(looser) else looser}
        synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    assert count_further(analysis, "implicit") == Further(timed=3, further=2, steps=1)
