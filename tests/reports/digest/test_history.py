"""Rows over commits: paired ratios where they were recorded, else ratios of medians."""

import json
import math

import pytest

from reports.analysis import Analysis
from reports.digest.history import Mark, Track, digest_history, list_changes
from reports.load import load
from reports.points import Place

# What is planted as the paired ratio to the yardstick, by the first digits of the commit.
TIMES = {"0a1b": 2.0, "3f2a": 3.0}


@pytest.fixture
def folder(synthetic, tmp_path):
    """Two commits of torch on the CPU; the older one was measured on a machine 1.2 times slower."""
    return synthetic.write_results(tmp_path, sizes=(64, 256), processes=1, cuda=False, old=True, rounds=8)


def record_times(folder):
    """Add asv's metric `track_times_yardstick` to both commits' files."""
    for path in folder.glob("*/*-virtualenv*.json"):
        data = json.loads(path.read_text())
        name = "logdet.Torch.track_seconds"
        entry = list(data["results"][name])
        times = TIMES[data["commit_hash"][:4]]
        entry[0] = [None if not isinstance(v, float) or math.isnan(v) else times for v in entry[0]]
        data["results"]["logdet.Torch.track_times_yardstick"] = entry[: len(data["result_columns"]) - 2]
        path.write_text(json.dumps(data))


def test_the_machines_speed_is_not_a_change(folder):
    run = load(folder)
    history = digest_history(Analysis(run))
    assert [commit[:4] for commit in history.commits] == ["0a1b", "3f2a"]
    tracks = {(track.row, track.size): track for track in history.tracks}
    relative = tracks["relative", 256]
    lines = [line for line in run.history.to_dict("records") if line["cell"].startswith("logdet-torch-cpu-float32-")]
    seconds = {(line["commit"], dict(line["sizes"])["D"], line["row"]): line["seconds"] for line in lines}
    older, newer = (seconds[mark.commit, 256, "relative"] for mark in relative.marks)
    assert older / newer == pytest.approx(1.2, rel=0.05)
    assert relative.change == pytest.approx(1, rel=0.05)
    assert relative.paired == ()
    assert math.isnan(tracks["gemm_floor", 256].change)
    assert not [track for track in history.tracks if "~" in track.row]
    assert (relative.place.backend, relative.place.dtype, relative.axis) == ("torch", "float32", "D")
    assert dict(relative.fixed) == {"B": 100, "L": 2}


def test_a_recorded_ratio_is_what_is_compared(folder):
    record_times(folder)
    history = digest_history(Analysis(load(folder)))
    (track,) = [track for track in history.tracks if (track.row, track.size) == ("relative", 64)]
    assert [times for _, times in track.paired] == [2.0, 3.0]
    assert track.change == 1.5


def test_a_ratio_lies_where_another_process_would(synthetic, tmp_path):
    """As far as processes of this family and place differ; where none shows that, no interval is drawn."""
    known = synthetic.write_results(
        tmp_path / "a", sizes=(16, 64, 256, 1024), processes=3, cuda=False, old=True, rounds=8
    )
    one = synthetic.write_results(tmp_path / "b", sizes=(64, 256), processes=1, cuda=False, old=True, rounds=8)
    reach = {track.reach for track in digest_history(Analysis(load(known))).tracks}
    assert all(1 < each < 1.5 for each in reach)
    assert all(math.isnan(track.reach) for track in digest_history(Analysis(load(one))).tracks)


def test_changes_are_told_with_the_commits_that_hold_them():
    place = Place("m", "torch", "cpu", "float32")
    times = [math.nan, 2.0, 2.02, 1.98, 2.01, 1.99, 2.0, 3.0, 3.03, 2.97, 3.02, 2.98, 3.01]
    marks = tuple(Mark(f"{j:02}", ratio, ratio) for j, ratio in enumerate(times))
    track = Track("env", "logdet", place, "D", 64.0, (("B", 100),), "relative", marks)
    (change,) = list_changes([track])
    assert (change.last, change.first, change.commits) == ("06", "07", (6, 6))
    assert (change.before, change.after) == pytest.approx((2.0, 3.005))
    assert change.factor == pytest.approx(3.005 / 2)
    assert change.of(track)
    # As certain, and too small to matter.
    small = tuple(Mark(mark.commit, ratio**0.05, ratio) for mark, ratio in zip(marks, times, strict=True))
    assert list_changes([Track("env", "logdet", place, "D", 64.0, (("B", 100),), "relative", small)]) == ()
