"""Sessions that a node's GPU did not settle: they stay open, and another job has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import session
from benchmarks.harness.record import read_json
from benchmarks.harness.store import UnwritableError
from tests.benchmarks.submit.mocked import CELLS, find_run, run_job, submit

SLOW = {"state": {"card": {"sm_mhz": 900.0, "default_sm_mhz": 1980.0, "reasons": ["software power cap"]}}}
FAULTS = [
    pytest.param(
        SLOW,
        "the card's clock was 900 MHz in the rounds, below 75% of its default 1980 MHz (software power cap)",
        marks=pytest.mark.slow,
    ),
    ({"lost_device": "no device to be seen"}, "the device went away: no device to be seen"),
]


@pytest.mark.long
@pytest.mark.parametrize(("fault", "says"), FAULTS)
def test_a_session_that_its_card_did_not_settle_is_kept_and_measured_again(
    cluster, tmp_path, monkeypatch, capsys, fault, says
):
    whole, faults = session.run, [fault]

    def measure(cell, *given, **named):
        """On the processor, as if it were a card with this fault, then one without."""
        record = whole(replace(cell, device="cpu"), *given, **named)
        return record | {"cell": cell.to_json()} | (faults.pop() if faults else {})

    monkeypatch.setattr(session, "run", measure)
    monkeypatch.setenv("XLA_FLAGS", "")
    assert submit("--device", "cuda") == 0
    with pytest.raises(UnwritableError, match="cannot measure it: "):
        run_job(cluster, tmp_path, "12_0")
    cluster.end("12_0", "FAILED")
    capsys.readouterr()
    assert main(["submit", "--status"]) == 1
    said = capsys.readouterr().out
    assert "3 sessions: 2 waiting, 1 open" in said
    assert f"cannot measure it: {says}" in said
    (path,) = find_run(tmp_path).spool.glob("hpc/sessions/*/*.session")
    record = read_json(path)
    assert all(row["samples_s"] for row in record["rows"].values())
    # Not as a whole, and of a part without it.
    for job in ("12_1", "12_2"):
        run_job(cluster, tmp_path, job)
    assert main(["submit", "--merge"]) == 2
    assert "sessions: 1 open" in capsys.readouterr().err
    assert main(["submit", "--merge", "--partial"]) == 1
    merged = sorted(each.name for each in tmp_path.glob("results/hpc/sessions/*/*.session"))
    assert not [name for name in merged if "-D4-" in name]
    assert len(merged) == len(CELLS) - 1
    # Another card settles it.
    assert main(["submit", "--resume"]) == 0
    assert "1 sessions sent to Slurm as 13" in capsys.readouterr().out
    run_job(cluster, tmp_path, "13")
    assert main(["submit", "--merge"]) == 0
    assert read_json(next(path.parent.glob("superseded/*"))) == record
    (filed,) = tmp_path.glob("results/hpc/sessions/*/*-D4-*.session")
    assert read_json(filed)["job"]["id"] == "13"
