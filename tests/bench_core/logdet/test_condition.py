"""Problems whose W has a condition number that is asked for, and those that were there before."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("D", [2, 100])
def test_every_weight_has_the_condition_number(D, condition):
    problem = bench_core.problem("logdet", D=D, L=2, seed=1, condition=condition)
    assert problem.sizes == {"D": D, "B": 100, "L": 2, "condition": condition}
    W = [problem.arrays[f"W{k}"] for k in range(2)]
    assert not np.array_equal(*W)
    for each in W:
        assert np.linalg.cond(each) == pytest.approx(condition, rel=0.1)
        assert np.linalg.norm(each, 2) == pytest.approx(1, rel=1e-5)


def test_a_weight_of_a_condition_number_is_dense_and_no_column_is_small():
    """Nor is it badly scaled: that alone would leave an LU as exact as it is."""
    W = bench_core.problem("logdet", D=100, L=1, condition=1e6).arrays["W0"]
    assert (np.abs(W) > 1e-6).mean() > 0.99
    for axis in (0, 1):
        sizes = np.linalg.norm(W, axis=axis)
        assert sizes.max() < 5 * sizes.min()


# The first numbers of each array, and the sum of the sizes of all.
DRAWN = {
    "x": ([0.14424674212932587, -1.8028203248977661, -1.0285985469818115], 5079.819340110291),
    "W0": ([-0.040259942412376404, 0.019258569926023483, -0.032005056738853455], 183.76686860103564),
    "W1": ([0.007279554847627878, 0.019598737359046936, 0.02790919691324234], 185.29054914210246),
    "b0": ([0.6382225155830383, -0.9252827763557434, -0.35732871294021606], 24.38658682955429),
    "b1": ([-0.5055385231971741, 0.25652071833610535, 0.14115029573440552], 27.712155565735884),
}


def test_without_it_the_numbers_are_those_of_before():
    problem = bench_core.problem("logdet", D=64, B=100, L=2, seed=0)
    for name, (first, whole) in DRAWN.items():
        # To rounding: the C library chooses its exponential and logarithm by the processor.
        np.testing.assert_allclose(problem.masters[name].ravel()[:3], first, rtol=1e-6)
        assert np.abs(problem.masters[name]).sum(dtype=np.float64) == pytest.approx(whole, rel=1e-6)
    assert problem.sizes == {"D": 64, "B": 100, "L": 2}


@pytest.mark.parametrize("given", [0.5, -1, 1e7, float("nan"), True, "ten", np.complex128(2)])
def test_what_is_no_condition_number_is_one_line(given):
    with pytest.raises(
        ValueError, match=r"^condition = \S+ is not a condition number; allowed: numbers from 1 to 1e\+06$"
    ):
        bench_core.problem("logdet", condition=given)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", ["inverse", "slogdet_autodiff", "ordinary_with_value", "inverse_tracked"])
def test_what_a_stable_inverse_loses_is_no_fault(name, backend):
    problem, m = bench_core.problem("logdet", D=100, L=1, condition=1e6), bench_core.method("logdet", name, backend)
    kernel = m.build(problem, dtype="float32")
    arrays = kernel.to_numpy(kernel.run())
    assert 1e-4 < problem.error(arrays, m) < problem.tolerance(m, "float32") == pytest.approx(0.06, rel=0.01)
    assert problem.fault(arrays, m, "float32") == ""
    spoilt = {n: 1.1 * a if n[0] == "W" else a for n, a in arrays.items()}
    assert problem.fault(spoilt, m, "float32").endswith(" exceeds the tolerance 6e-02")


@pytest.mark.parametrize(
    ("name", "condition"), [("relative", 1e6), ("slogdet", 1e6), ("inverse", 1e3), ("inverse", None)]
)
def test_no_other_answer_may_miss_more_for_it(name, condition):
    problem = bench_core.problem("logdet", D=8, L=1, condition=condition)
    m = bench_core.method("logdet", name, "torch")
    assert problem.tolerance(m, "float32") == m.tolerance("float32") == 1e-4
