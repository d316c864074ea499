"""What was measured, on what and when."""

import json

import pytest

from reports.analysis import Analysis
from reports.digest.about import describe
from reports.load import load


@pytest.mark.parametrize(("ram", "memory"), [("25165824", 25165824.0), ("24 GB", 0.0), (None, 0.0)])
def test_a_machine_of_which_asv_alone_tells(small, ram, memory):
    """Its file holds what was typed, with a unit or not at all."""
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    (path,) = small.glob("*/machine.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"ram": ram}))
    (machine,) = describe(Analysis(load(small))).machines
    assert (machine.cores, machine.memory_bytes) == (2, memory)
