"""Rows over commits: paired ratios where they were recorded, else ratios of medians."""

import json
import math

import numpy as np
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


def record_steps(folder, stepped, commits=16):
    """asv's files of so many commits; from the middle on the rows ``stepped`` take 1.4 times as many yardsticks."""
    (path,) = folder.glob("*/3f2a*-virtualenv*.json")
    text, generator = path.read_text(), np.random.default_rng(0)
    for old in folder.glob("*/*-virtualenv*.json"):
        old.unlink()
    hashes = [f"{number:x}" * 40 for number in range(commits)]
    for number, commit in enumerate(hashes):
        data = json.loads(text)
        data |= {"commit_hash": commit, "date": data["date"] + 1000 * number}
        entry = list(data["results"]["logdet.Torch.track_seconds"])
        rows, others = [name.strip("'") for name in entry[1][0]], math.prod(map(len, entry[1][1:]))
        level = [1.4 if row in stepped and number >= commits / 2 else 1.0 for row in rows for _ in range(others)]
        entry[0] = [one * float(generator.normal(2.0, 0.02)) for one in level]
        data["results"] = {"logdet.Torch.track_times_yardstick": entry[: len(data["result_columns"]) - 2]}
        path.with_name(path.name.replace(path.name[:8], commit[:8])).write_text(json.dumps(data))
    return hashes


def record_comparison(folder, base, head, at, verdict, ratio, number=0):
    """``python -m benchmarks compare BASE HEAD --keep``: the row ``relative`` of torch at D = 64."""
    sizes = {"D": 64, "B": 100, "L": 2}
    cell = {"family": "logdet", "backend": "torch", "device": "cpu", "dtype": "float32", "sizes": sizes}
    interval = [ratio / 1.02, ratio * 1.02]
    line = {"cell": cell, "row": "relative", "verdict": verdict, "ratio": ratio, "interval": interval, "pairs": 8}
    (machine,) = {path.parent for path in folder.glob("*/machine.json")}
    place = machine / "studies" / head[:8]
    place.mkdir(parents=True, exist_ok=True)
    record = {"schema": 1, "base": base, "commit": head, "finished_at": at, "rows": [line]}
    (place / f"logdet-{base[:8]}-{number}.comparison").write_text(json.dumps(record))


def test_a_step_in_asvs_files_is_told_as_one_and_as_confirmed_where_it_was_compared(folder):
    """Two rows step, in asv's own files; one of them was compared at one size. Later it was left open once more."""
    hashes = record_steps(folder, ("relative", "inverse"))
    base, head = hashes[7:9]
    record_comparison(folder, base, head, "2026-11-27T00:00:00+00:00", "slower", 1.41)
    record_comparison(folder, base, head, "2026-11-28T00:00:00+00:00", "open", 1.2, number=1)
    history = digest_history(Analysis(load(folder)))
    assert {(c.row, c.size) for c in history.changes} == {(r, D) for r in ("relative", "inverse") for D in (64, 256)}
    assert all((c.last, c.first) == (base, head) for c in history.changes)
    assert [c.factor for c in history.changes] == 4 * [pytest.approx(1.4, rel=0.02)]
    (confirmed,) = [c for c in history.changes if c.confirmed]
    assert (confirmed.row, confirmed.size) == ("relative", 64)
    assert confirmed.ratio is not None
    assert confirmed.ratio.value == 1.41


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [("open", "slower", "slower"), ("slower", "same", "same"), ("faster", "open", "faster"), ("open", "open", "open")],
)
def test_the_last_verdict_holds_and_open_is_none(folder, first, then, told):
    """The last by when it was finished, whatever the records are called."""
    base, head = "a" * 40, "b" * 40
    record_comparison(folder, base, head, "2026-11-27T00:00:00+00:00", first, 1.1, number=1)
    record_comparison(folder, base, head, "2026-11-28T00:00:00+00:00", then, 1.2, number=0)
    (compared,) = digest_history(Analysis(load(folder))).compared
    assert compared.verdict == told
    assert compared.ratio.value == (1.1 if told == first != then else 1.2)


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
