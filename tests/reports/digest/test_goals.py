"""Goals on a GPU: planted rates are found, and what no record holds is not judged."""

import numpy as np
import pytest

from reports.analysis import Analysis
from reports.digest import build_digest
from reports.load import load


def judge(synthetic, card, folder, edit, processes=3, dtype="tf32", size=8192):
    for process in range(processes):
        session = card.make_session(synthetic, size, "torch", dtype, process)
        edit(session["rows"])
        synthetic.write_session(folder, session, "card")
    return {goal.kind: goal for goal in build_digest(Analysis(load(folder))).family("logdet").goals}


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
    (goal,) = build_digest(Analysis(load(tmp_path))).family("logdet").goals
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
