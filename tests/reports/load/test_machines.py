"""Several machines and devices in one report: side by side, never paired."""

import json
import shutil

import pytest

from reports.analysis import Analysis
from reports.load import load

OTHER = "another-machine"


@pytest.fixture(scope="module")
def folder(synthetic, tmp_path_factory):
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


@pytest.fixture(scope="module")
def both(folder):
    """Their analysis."""
    return Analysis(load(folder))


def test_each_machine_and_device_has_its_own_series(both, synthetic):
    run = both.run
    assert run.problems == ()
    assert run.superseded == 0
    assert {part.machine for part in run.parts} == {OTHER, synthetic.MACHINE}
    places = {(place.machine, place.backend, place.device) for place in both.places}
    assert len(places) == len(both.series()) == 6
    assert len({both.key(series) for series in both.series()}) == 6


def test_points_hold_samples_of_their_machine_only(both, synthetic):
    for series in both.series():
        for row in both.rows(series):
            for point in (p for p in both.points(series, row) if p.ok):
                assert set(point.samples) <= {0, 1}
                truth = synthetic.true_seconds(row, int(point.size), series.place.backend, series.place.device)
                factor = 2 if series.place.machine == OTHER else 1
                assert point.seconds.value == pytest.approx(factor * truth, rel=0.1)


def test_one_machine_in_a_report_with_another_is_as_it_is_alone(folder, both, synthetic):
    alone = Analysis(load(folder, machine=synthetic.MACHINE))
    for series in alone.series():
        assert series in both.series()
        for size in alone.sizes(series):
            ratios = [analysis.ratio(series, size, "inverse", "relative") for analysis in (alone, both)]
            assert ratios[0] == ratios[1]
            assert alone.ceiling(series, size) == both.ceiling(series, size)
        assert alone.noise(series.place) == both.noise(series.place)
