"""phi over psi, of planted records: each way to differentiate against its like."""

import pytest

from reports.analysis import Analysis
from reports.digest.double_backprop import digest_doublings
from reports.load import load

TIMES = {"psi": 1.0, "phi": 1.8, "psi_closed_form": 0.4, "phi_closed_form": 0.6}


@pytest.fixture(scope="module")
def score(synthetic, tmp_path_factory):
    """Two sizes of a network where phi takes 1.8 psi."""
    folder = tmp_path_factory.mktemp("score")
    for d in (16, 64):
        record = synthetic.make_session(64, rounds=8, rows=("relative",))
        template = record["rows"]["relative"]
        record["cell"] |= {"family": "score", "sizes": {"d": d, "H": 64, "L": 2, "B": 128}}
        record["rows"] = {name: _plant(template, name, seconds * d) for name, seconds in TIMES.items()}
        synthetic.write_session(folder, record, "direct")
    return Analysis(load(folder))


def _plant(template, name, seconds):
    samples = [seconds * (1 + 0.001 * (j % 3)) for j in range(len(template["rounds"]))]
    work = {"flops": 1e6 * seconds, "bytes": 1e3, "vjps": 0, "jvps": 0, "peak_bytes": 1e6}
    return template | {"method": name, "computes": name[:3], "samples_s": samples, "cost": work}


def test_what_is_written_out_is_held_to_what_is_written_out(score):
    found = digest_doublings(score, "score")
    assert {(d.row, d.rival, d.size) for d in found} == {
        (row, rival, size)
        for row, rival in (("phi", "psi"), ("phi_closed_form", "psi_closed_form"))
        for size in (16.0, 64.0)
    }
    for doubling in found:
        truth = TIMES[doubling.row] / TIMES[doubling.rival]
        assert doubling.ratio.value == pytest.approx(truth, rel=0.01)
        assert doubling.formula == pytest.approx(truth)
