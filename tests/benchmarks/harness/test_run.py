"""Which cells a run has planned."""

from __future__ import annotations

import pytest

from benchmarks.families import FAMILIES
from benchmarks.harness import plain_run
from benchmarks.harness.profile import CARD, QUICK
from benchmarks.harness.run import planned


def test_a_part_that_is_no_regular_expression_is_one_line():
    with pytest.raises(ValueError, match=r"^--bench '\(' is not a regular expression: .*$"):
        planned(QUICK, "cpu", "(")


def test_a_part_that_finds_nothing_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    with pytest.raises(ValueError, match=r"^--bench 'nowhere' finds nothing in profile quick; allowed: .*$"):
        plain_run.run(QUICK, "cpu", "here", "nowhere")
    assert not (tmp_path / "results").exists()


def test_sweeps_of_the_same_sizes_have_cells_of_their_own_precisions_only():
    """As asv's classes do."""
    own = FAMILIES["logdet"].sweeps["card"]["Precisions"].dtypes
    for name, dtypes in (("TorchPrecisions", own), ("Torch", CARD.dtypes)):
        found = planned(CARD, "cuda", rf"^logdet\.{name}\.")
        assert {cell.split("-")[3] for cell in found} == set(dtypes)
