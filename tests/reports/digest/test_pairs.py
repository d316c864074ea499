"""Pairs: rows of a contest beside the first of their line, wherever both were timed."""

import pytest

from reports.analysis import Analysis
from reports.digest.pairs import digest_pairs
from reports.digest.series import digest_series
from reports.load import load


def test_a_row_stands_beside_the_first_of_its_line(synthetic, tmp_path):
    record = synthetic.make_implicit_session(64, rows=("parameter_vjp", "jfb", "neumann_2", "neumann_5"))
    rows = record["rows"]
    for name, base, times in (("gmres_2", "neumann_2", 1.5), ("jfb_layer", "jfb", 2.0), ("bicgstab_20", "jfb", 9.0)):
        samples = [times * seconds for seconds in rows[base]["samples_s"]]
        rows[name] = rows[base] | {"method": name, "samples_s": samples}
    synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    found = digest_pairs(analysis, "implicit", digest_series(analysis, "implicit", "parameter_vjp"))
    assert {(p.row, p.base, p.size): p.ratio.value for p in found} == {
        ("gmres_2", "neumann_2", 64.0): pytest.approx(1.5),
        ("jfb_layer", "jfb", 64.0): pytest.approx(2.0),
    }
