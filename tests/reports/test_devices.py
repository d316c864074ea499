"""Records of several devices: the newest of a machine is read, and bad ones say so in one line."""

import pytest

from reports.clusters import LINK, NODE, UPLINK, sent_per_s
from reports.devices import find_fault
from reports.load import load
from tests.reports.sharded import make_record, write_record


def test_the_newest_is_told(small):
    write_record(small, make_record(finished_at="2026-11-25T08:00:00Z", command="older"), folder="00000000")
    write_record(small, make_record())
    run = load(small)
    (found,) = run.shardings
    assert found.record["command"] == "python -m benchmarks sharding"
    assert [file.kind for file in run.files].count("sharding") == 2
    # It is no training study.
    assert run.studies == ()
    assert not [line for line in run.problems if "sharding" in line]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"settings": {"B": 100}}, "the settings lack L, dtype"),
        ({"measured": []}, "measured must be a list of lines"),
        ({"agreed": [{"method": "relative", "D": 8, "devices": 2}]}, "agreed 0: difference must be a number from 0"),
        ({"formulas": [{"D": 8}]}, "formulas 0: it must name its method"),
    ],
)
def test_bad_records_are_one_line(small, change, says):
    record = make_record(**change)
    assert says in find_fault(record)
    write_record(small, record)
    run = load(small)
    assert run.shardings == ()
    (line,) = [line for line in run.problems if "logdet-devices.sharding" in line]
    assert says in line


def test_rings_between_nodes_are_as_fast_as_all_adapters_together():
    assert sent_per_s(8) == LINK.value
    assert sent_per_s(64) == sent_per_s(512) == NODE.value * UPLINK.value < LINK.value
