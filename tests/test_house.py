"""What holds of every file of the project."""

import subprocess
from pathlib import Path

from benchmarks.harness.publish import PACKED
from benchmarks.harness.record import unpack

ROOT = Path(__file__).resolve().parents[1]
# One idea a file; beyond this it has two.
MOST_LINES = 300
# What a clone fetches.
MOST_BYTES = 25_000_000


def list_files(*patterns: str) -> list[Path]:
    """Every file that git knows of, those not yet committed included."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns)
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_files_are_short_enough_to_be_one_idea():
    files = list_files("*.py")
    assert {path.relative_to(ROOT).parts[0] for path in files} >= {"bench_core", "benchmarks", "reports", "tests"}
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_the_tree_is_light():
    assert sum(path.stat().st_size for path in list_files()) <= MOST_BYTES


def test_published_records_are_packed():
    files = list_files(*(f"results/*{suffix}" for suffix in PACKED))
    assert {path.suffix for path in files} == set(PACKED)
    plain = [path.name for path in files if unpack(content := path.read_bytes()) == content]
    assert plain == []
