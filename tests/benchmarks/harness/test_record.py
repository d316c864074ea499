"""Files written whole or not at all, under real kills."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.harness.record import read_json, write_json
from tests.examples import examples

WRITER = """
import sys
from pathlib import Path
from benchmarks.harness.record import write_json
number = 0
while True:
    number += 1
    write_json(Path(sys.argv[1]), {"number": number, "padding": ["x" * 100] * 2000})
"""


def test_no_half_file_is_ever_read_under_sigkill(tmp_path):
    path, rng, seen = tmp_path / "record.json", random.Random(0), []
    for turn in range(examples(quick=4, thorough=10)):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], env=os.environ | {"PYTHONPATH": os.getcwd()}, cwd=os.getcwd()
        )
        # However long it takes to start.
        begun, deadline = (path.stat().st_mtime_ns if path.exists() else 0), time.monotonic() + 60
        while (path.stat().st_mtime_ns if path.exists() else 0) == begun:
            assert time.monotonic() < deadline, "nothing is written"
            time.sleep(0.005)
        start = time.monotonic()
        # A reader while it is written, then the kill, at a moment of no one's choice.
        while time.monotonic() - start < 0.3 + rng.random() * 0.3:
            if path.exists():
                seen.append((turn, json.loads(path.read_text())["number"]))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert len(read_json(path)["padding"]) == 2000
    assert len(set(seen)) > 10
    # What a killed writer leaves does not end in .json, so no reader takes it for a record.
    assert [p.name for p in tmp_path.glob("*.json")] == ["record.json"]


def test_not_a_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_of_what_the_disk_refuses_nothing_is_left_and_what_was_there_stays(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", 1)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(tmp_path / "a.json", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert read_json(tmp_path / "a.json") == 1


def test_a_corrupt_file_is_one_line(tmp_path):
    (tmp_path / "a.json").write_text('{"half": ')
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON .*; remove it or restore it"):
        read_json(tmp_path / "a.json")
