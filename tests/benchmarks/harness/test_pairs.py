"""Rows are compared in the rounds that both were timed in, and those timed apart with such only."""

from __future__ import annotations

from types import SimpleNamespace

from benchmarks.harness.pairs import by_round, paired_ratios

ROW = {"rounds": [0, 1, 2], "samples_s": [1.0, 2.0, 3.0]}
APART = {"apart": True, "rounds": [], "samples_s": [9.0]}
NONE = {"rounds": [], "samples_s": []}


def test_ratios_are_of_the_rounds_that_both_have():
    other = {"rounds": [2, 0, 5], "samples_s": [1.5, 4.0, 7.0]}
    assert paired_ratios(ROW, other) == [0.25, 2.0]
    assert paired_ratios(other, ROW) == [0.5, 4.0]
    assert paired_ratios(ROW, NONE) == paired_ratios(NONE, ROW) == []


def test_a_row_that_was_timed_apart_has_no_round():
    assert list(by_round(APART).values()) == [9.0]
    assert paired_ratios(APART, APART | {"samples_s": [3.0]}) == [3.0]
    assert paired_ratios(APART, ROW) == paired_ratios(ROW, APART) == []


def test_asvs_ratio_to_the_yardstick_and_the_terminals_to_the_first_are_these(monkeypatch):
    from benchmarks import _door, logdet
    from benchmarks.harness import table

    rows = {"gemm_floor": ROW, "relative": {"rounds": [1, 2], "samples_s": [4.0, 3.0]}, "slow": APART}
    door = SimpleNamespace(family="logdet", _rows=lambda method, sizes: [rows[method]] * 2)
    yardstick = _door.FAMILIES["logdet"].yardstick
    rows[yardstick] = ROW
    told = logdet.Torch.track_times_yardstick(door, "relative", 8)
    assert told["samples"] == [2.0, 1.0] * 2
    records = [{"rows": rows}] * 2
    assert table._ratio(records, "relative", "gemm_floor") == 1.5
    assert table._ratio(records, "slow", "gemm_floor") is None
