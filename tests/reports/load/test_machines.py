"""Several machines and devices in one report: side by side, never paired."""

import json
import shutil

import pytest

from reports.analysis import Analysis
from reports.load import load

OTHER = "another-machine"


@pytest.fixture(scope="module")
def both(synthetic, tmp_path_factory):
    """Two machines with the same cells, environments and commit; the other's times are twice as long."""
    folder = synthetic.write_results(tmp_path_factory.mktemp("both"), sizes=(64, 256, 1024), processes=2, rounds=8)
    shutil.copytree(folder / synthetic.MACHINE, folder / OTHER)
    for path in (folder / OTHER).glob("sessions/*/*.session"):
        record = json.loads(path.read_text())
        for row in record["rows"].values():
            row["samples_s"] = [2 * seconds for seconds in row["samples_s"]]
        path.write_text(json.dumps(record))
    for path in (folder / OTHER).glob("*.json"):
        if path.name != "machine.json":
            path.unlink()
    return folder


def test_each_machine_and_device_has_its_own_series(both, synthetic):
    run = load(both)
    assert run.problems == ()
    assert run.superseded == 0
    assert {part.machine for part in run.parts} == {OTHER, synthetic.MACHINE}
    assert {part.machine for part in run.parts} == {OTHER, synthetic.MACHINE}
    analysis = Analysis(run)
    places = {(place.machine, place.backend, place.device) for place in analysis.places}
    assert len(places) == len(analysis.series()) == 6
    assert len({analysis.key(series) for series in analysis.series()}) == 6


def test_points_hold_samples_of_their_machine_only(both, synthetic):
    run = load(both)
    analysis = Analysis(run)
    for series in analysis.series():
        for row in analysis.rows(series):
            for point in (p for p in analysis.points(series, row) if p.ok):
                assert set(point.samples) <= {0, 1}
                truth = synthetic.true_seconds(row, int(point.size), series.place.backend, series.place.device)
                factor = 2 if series.place.machine == OTHER else 1
                assert point.seconds.value == pytest.approx(factor * truth, rel=0.1)


def test_one_machine_in_a_report_with_another_is_as_it_is_alone(both, synthetic):
    together, alone = Analysis(load(both)), Analysis(load(both, machine=synthetic.MACHINE))
    for series in alone.series():
        assert series in together.series()
        for size in alone.sizes(series):
            assert alone.ratio(series, size, "inverse", "relative") == together.ratio(
                series, size, "inverse", "relative"
            )
            assert alone.ceiling(series, size) == together.ceiling(series, size)
        assert alone.noise(series.place) == together.noise(series.place)
