"""Orders: the fastest of those that were timed in the same rounds, beside the main sweep."""

import pytest

from reports.analysis import Analysis
from reports.digest.orders import digest_orders
from reports.load import load

SHARES = {"relative_published": 3.0, "transposed": 2.0}


@pytest.fixture
def orders(synthetic, tmp_path):
    """By layers and dimension; at D = 512 there is one order alone."""
    for D in (64, 128, 512):
        for L in (1, 2):
            record = synthetic.make_session(D, rounds=8, rows=("gemm_floor", "relative", "inverse"))
            record["cell"]["sizes"]["L"] = L
            record["started_at"] = record["started_at"].replace("08:", f"0{L}:")
            plain = record["rows"]["relative"]
            for name, share in SHARES.items() if D < 512 else ():
                samples = [share * seconds for seconds in plain["samples_s"]]
                record["rows"][name] = plain | {"method": name, "samples_s": samples}
            synthetic.write_session(tmp_path, record, "direct")
    return digest_orders(Analysis(load(tmp_path)), "logdet")


def test_the_fastest_with_its_lead_over_the_second(orders):
    assert [(order.size, order.row, order.second) for order in orders] == [
        (64, "relative", "transposed"),
        (128, "relative", "transposed"),
    ]
    assert all(order.series.endswith("l1") for order in orders)
    assert all(order.ratio.value == pytest.approx(0.5) for order in orders)


def test_a_family_without_orders_has_none(implicit_analysis):
    assert digest_orders(implicit_analysis, "implicit") == ()
