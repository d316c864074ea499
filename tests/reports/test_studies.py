"""Studies in the report: what was planted in a synthetic record is found, and bad records say so in one line."""

import json
import math

import numpy as np
import pytest

from reports.load import load
from reports.studies import epoch_ratios, epoch_seconds, final, final_differences, find_fault, products

TRAIN, TEST, EPOCHS, SEEDS = 1437, 360, 12, (0, 1, 2)
# method: (exact, k, time over jfb, vjps and jvps a sample and step, accuracy and loss at the end)
METHODS = {
    "jfb": (False, None, 1.0, (0, 0), 0.970, 0.080),
    "neumann_1": (False, 1, 1.1, (1, 0), 0.971, 0.075),
    "neumann_5": (False, 5, 1.4, (5, 0), 0.974, 0.070),
    "neumann_10": (False, 10, 1.8, (10, 0), 0.975, 0.069),
    "cg": (True, None, 2.2, (12, 12), 0.976, 0.068),
    "cg_published": (True, None, 5.5, (38, 38), 0.976, 0.068),
    "bicgstab": (True, None, 1.5, (9, 0), 0.976, 0.068),
}


def make_record(**changes):
    """A record of `benchmarks/studies/_run.py` with a known truth; noise shared by the methods of a round."""
    rng, rows = np.random.default_rng(1), []
    for seed in SEEDS:
        for epoch in range(1, EPOCHS + 1):
            drift = math.exp(rng.normal(0, 0.1))
            for position, (method, (exact, _, factor, (vjps, jvps), accuracy, loss)) in enumerate(METHODS.items()):
                left = math.exp(-epoch / 2.5)
                rows.append(
                    {
                        "method": method,
                        "seed": seed,
                        "epoch": epoch,
                        "process": 0,
                        "position": position,
                        "seconds": 0.9 * factor * drift * math.exp(rng.normal(0, 0.01)),
                        "wall_s": 2.0,
                        "evaluations": 21 * TRAIN,
                        "vjps": vjps * TRAIN,
                        "jvps": jvps * TRAIN,
                        "loss": loss * (1 + 0.02 * seed) + 2.0 * left,
                        "iterations": 12 if exact else None,
                        "residual": 9e-5 if exact else None,
                        "missed": 0 if exact else None,
                        "forward_iterations": 20,
                        "forward_residual": 9e-5,
                        "forward_missed": 0,
                        "accuracy": accuracy - 0.004 * seed - 0.7 * left,
                        "contraction": 0.7,
                        "cosine": 1.0 if exact else 0.93,
                        "cosine_latent": 1.0 if exact else 0.9,
                        "probe_residual": 9e-5 if exact else 0.5,
                    }
                )
    return {
        "schema": 1,
        "study": "implicit-training",
        "data": "digits",
        "profile": "standard",
        "machine": "synthetic-machine",
        "commit": "3f2a9c1e5b7d80416c2e9fa83b6d5107e4c8a29f",
        "dirty": False,
        "command": "python -m benchmarks study implicit-training --data digits --profile standard",
        "started_at": "2026-11-21T08:00:00Z",
        "finished_at": "2026-11-21T08:06:00Z",
        "elapsed_s": 360.0,
        "settings": {
            "architecture": "Q: convolution; T: a residual block; S: linear",
            "batch": 100,
            "gamma": 0.9,
            "learning_rate": 2e-3,
            "most": 100,
            "optimiser": "Adam",
            "parameters": 9690,
            "test": TEST,
            "tol": 1e-4,
            "train": TRAIN,
            "D": 1024,
        },
        "methods": {
            name: {"exact": exact, "source": "a paper", "settings": {"k": k} if k else {}}
            for name, (exact, k, *_) in METHODS.items()
        },
        "processes": [
            {
                "started_at": "2026-11-21T08:00:00Z",
                "environment": {"threads": 2, "cpu": "a processor", "packages": {"torch": "2.13.0"}},
            }
        ],
        "rows": rows,
    } | changes


def write_record(results, record, folder="3f2a9c1e", name="implicit-training-digits"):
    (machine,) = (path.name for path in results.iterdir() if path.is_dir())
    path = results / machine / "studies" / folder / f"{name}.study"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


@pytest.fixture
def study(small):
    write_record(small, make_record())
    (found,) = load(small).studies
    return found


@pytest.mark.parametrize(("finished", "missed"), [("2026-11-28T08:00:00Z", TRAIN), ("2026-11-30T08:00:00Z", 0)])
def test_an_evaluation_that_older_records_left_out_is_counted(small, finished, missed):
    record = make_record(finished_at=finished)
    record["methods"]["jfb_anderson"] = record["methods"].pop("neumann_1")
    for row in record["rows"]:
        row["method"] = {"neumann_1": "jfb_anderson"}.get(row["method"], row["method"])
    write_record(small, record)
    (found,) = load(small).studies
    assert {row["evaluations"] for row in found.of("jfb_anderson")} == {21 * TRAIN + missed}
    assert {row["evaluations"] for row in found.of("jfb")} == {21 * TRAIN}


def test_ratios_find_the_truth(study):
    ratios = epoch_ratios(study, "jfb")
    assert list(ratios) == [name for name in METHODS if name != "jfb"]
    for name, ratio in ratios.items():
        assert ratio.low <= METHODS[name][2] <= ratio.high
        # Paired: a drift of 10 % is not in it.
        assert ratio.high / ratio.low < 1.08
        assert (ratio.n, ratio.processes) == (EPOCHS * len(SEEDS), len(SEEDS))
    against = epoch_ratios(study, baseline="cg")
    assert against["cg_published"].value == pytest.approx(2.5, rel=0.02)
    assert epoch_seconds(study, "jfb").value == pytest.approx(0.9, rel=0.1)


def test_an_epoch_cut_in_two_by_a_restart_is_no_pair(small):
    record = make_record()
    for row in record["rows"]:
        if (row["seed"], row["epoch"]) > (1, 4) or ((row["seed"], row["epoch"]) == (1, 4) and row["position"] > 0):
            row["process"] = 1
    write_record(small, record)
    (study,) = load(small).studies
    ratio = epoch_ratios(study, "jfb")["cg"]
    assert ratio.n == EPOCHS * len(SEEDS) - 1
    assert ratio.processes == len(SEEDS) + 1


def test_ends_and_products(study):
    accuracy = final(study, "cg", "accuracy")
    left = 0.7 * math.exp(-EPOCHS / 2.5)
    assert accuracy.value == pytest.approx(0.972 - left)
    assert (accuracy.low, accuracy.high) == pytest.approx((0.968 - left, 0.976 - left))
    assert (accuracy.n, accuracy.confidence) == (3, 0.75)
    assert final(study, "jfb", "residual") is None
    difference = final_differences(study, "accuracy", "jfb")
    assert difference["cg"].value == pytest.approx(0.006)
    assert difference["cg"].high - difference["cg"].low == pytest.approx(0, abs=1e-12)
    assert products(study, "cg") == (12, 12, 24 * TRAIN * EPOCHS)
    assert products(study, "jfb") == (0, 0, 0)


def test_one_seed_has_no_range(small):
    record = make_record()
    record["rows"] = [row for row in record["rows"] if row["seed"] == 0 and row["epoch"] <= 2]
    write_record(small, record)
    (study,) = load(small).studies
    assert final(study, "jfb", "accuracy").undetermined
    assert epoch_ratios(study, "jfb")["cg"].undetermined


def test_the_newest_of_a_study_is_told(small):
    write_record(small, make_record(finished_at="2026-11-20T08:00:00Z", commit="0" * 40), folder="00000000")
    write_record(small, make_record(profile="newest"))
    write_record(small, make_record(data="mnist"), name="implicit-training-mnist")
    found = load(small).studies
    assert [(s.data, s.record["profile"]) for s in found] == [("digits", "newest"), ("mnist", "standard")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"study": "flow"}, "unknown study 'flow' (known: logdet-training, logdet-density, "),
        ({"rows": []}, "it must name its data and its methods and hold rows"),
        ({"settings": {"batch": 100}}, "the settings lack architecture, optimiser, "),
        ({"rows": [{"method": "newton"}]}, "row 0: the method must be one of jfb, "),
        ({"rows": [{"method": "jfb", "seed": 0, "epoch": 0, "process": 0}]}, "row 0: seed, epoch and process"),
        (
            {"rows": [{"method": "jfb", "seed": 0, "epoch": 1, "process": 0, "seconds": 0}]},
            "row 0: seconds must be a number from 0 (seconds above), got 0",
        ),
    ],
)
def test_bad_records_are_one_line(small, change, says):
    record = make_record(**change)
    assert says in find_fault(record)
    write_record(small, record)
    run = load(small)
    assert run.studies == ()
    (line,) = [line for line in run.problems if "implicit-training-digits.study" in line]
    assert says in line
