"""``asv continuous`` and ``asv find``, which install commit after commit into asv's own environment.

Its libraries are those that run the tests: nothing is fetched.
"""

from __future__ import annotations

import json
import re
import sysconfig
from pathlib import Path

import pytest

ROW = r"^logdet\.Torch\.track_times_yardstick"
ASKED = ("wheel", "nvidia-ml-py")  # what the environment is asked to have, and nothing here uses
NOT_SHARED = ("jacobench", "__editable__", "pip", "_distutils_hack", "distutils-precedence", "__pycache__")


@pytest.fixture
def managed(trial):
    """Four commits, the third slower, and asv's environment."""
    for passes in (0, trial.PASSES, 0):
        trial.plant(passes)
    repository = trial.repository
    shared = repository.folder.parent / "shared"
    pins = dict(re.findall(r"(?m)^([\w-]+)==(\S+)", (repository.folder / "constraints.txt").read_text()))
    for name in ASKED:
        version = pins.get(name, "1.0")
        facts = shared / f"{name.replace('-', '_')}-{version}.dist-info"
        facts.mkdir(parents=True)
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith((*NOT_SHARED, *(name.replace("-", "_") for name in ASKED))):
            (shared / path.name).symlink_to(path)
    repository.environment["PIP_NO_INDEX"] = "1"
    done = repository.python("-m", "asv", "setup", ASV_PYTHONPATH=str(shared))
    assert "asv: " not in done.stderr, done.stderr  # its exit status is 1 where it has made them
    (packages,) = repository.folder.glob(".asv/env/*/lib/python*/site-packages")
    (packages / "shared.pth").write_text(str(shared))
    return trial


@pytest.mark.slow
def test_the_slower_commit_is_told_and_found(managed):
    repository, (first, second, slower, last) = managed.repository, managed.commits
    done = repository.python(
        *("-m", "asv", "continuous", second, slower, "--bench", ROW, "--factor", str(managed.FACTOR))
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert managed.told(done.stdout, r"^\| [-+!].*") == managed.PLANTED, done.stdout
    # A series is named by torch and jax, and by no other library.
    names = {path.name.split("-", 1)[1] for path in repository.folder.glob("results-local/*/*-virtualenv-*.json")}
    (name,) = names
    libraries = [part for part in name.split("-") if part.startswith(("torch", "jax", "jaxlib", "numpy", "diffrax"))]
    assert [part.rstrip("0123456789.") for part in libraries] == ["jax", "jaxlib", "torch"]

    done = repository.python("-m", "asv", "find", f"{first}..{last}", rf"{ROW}\('relative', 64")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Greatest regression found: {slower[:8]}" in done.stdout, done.stdout
    # It is a run of its own, whose end is told: no other takes up its records, and none of its cells is open.
    found = repository.folder.glob("results-local/*/sessions/*/runs/*.ledger")
    events = [[json.loads(line) for line in path.read_text().splitlines()] for path in found]
    own = [told for told in events if told[0]["plan"] == rf"{ROW}\('relative', 64"]
    assert len(own) >= 3
    assert all([event["event"] for event in told[-2:]] == ["told", "stopped"] for told in own)
    assert all(told[0]["planned"] == {told[1]["cell"]: 1} for told in own)
