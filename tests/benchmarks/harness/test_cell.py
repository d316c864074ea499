"""Cells, their names, and wrong input."""

from __future__ import annotations

import pytest

from benchmarks.families import FAMILIES
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.profile import STANDARD


def test_a_name_spells_every_coordinate_and_json_comes_back():
    cell = Cell.of("logdet", "jax", {"D": 50}, dtype="float64")
    assert cell.name == "logdet-jax-cpu-float64-D50-B100-L2"
    assert Cell.from_json(cell.to_json()) == cell
    assert cell.swept == 50


def test_cells_of_one_sweep_differ_in_the_swept_size_only():
    a, b, c = (Cell.of("logdet", "jax", sizes) for sizes in ({"D": 5}, {"D": 6}, {"D": 5, "B": 1}))
    assert a.without_swept() == b.without_swept() != c.without_swept()


def test_rows_are_methods_and_their_further_forms():
    assert rows("logdet", "torch")[:3] == ("relative", "relative:allocating", "relative:compiled")
    assert "gemm_floor:compiled" not in rows("logdet", "torch")
    assert [row for row in rows("logdet", "jax") if ":" in row] == ["relative:allocating"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("flow", "torch", {}), "unknown family 'flow'; allowed: logdet, implicit"),
        (("logdet", "mxnet", {}), "unknown backend 'mxnet'; allowed: torch, jax"),
        (("logdet", "torch", {"D": 0}), "D = 0 is not a size; allowed: whole numbers from 1"),
        (("logdet", "torch", {"N": 3}), "unknown size of logdet 'N'; allowed: D, B, L"),
        (("logdet", "torch", {}, "tpu"), "unknown device 'tpu'; allowed: cpu, cuda"),
        (("logdet", "torch", {}, "cpu", "float16"), "unknown dtype 'float16'; allowed: float32, float64"),
    ],
)
def test_wrong_input_is_one_line(arguments, says):
    with pytest.raises(ValueError, match="allowed") as caught:
        Cell.of(*arguments)
    assert says in str(caught.value)


def test_sizes_may_be_numbers_and_words():
    cell = Cell.of("implicit", "torch", {"D": 128, "T": "conv", "gamma": 0.5}, dtype="float64")
    assert cell.name == "implicit-torch-cpu-float64-D128-B64-gamma0.5-Tconv-tol1e-06"
    assert Cell.from_json(cell.to_json()) == cell
    with pytest.raises(ValueError, match=r"gamma = 2\.0 is not a contraction factor"):
        Cell.of("implicit", "torch", {"gamma": 2.0})


def test_rows_that_are_not_for_a_size_are_not_tried():
    tanh, psd = ({"d": 4, "J": J} for J in ("tanh", "psd"))
    assert "psd_formed" not in rows("line_integral", "torch", None, [tanh])
    assert "psd_formed" in rows("line_integral", "torch", None, [psd])
    assert "psd_formed" in rows("line_integral", "torch", None, [tanh, psd])
    assert set(rows("line_integral", "torch", None, [psd])) < set(rows("line_integral", "torch"))


def test_the_largest_cells_take_all_their_rounds_in_one_process():
    assert (STANDARD.processes_of("logdet", 10_000), STANDARD.rounds_of("logdet", 10_000)) == (3, 2)
    assert (STANDARD.processes_of("logdet", 20_000), STANDARD.rounds_of("logdet", 20_000)) == (1, 6)


def test_every_precision_has_cells_that_tell_how_much_processes_differ():
    for family, declared in FAMILIES.items():
        sweeps = STANDARD.sweeps(family).values()
        several = {
            dtype
            for sweep in sweeps
            for dtype in STANDARD.dtypes_of(sweep)
            for value in sweep.sizes[declared.swept]
            if STANDARD.processes_of(family, value) == STANDARD.processes
        }
        assert several == {dtype for sweep in sweeps for dtype in STANDARD.dtypes_of(sweep)}, family


def test_a_sweep_may_choose_its_rows_and_its_longest_call():
    large, small = (
        {"D": D, "B": 64, "gamma": 0.9, "T": "random", "tol": tol} for D, tol in ((2000, 1e-4), (320, 1e-6))
    )
    assert "dense" not in rows("implicit", "torch", STANDARD, [large])
    assert "gmres" in rows("implicit", "torch", STANDARD, [large])
    assert "dense" in rows("implicit", "torch", STANDARD, [small])
    assert "dense" in rows("implicit", "torch", STANDARD, [small, large])
    # A cell of no sweep, asked for by itself, has them all.
    assert "dense" in rows("implicit", "torch", STANDARD, [small | {"D": 7}])
    assert STANDARD.call_seconds("implicit", large) > 10 * STANDARD.call_seconds("implicit", small)
