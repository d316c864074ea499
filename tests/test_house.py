"""What holds of every file of the project."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# One idea a file; beyond this it has two.
MOST_LINES = 300


def list_python() -> list[Path]:
    """Every Python file that git knows of, those not yet committed included."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_files_are_short_enough_to_be_one_idea():
    files = list_python()
    assert {path.relative_to(ROOT).parts[0] for path in files} >= {"bench_core", "benchmarks", "reports", "tests"}
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
