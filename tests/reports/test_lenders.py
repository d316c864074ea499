"""Lenders are written, read and found by what was measured and how."""

import json
from dataclasses import replace

import numpy as np
import pytest

from reports.lenders import Lender, find_lender, read_lenders, write_lenders
from reports.load import LoadError
from reports.statistics import Spread

SPREAD = Spread(0.001234567, 2.3456789, 90, (1.0, 1.25), (np.linspace(0.1, 1.5, 399), np.empty(0)), lent=True)
LENDER = Lender("here", "a processor", "logdet", "torch", "cpu", 4, "allocator kept, waiting default", 17, 51, SPREAD)
WANTED = ("logdet", "torch", "cpu", 4, "allocator kept, waiting default")


def write(folder, name, text):
    (folder / name).mkdir()
    (folder / name / "spread.json").write_text(text)


def test_what_is_written_is_read(tmp_path):
    other = replace(LENDER, machine="there", backend="jax")
    write(tmp_path, "here", write_lenders([LENDER]))
    write(tmp_path, "there", write_lenders([other]))
    write(tmp_path, "nothing", write_lenders([]))
    read = read_lenders(tmp_path)
    assert [(each.machine, each.backend, each.cells, each.processes) for each in read] == [
        ("here", "torch", 17, 51),
        ("there", "jax", 17, 51),
    ]
    assert read[0].spread.lent
    assert read[0].spread.variance == pytest.approx(SPREAD.variance, rel=1e-3)
    assert read[0].spread.scores[0] == pytest.approx(SPREAD.scores[0], rel=1e-3)
    assert write_lenders(read[:1]) == write_lenders([LENDER])


@pytest.mark.parametrize(
    ("name", "value"), [("family", "score"), ("backend", "jax"), ("device", "cuda"), ("ruler", 3), ("policy", "")]
)
def test_only_the_same_is_lent(name, value):
    assert find_lender([LENDER], *WANTED) is LENDER
    assert find_lender([replace(LENDER, **{name: value})], *WANTED) is None


def test_of_several_machines_the_widest_lends():
    wide = replace(LENDER, machine="apart", spread=replace(SPREAD, variance=4 * SPREAD.variance))
    assert find_lender([LENDER, wide], *WANTED) is wide
    assert find_lender([wide, LENDER], *WANTED) is wide


def test_a_machine_with_the_same_processor_lends_before_a_wider_one():
    wide = replace(LENDER, machine="apart", processor="another", spread=replace(SPREAD, variance=4 * SPREAD.variance))
    assert find_lender([LENDER, wide], *WANTED, "a processor") is LENDER
    assert find_lender([LENDER, wide], *WANTED, "a third") is wide


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9, "lenders": []}', '{"schema": 1, "lenders": [{}]}'])
def test_a_broken_file_is_one_line(tmp_path, text):
    write(tmp_path, "here", text)
    with pytest.raises(LoadError, match=r"here/spread\.json") as caught:
        read_lenders(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_file_is_json_with_its_provenance():
    (entry,) = json.loads(write_lenders([LENDER]))["lenders"]
    assert {name: entry[name] for name in ("machine", "processor", "ruler", "policy", "cells", "processes")} == {
        "machine": "here",
        "processor": "a processor",
        "ruler": 4,
        "policy": "allocator kept, waiting default",
        "cells": 17,
        "processes": 51,
    }
