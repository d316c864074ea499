"""One pair of real processes, and what is made of its samples."""

from __future__ import annotations

import math
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.compare import pair, sides, table
from benchmarks.compare.comparison import Comparison, Options
from benchmarks.harness import policy
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

ROOT = Path(__file__).resolve().parents[3]
SMALL = Cell.of("logdet", "torch", {"D": 12, "B": 8, "L": 2})
SLEEP, DIE = "__import__('time').sleep(3e-3)", "__import__('os')._exit(3)"
ABBA, BAAB = ("base", "head", "head", "base"), ("head", "base", "base", "head")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    """The least that a pair may have."""
    monkeypatch.setattr(pair, "ROW_S", 0.0)


def _alike(side: sides.Side) -> dict[str, sides.Side]:
    return {"base": side, "head": side}


def _blocks(seconds):
    """A block of either order; ``seconds(side, place in its block, whether it is the twin, place in both)``."""
    return [
        (order, [seconds(side, k, side in order[:k], 4 * b + k) for k, side in enumerate(order)])
        for b, order in enumerate((ABBA, BAAB))
    ]


def test_a_block_pair_of_both_orders_takes_a_drift_out():
    """Seconds that grow by 1 % a sample and a head that is 10 % slower: the ratio is exact, and so is that by twins."""
    found = pair.summarise(_blocks(lambda side, k, twin, j: math.exp(0.01 * j) * (1.1 if side == "head" else 1.0)))
    assert found["log_ratio"] == pytest.approx(math.log(1.1))
    assert found["twin"] == pytest.approx(0.0)


def test_an_effect_of_the_place_in_a_block_is_in_neither_ratio_nor_twin():
    """A sample right after one of its own side finds its caches warm."""
    places = (1.05, 1.04, 0.9, 1.03)
    found = pair.summarise(_blocks(lambda side, k, twin, j: places[k]))
    assert found["log_ratio"] == pytest.approx(0.0)
    assert found["twin"] == pytest.approx(0.0)


def test_a_side_that_differs_from_itself_is_seen_by_its_twin():
    """Head's second samples take 6 % longer: 3 % of them are in the ratio, and by that it differs from itself."""
    found = pair.summarise(_blocks(lambda side, k, twin, j: math.exp(0.06 * (side == "head" and twin))))
    assert found["log_ratio"] == pytest.approx(0.03)
    assert found["twin"] == pytest.approx(0.03)


def test_disturbed_block_pairs_do_not_move_the_ratio():
    """Nearly half of them, and always on the same side."""
    calm = [(ABBA, [1.0, 1.1, 1.1, 1.0]), (BAAB, [1.1, 1.0, 1.0, 1.1])]
    disturbed = [(ABBA, [9.0, 1.1, 1.1, 9.0]), (BAAB, [1.1, 9.0, 9.0, 1.1])]
    assert pair.summarise([*calm, *disturbed, *calm])["log_ratio"] == pytest.approx(math.log(1.1))


def test_choosing_the_quieter_half_favours_neither_side():
    """Equal sides, disturbed at random by up to ten times: the mean ratio of many pairs is 1, and head and base are
    exchangeable.
    """
    generator = np.random.default_rng(3)

    def drawn():
        noise = lambda: list(np.exp(generator.normal(0, 0.02, 4) + 2.3 * (generator.random(4) < 0.2)))  # noqa: E731
        return [(order, noise()) for _ in range(8) for order in (ABBA, BAAB)]

    ratios = [pair.summarise(drawn())["log_ratio"] for _ in range(300)]
    assert abs(np.mean(ratios)) < 4 * np.std(ratios) / math.sqrt(len(ratios))
    blocks = drawn()
    swapped = [(tuple({"base": "head", "head": "base"}[side] for side in order), times) for order, times in blocks]
    assert pair.summarise(swapped)["log_ratio"] == pytest.approx(-pair.summarise(blocks)["log_ratio"])


@pytest.mark.long
def test_slower_wrong_dying_and_gone(checkout, tmp_path, plant):
    """Five rows of one head, each with a change of its own, and one without."""
    base = sides.make(None, checkout, tmp_path / "sides")
    plant(checkout, "logdet/torch/relative.py", "    pre, deltas,", f"    {SLEEP}\n    pre, deltas,")
    plant(checkout, "logdet/torch/inverse.py", "addmm_(delta.T, z)", "addmm_(delta.T, 2 * z)")
    kept = "globals().setdefault('_KEPT', (gradients[:layers], gradients[layers:]))"
    plant(checkout, "logdet/torch/slogdet_autodiff.py", "list(gradients[:layers]), list(gradients[layers:])", kept)
    plant(checkout, "logdet/torch/transposed.py", "    inputs, _,", f"    {DIE}\n    inputs, _,")
    declared = (ROOT / "bench_core/logdet/__init__.py").read_text().split("\n")
    gone = next(line for line in declared if "as printed" in line)
    plant(checkout, "logdet/__init__.py", gone, "")
    head = sides.make(None, checkout, tmp_path / "sides")
    rows = ("relative", "relative_published", "inverse", "slogdet_autodiff", "transposed", "gemm_floor")
    found = pair.measure({"base": base, "head": head}, SMALL, QUICK, first="head", asked=rows, policy={})
    assert found["failed"] is None
    assert set(found["rows"]) == {"relative", "gemm_floor"}
    assert found["rows"]["relative"]["log_ratio"] > math.log(3)
    assert abs(found["rows"]["gemm_floor"]["log_ratio"]) < math.log(3)
    told = {side: {row: o["outcome"] for row, o in found["outcomes"][side].items()} for side in pair.SIDES}
    assert told["head"]["inverse"] == "wrong"
    assert told["head"]["slogdet_autodiff"] == "wrong"
    assert "on new data after timing" in found["outcomes"]["head"]["slogdet_autodiff"]["reason"]
    assert told["base"]["inverse"] == told["base"]["slogdet_autodiff"] == "ok"
    assert told["head"]["transposed"] == "error"
    assert "exit status 3" in found["outcomes"]["head"]["transposed"]["reason"]
    comparison = Comparison({"base": base, "head": head}, [SMALL], Options(QUICK))
    comparison.take(SMALL.name, found)
    assert comparison.only == {(SMALL.name, "relative_published"): "base"}
    assert {row for _, row in comparison.lost()} == {"inverse", "slogdet_autodiff", "transposed"}
    assert comparison.status() == 2
    text = "\n".join(table.lines(comparison))
    assert f"{SMALL.name}: inverse: base ok; head wrong (error" in text
    assert f"{SMALL.name}: relative_published: only base has it" in text


@pytest.mark.long
def test_two_forms_and_two_precisions_of_a_method_are_one_row(checkout, tmp_path):
    """Rows are named by their methods; of one that has only one of the forms the other side is without it."""
    settings = {"base": ["form=eager"], "head": ["form=allocating", "dtype=float64"]}
    both = {side: sides.make(None, checkout, tmp_path / "sides", settings=told) for side, told in settings.items()}
    found = pair.measure(both, SMALL, QUICK, first="head", asked=("relative", "gemm_floor"), policy={})
    assert found["failed"] is None
    assert set(found["rows"]) == {"relative"}
    assert {side: set(names) for side, names in found["names"].items()} == {
        "base": {"relative", "gemm_floor"},
        "head": {"relative"},
    }
    errors = {side: found["outcomes"][side]["relative"]["error"] for side in pair.SIDES}
    assert 0 < errors["head"] < 1e-12 < errors["base"]


@pytest.mark.slow
def test_the_greatest_slowdowns_have_a_ratio(checkout, tmp_path, plant):
    """Within the budget on one side and over it on the other: both are waited for longer. What is over it on both is
    not.
    """
    profile = replace(QUICK, call_limit_s=0.1, row_budget_s=0.1)
    slow = "__import__('time').sleep(0.2)"
    plant(checkout, "logdet/torch/transposed.py", "    inputs, _,", f"    {slow}\n    inputs, _,")
    base = sides.make(None, checkout, tmp_path / "sides")
    plant(checkout, "logdet/torch/relative.py", "    pre, deltas,", f"    {slow}\n    pre, deltas,")
    head = sides.make(None, checkout, tmp_path / "sides")
    rows = ("relative", "transposed", "gemm_floor")
    found = pair.measure({"base": base, "head": head}, SMALL, profile, first="base", asked=rows, policy={})
    assert set(found["rows"]) == {"relative", "gemm_floor"}
    assert found["rows"]["relative"]["log_ratio"] > math.log(100)
    assert {found["outcomes"][side]["transposed"]["outcome"] for side in pair.SIDES} == {"over_budget"}


@pytest.mark.slow
def test_a_row_that_ends_both_processes_fails_neither(checkout, tmp_path, plant):
    plant(checkout, "logdet/torch/transposed.py", "    inputs, _,", f"    {DIE}\n    inputs, _,")
    both = _alike(sides.make(None, checkout, tmp_path / "sides"))
    found = pair.measure(both, SMALL, QUICK, first="base", asked=("transposed", "gemm_floor"), policy={})
    assert set(found["rows"]) == {"gemm_floor"}
    comparison = Comparison(both, [SMALL], Options(QUICK))
    comparison.take(SMALL.name, found)
    assert comparison.lost() == {}
    assert set(comparison.neither()) == {(SMALL.name, "transposed")}


@pytest.mark.slow
def test_a_side_without_a_library_is_said(checkout, tmp_path):
    """And not a traceback, whose exit status would be that of a slowdown."""
    one, tf32 = (sides.make(None, checkout, tmp_path / "sides", settings=s) for s in ([], ["dtype=tf32"]))
    found = pair.measure({"base": one, "head": tf32}, SMALL, QUICK, first="base", policy={})
    assert found["failed"].startswith("head: ")
    assert "tf32" in found["failed"]


@pytest.fixture
def turns(monkeypatch):
    """The orders that sides are given, as (row, 0 for the one whose process is made first and 1 for the other)."""
    made, told = [], []
    enter, take = pair.Process.__enter__, pair.Process.time

    def follow(process, row, number, seconds):
        told.append((row, made.index(process)))
        return take(process, row, number, seconds)

    monkeypatch.setattr(pair.Process, "__enter__", lambda process: made.append(process) or enter(process))
    monkeypatch.setattr(pair.Process, "time", follow)
    return told


@pytest.mark.slow  # two pairs of processes, one of them killed
def test_rounds_that_were_cut_off_are_not_measured_again_and_all_are_abba_baab(checkout, tmp_path, turns):
    both = _alike(sides.make(None, checkout, tmp_path / "sides"))
    there: pair.Blocks = [(ABBA, [1.0, 2.0, 2.0, 1.0]), (BAAB, [2.0, 1.0, 1.0, 2.0])]
    kept: list[tuple[int, list[str]]] = []
    rounds = pair.Rounds({0: {"relative": there}}, lambda number, rows: kept.append((number, sorted(rows))))
    asked = ("relative", "gemm_floor")
    found = pair.measure(both, SMALL, QUICK, first="base", asked=asked, policy={}, rounds=rounds)
    assert kept[0] == (0, ["gemm_floor"])
    assert kept[1] == (1, ["gemm_floor", "relative"])
    assert found["rows"]["relative"]["blocks"] == 2 * sum("relative" in rows for rows in rounds.known.values())
    assert rounds.known[0]["relative"] == there
    # A row's blocks follow each other, and the round after begins with the other order.
    assert {side for _, side in turns} == {0, 1}, "a process was lost, and the pair begun anew"
    orders = [tuple(pair.SIDES[side] for _, side in turns[k : k + 4]) for k in range(0, len(turns), 4)]
    floor = [order for order, (row, _) in zip(orders, turns[::4]) if row == "gemm_floor"]
    assert floor[:4] == [ABBA, BAAB, BAAB, ABBA]
    assert all(len({row for row, _ in turns[k : k + 8]}) == 1 for k in range(0, len(turns), 8))


@pytest.mark.slow
@pytest.mark.skipif(len(policy.affinity()) < 2, reason="needs two processors")
def test_both_sides_are_on_the_same_processors(checkout, tmp_path, plant):
    """And on no more of them than threads, or each may be somewhere else."""
    said = tmp_path / "said"
    tell = f"    open({str(said)!r}, 'a').write(str(sorted(__import__('os').sched_getaffinity(0))) + chr(10))\n"
    plant(checkout, "logdet/torch/relative.py", "    pre, deltas,", f"{tell}    pre, deltas,")
    side = sides.make(None, checkout, tmp_path / "sides", settings=["threads=1"])
    found = pair.measure(_alike(side), SMALL, QUICK, first="base", asked=("relative",), policy={})
    assert set(found["rows"]) == {"relative"}
    assert set(said.read_text().splitlines()) == {str(policy.apart(1))}


@pytest.mark.slow
def test_a_side_has_the_interpreter_that_it_was_given(checkout, tmp_path, plant):
    """One of an environment of its own, with the same libraries."""
    said = tmp_path / "said"
    tell = f"    open({str(said)!r}, 'a').write(__import__('sys').prefix + chr(10))\n"
    plant(checkout, "logdet/torch/relative.py", "    pre, deltas,", f"{tell}    pre, deltas,")
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(other)], check=True)
    (packages,) = other.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib"))
    both = {
        "base": sides.make(None, checkout, tmp_path / "sides"),
        "head": sides.make(None, checkout, tmp_path / "sides", str(other / "bin/python")),
    }
    found = pair.measure(both, SMALL, QUICK, first="base", asked=("relative",), policy={})
    assert set(found["rows"]) == {"relative"}
    assert set(said.read_text().splitlines()) == {sys.prefix, str(other)}


@pytest.mark.slow
def test_settings_reach_their_side(checkout, tmp_path):
    both = {
        side: sides.make(None, checkout, tmp_path / "sides", sys.executable, settings)
        for side, settings in (("base", ["threads=1"]), ("head", ["XLA_FLAGS=--xla_cpu_enable_fast_math=false"]))
    }
    small = Cell.of("logdet", "jax", {"D": 12, "B": 8, "L": 2})
    found = pair.measure(both, small, QUICK, first="base", asked=("gemm_floor",), policy={})
    assert set(found["rows"]) == {"gemm_floor"}
    assert found["environment"]["base"]["threads"] == 1
    flags = {side: found["environment"][side]["xla_flags"] or "" for side in both}
    assert "--xla_cpu_enable_fast_math=false" in flags["head"]
    assert "--xla_cpu_enable_fast_math=false" not in flags["base"]


def test_a_side_that_cannot_start_is_said(checkout, tmp_path, plant):
    base = sides.make(None, checkout, tmp_path / "sides")
    (checkout / "bench_core/__init__.py").write_text("raise RuntimeError('planted')\n")
    head = sides.make(None, checkout, tmp_path / "sides")
    found = pair.measure({"base": base, "head": head}, SMALL, QUICK, first="base", policy={})
    assert found["failed"].startswith("head: error: the process ended in start (exit status 1)")
    assert "planted" in found["failed"]
    comparison = Comparison({"base": base, "head": head}, [SMALL], Options(QUICK))
    comparison.take(SMALL.name, found)
    assert comparison.status() == 2
    assert comparison.open_rows(SMALL.name) == []
