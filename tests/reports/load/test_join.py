"""The join of asv's values with the session records."""

import itertools
import json

from reports.load import load
from tests.reports.finders import asv_path, lines_of, session_path


def test_asv_without_session_record_is_kept_unpaired(small):
    path = session_path(small)
    path.unlink()
    line = lines_of(load(small), cell="logdet-torch-cpu-float32-B100-D256-L2", row="relative").iloc[0]
    assert line["recorded_by"] == "asv"
    assert len(line["samples_s"]) == 8
    assert len(line["rounds"]) == 0
    # Other sizes know what the row is.
    assert (line["role"], line["computes"]) == ("method", "relative")


def test_outcome_codes_without_session_records(small):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    line = lines_of(load(small), cell="logdet-jax-cpu-float32-B100-D256-L2", row="transposed").iloc[0]
    assert line["outcome"] == "wrong"
    assert line["reason"]


def test_sessions_without_asv_are_kept(small):
    asv_path(small).unlink()
    run = load(small)
    assert len(run.sessions) == 8
    assert not any(part.asv for part in run.parts)


def test_what_the_sweep_does_not_hold_is_no_measurement(small):
    """asv's grid is a product: a row that the record of a cell does not have, skipped, was not to be measured there."""
    path, cell = session_path(small), "logdet-torch-cpu-float32-B100-D256-L2"
    record = json.loads(path.read_text())
    for name in ("relative", "transposed"):
        del record["rows"][name]
    path.write_text(json.dumps(record))
    results = asv_path(small)
    data = json.loads(results.read_text())
    for metric, value in (("outcome", 1.0), ("seconds", None)):
        column = data["results"][f"logdet.Torch.track_{metric}"]
        values, parameters = (column[data["result_columns"].index(name)] for name in ("result", "params"))
        points = itertools.product(*parameters)
        values[next(j for j, point in enumerate(points) if point[0] == "'relative'" and "256" in point)] = value
    results.write_text(json.dumps(data))
    run = load(small)
    assert lines_of(run, cell=cell, row="relative").empty
    # What asv says of a row that did run is kept; and all of it where the cell has no record.
    assert list(lines_of(run, cell=cell, row="transposed")["outcome"]) == ["ok"]
    path.unlink()
    assert list(lines_of(load(small), cell=cell, row="relative")["outcome"]) == ["skipped"]


def test_a_median_of_asv_that_is_not_the_records_is_named(small):
    path = asv_path(small)
    data = json.loads(path.read_text())
    values = data["results"]["logdet.Torch.track_seconds"][data["result_columns"].index("result")]
    place = next(j for j, value in enumerate(values) if value)
    values[place] *= 1.05
    path.write_text(json.dumps(data))
    run = load(small)
    (line,) = run.differences
    assert "asv says" in line
    # The records are used: no number of the report is less sure for it.
    assert run.problems == ()
    values[place] /= 1.05 / 1.005  # the median of another rounding
    path.write_text(json.dumps(data))
    assert load(small).differences == ()


def test_a_process_that_asv_does_not_know_is_no_contradiction(small):
    """`settle` adds processes to a cell after asv's run."""
    first = session_path(small)
    record = json.loads(first.read_text())
    processes = len([*first.parent.glob(first.name.replace(".p0.", ".p*."))])
    for row in record["rows"].values():
        row["samples_s"] = [1.3 * seconds for seconds in row.get("samples_s") or []]
    more = first.with_name(first.name.replace(".p0.", f".p{processes}."))
    more.write_text(json.dumps(record | {"process": processes}))
    run = load(small)
    assert len(run.sessions) == 9
    assert run.problems == run.differences == ()
