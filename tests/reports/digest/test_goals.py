"""Goals on a GPU and on a processor: planted rates are found, and what no record holds is not judged."""

import numpy as np
import pytest

from reports.analysis import Analysis
from reports.digest.goals import digest_goals
from reports.digest.series import digest_series
from reports.load import load


def list_goals(folder):
    """Of what a folder holds."""
    analysis = Analysis(load(folder))
    return digest_goals(analysis, "logdet", digest_series(analysis, "logdet", "gemm_floor"))


def judge(synthetic, card, folder, edit, processes=3, dtype="tf32", size=8192):
    for process in range(processes):
        session = card.make_session(synthetic, size, "torch", dtype, process)
        edit(session["rows"])
        synthetic.write_session(folder, session, "card")
    return {goal.kind: goal for goal in list_goals(folder)}


@pytest.mark.parametrize(("share", "verdict"), [(0.9, "met"), (0.7, "missed")])
def test_the_rate_of_its_own_products(synthetic, card, tmp_path, share, verdict):
    found = judge(
        synthetic, card, tmp_path, lambda rows: card.scale_to(rows["relative"], rows["gemm_floor"], 1 / share)
    )
    goal = found["products"]
    assert goal.value.value == pytest.approx(share)
    assert (goal.verdict, goal.sure, goal.row, goal.size) == (verdict, True, "relative", 8192)


@pytest.mark.parametrize(("times", "verdict"), [(1.05, "met"), (1.4, "missed")])
def test_the_copy_where_it_takes_longer_than_the_products(synthetic, card, tmp_path, times, verdict):
    def edit(rows):
        row = rows["relative_step"]
        middle = sorted(row["samples_s"])[len(row["samples_s"]) // 2]
        moved = synthetic.BANDWIDTH["cuda"] * middle / times
        row["cost"] |= {"bytes": moved, "flops": 0.5 * synthetic.RATE["torch", "cuda"] * middle / times}

    goal = judge(synthetic, card, tmp_path, edit, processes=1)["copy"]
    assert goal.value.value == pytest.approx(times, rel=0.01)
    # One process: the value says it, and no interval does.
    assert (goal.verdict, goal.sure) == (verdict, False)


def test_where_products_take_longer_there_is_no_copy_to_hold_against(synthetic, card, tmp_path):
    def edit(rows):
        rows["relative_step"]["cost"] |= {"bytes": 1e3, "flops": 1e12}

    assert "copy" not in judge(synthetic, card, tmp_path, edit, processes=1)


@pytest.mark.parametrize(("times", "verdict"), [(2.5, "met"), (4.0, "missed")])
def test_a_replay_in_empty_launches(synthetic, card, tmp_path, times, verdict):
    for process in range(3):
        session = card.make_session(synthetic, 64, "torch", process=process)
        middle = float(np.median(session["rows"]["relative:graph"]["samples_s"]))
        session["ceiling"]["launch_s"] = middle / times
        synthetic.write_session(tmp_path, session, "card")
    (goal,) = list_goals(tmp_path)
    assert (goal.kind, goal.row, goal.size) == ("launch", "relative:graph", 64)
    assert goal.value.value == pytest.approx(times, rel=0.05)
    assert goal.verdict == verdict


def test_a_replay_is_not_judged_without_an_empty_launch(carded_digest):
    launches = [goal for goal in carded_digest.family("logdet").goals if goal.kind == "launch"]
    assert [(goal.row, goal.size, goal.value, goal.verdict) for goal in launches] == [
        ("relative:graph", 64, None, "not judged"),
        ("relative:graph", 256, None, "not judged"),
    ]


def test_other_sizes_and_precisions_have_no_goal(synthetic, card, tmp_path):
    assert judge(synthetic, card, tmp_path / "small", lambda rows: None, 1, size=1024) == {}
    assert judge(synthetic, card, tmp_path / "half", lambda rows: None, 1, dtype="bfloat16") == {}


def judge_processor(synthetic, folder, edit, size=1024, processes=3, backend="torch", dtype="float32", row="relative"):
    for process in range(processes):
        session = synthetic.make_session(size, backend, "cpu", process, processes, rounds=12)
        session["cell"] |= {"dtype": dtype}
        edit(session["rows"])
        synthetic.write_session(folder, session, "standard")
    return {goal.kind: goal for goal in list_goals(folder) if goal.row == row}


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize(("times", "verdict"), [(1.02, "met"), (1.2, "missed")])
def test_the_floor_of_products_on_a_processor(synthetic, card, tmp_path, backend, times, verdict):
    def edit(rows):
        card.scale_to(rows["relative"], rows["gemm_floor"], times)

    goal = judge_processor(synthetic, tmp_path, edit, backend=backend)["floor"]
    assert goal.value.value == pytest.approx(times)
    assert (goal.verdict, goal.sure, goal.row, goal.size, goal.limit) == (verdict, True, "relative", 1024, 1.05)


@pytest.mark.parametrize("name", ["relative", "relative_step"])
@pytest.mark.parametrize("bound", ["flops", "bytes"])
@pytest.mark.parametrize(("times", "verdict"), [(1.1, "met"), (2.0, "missed")])
def test_the_roofline_on_a_processor(synthetic, tmp_path, bound, times, verdict, name):
    def edit(rows):
        row = rows[name]
        allowed = float(np.median(row["samples_s"])) / times
        work = {"flops": synthetic.RATE["torch", "cpu"] * allowed, "bytes": synthetic.BANDWIDTH["cpu"] * allowed}
        row["cost"] |= {name: amount if name == bound else amount / 4 for name, amount in work.items()}

    goal = judge_processor(synthetic, tmp_path, edit, processes=1, row=name)["roofline"]
    assert goal.value.value == pytest.approx(times, rel=0.01)
    assert (goal.verdict, goal.row, goal.size, goal.limit) == (verdict, name, 1024, 1.4)


def test_an_interval_that_reaches_across_says_so(synthetic, card, tmp_path):
    """Each process has a ratio of its own, on both sides of the goal."""
    ratios = iter([0.95, 1.05, 1.16])
    goal = judge_processor(
        synthetic, tmp_path, lambda rows: card.scale_to(rows["relative"], rows["gemm_floor"], next(ratios))
    )["floor"]
    assert goal.value.low < 1.05 < goal.value.high
    assert (goal.verdict, goal.sure) == ("undetermined", True)


def test_a_processor_has_goals_from_a_thousand_on_in_float32(synthetic, tmp_path):
    assert judge_processor(synthetic, tmp_path / "small", lambda rows: None, 512, 1) == {}
    assert judge_processor(synthetic, tmp_path / "double", lambda rows: None, 1024, 1, dtype="float64") == {}
    assert judge_processor(synthetic, tmp_path / "own", lambda rows: None, 1024, 1).keys() == {"floor", "roofline"}
    assert judge_processor(synthetic, tmp_path / "alone", lambda rows: rows.pop("gemm_floor"), 1024, 1).keys() == {
        "roofline"
    }


def test_on_any_other_device_nothing_was_aimed_at(synthetic, tmp_path):
    session = synthetic.make_session(1024, rounds=6, rows=("relative", "gemm_floor"))
    session["cell"]["device"] = "mps"
    synthetic.write_session(tmp_path, session, "direct")
    assert list_goals(tmp_path) == ()


def test_each_device_has_its_own(digest):
    logdet = digest.family("logdet")
    kinds = {}
    for goal in logdet.goals:
        kinds.setdefault(logdet.find(goal.series).place.device, set()).add(goal.kind)
    assert kinds["cpu"] == {"floor", "roofline"}
    assert kinds["cuda"] <= {"products", "copy", "launch"}
