"""When a study keeps its trainings, and that a run that was cut off anywhere ends as one that was not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.studies import _run
from benchmarks.studies._run import Study, plan
from benchmarks.studies._store import StudyStore

METHODS, SEEDS, EPOCHS = ("a", "b", "c"), (0, 1), 6
EVERY = 4.0


class _Killed(BaseException):
    """The process ends here."""


class _Clock:
    """Seconds that only epochs take; ``kill_in`` counts the epochs until one is killed halfway."""

    def __init__(self, kill_in: int | None):
        self.now, self.trained, self._kill_in = 0.0, 0, kill_in

    def epoch(self) -> None:
        if self.trained == self._kill_in:
            raise _Killed
        self.now += 1.0
        self.trained += 1


class _Chained:
    """A training whose state holds all that it has done: whatever is lost, doubled or swapped changes its end."""

    def __init__(self, method: str, seed: int, clock: _Clock):
        self._clock, self._state = clock, f"{method} {seed}"

    def epoch(self, number: int) -> dict:
        before, self._state = self._state, "half an epoch"
        self._clock.epoch()
        self._state = hashlib.sha256(f"{before} {number}".encode()).hexdigest()
        return {"seconds": 1.0, "loss": self._state}

    def save(self, path: Path) -> None:
        path.write_text(self._state)

    def load(self, path: Path) -> None:
        self._state = path.read_text()


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Train what is left of the study in a folder, by a clock that is killed after so many epochs: rows, and the clock
    at each checkpoint.
    """
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    monkeypatch.setattr(_run, "CHECKPOINT_S", EVERY)
    # What is killed here is no machine: nothing need reach its disk.
    monkeypatch.setattr("os.fsync", lambda descriptor: None)

    def train(name: str, kill_in: int | None = None) -> tuple[list[dict], list[float], _Clock]:
        clock, kept = _Clock(kill_in), []
        methods = {method: {"exact": True, "source": "", "settings": {}} for method in METHODS}
        study = Study(
            *(name, "none", "smoke", {}, methods, SEEDS, EPOCHS, lambda threads: None),
            lambda method, seed: _Chained(method, seed, clock),
        )
        store = StudyStore(name, {}, "here")
        save = store.save

        def save_and_note(*arguments) -> None:
            save(*arguments)
            kept.append(clock.now)

        monkeypatch.setattr(store, "save", save_and_note)
        monkeypatch.setattr(_run.time, "monotonic", lambda: clock.now)
        # Hundreds of trainings of nothing: what a collection of a test process's memory takes is not asked here.
        monkeypatch.setattr(_run, "_settle", lambda: None)
        store.begin({"processes": []})
        rows: list[dict] = []
        try:
            rows = _run._train(study, store, 0)
        except _Killed:
            # No more of a killed process reaches the disk.
            assert clock.trained - (kept[-1] if kept else 0) <= EVERY
        return rows, kept, clock

    return train


def test_a_checkpoint_every_few_seconds_and_at_the_end_of_a_seed(train):
    rows, kept, _ = train("whole")
    a_seed = len(METHODS) * EPOCHS
    assert len(rows) == len(SEEDS) * a_seed
    assert kept == [4, 8, 12, 16, 18, 22, 26, 30, 34, 36]
    assert [(row["seed"], row["epoch"], row["method"], row["position"]) for row in rows] == [
        (unit.seed, unit.epoch, unit.method, unit.position) for unit in plan(METHODS, SEEDS, EPOCHS)
    ]


@pytest.mark.long
def test_cut_off_after_any_epoch_it_ends_with_the_same_rows(train):
    whole, _, _ = train("whole")
    for kill_in in range(len(whole)):
        name = f"killed-{kill_in}"
        train(name, kill_in)
        found, _, clock = train(name)
        assert _results(found) == _results(whole)
        # At most what a checkpoint waits for is trained twice.
        assert len(whole) - kill_in <= clock.trained <= len(whole) - kill_in + EVERY


def test_cut_off_again_and_again_it_gets_there(train):
    whole, _, _ = train("whole")
    runs = []
    while not runs or not runs[-1]:
        runs.append(train("stubborn", kill_in=5)[0])
    assert len(runs) >= len(whole) / 5
    assert _results(runs[-1]) == _results(whole)


def _results(rows: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "wall_s"} for row in rows]
