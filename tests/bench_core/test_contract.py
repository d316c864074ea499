"""The contract: names, listing without a backend, and one clear line for every wrong input."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import bench_core
from bench_core.logdet import LogdetProblem


def test_lines_of_the_contract():
    problem = bench_core.problem("logdet", D=12, B=5, L=2, seed=0)
    assert problem.arrays["x"].shape == (5, 12)
    assert set(problem.arrays) == {"x", "W0", "b0", "W1", "b1"}
    assert all(array.dtype == np.float64 for array in problem.arrays.values())
    m = bench_core.method("logdet", "relative", backend="torch")
    assert (m.name, m.backend, m.exact) == ("relative", "torch", True)
    assert m.source.startswith("Gresele et al. 2020")
    assert m.cost(problem).flops == 7 * 2 * 5 * 12**2
    kernel = m.build(problem, device="cpu", dtype="float32")
    out = kernel.run()
    kernel.wait(out)
    arrays = kernel.to_numpy(out)
    assert {name: a.shape for name, a in arrays.items()} == {"W0": (12, 12), "b0": (12,), "W1": (12, 12), "b1": (12,)}
    assert problem.error(arrays, m) < 1e-5


def test_every_size_has_a_default_and_biases_are_not_zero():
    for family in bench_core.FAMILIES:
        problem = bench_core.problem(family, seed=7)
        assert all(size > 0 for size in problem.sizes.values() if not isinstance(size, str))
        assert problem.masters
    assert np.abs(bench_core.problem("logdet").arrays["b0"]).min() > 0


def test_listing_imports_no_backend(run_python):
    code = (
        "import sys, bench_core; "
        "[bench_core.methods(f, b) for f in bench_core.FAMILIES for b in bench_core.BACKENDS]; "
        "print([m for m in ('torch', 'jax') if m in sys.modules])"
    )
    done = run_python("-c", code)
    assert done.stdout.strip() == "[]", done.stderr


def test_problem_is_seeded_and_float32_exact():
    a, b, other = (bench_core.problem("logdet", D=9, B=4, seed=s) for s in (3, 3, 4))
    for name in a.arrays:
        assert np.array_equal(a.arrays[name], b.arrays[name])
        assert not np.array_equal(a.arrays[name], other.arrays[name])
        assert np.array_equal(a.arrays[name], a.arrays[name].astype(np.float32))


def test_weights_are_well_conditioned():
    for D in (2, 10, 300):
        assert np.linalg.cond(bench_core.problem("logdet", D=D, seed=1).arrays["W0"]) < 10


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: bench_core.problem("logdet", d=8), "unknown size of logdet 'd'; allowed: D, B, L, alpha, condition"),
        (lambda: bench_core.problem("flow"), "unknown family 'flow'; allowed: logdet, implicit, line_integral, score"),
        (lambda: bench_core.problem("logdet", D=0), "D = 0 is not a size; allowed: whole numbers from 1"),
        (lambda: bench_core.problem("logdet", B=2.5), "B = 2.5 is not a size"),
        (lambda: bench_core.problem("logdet", seed=-1), "seed = -1 is not a seed"),
        (lambda: LogdetProblem(alpha=0.0), "alpha = 0.0 is not a slope"),
        (lambda: LogdetProblem(alpha="0.1"), "alpha = '0.1' is not a slope; allowed: 0 < alpha <= 1"),
        (lambda: LogdetProblem(alpha=None), "alpha = None is not a slope"),
        (lambda: LogdetProblem(alpha=True), "alpha = True is not a slope"),
        (lambda: bench_core.methods("logdet", "tensorflow"), "unknown backend 'tensorflow'; allowed: torch, jax"),
        (
            lambda: bench_core.method("logdet", "adjugate", "torch"),
            "unknown method of logdet on torch 'adjugate'; allowed: ",
        ),
    ],
)
def test_bad_input_is_one_line(call, says):
    with pytest.raises(ValueError, match="allowed") as caught:
        call()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("keyword", "value"), [("device", "tpu"), ("dtype", "float16"), ("form", "interpreted")])
def test_bad_build_is_one_line(keyword, value):
    problem, m = bench_core.problem("logdet", D=4), bench_core.method("logdet", "relative", "torch")
    with pytest.raises(ValueError, match=f"unknown {keyword}( on cpu)? '{value}'; allowed: "):
        m.build(problem, **{keyword: value})


def test_own_data_are_checked():
    x, W, b = np.ones((3, 4)), np.eye(4), np.ones(4)
    problem = LogdetProblem.from_arrays(x, [W], [b])
    assert problem.sizes == {"D": 4, "B": 3, "L": 1}
    with pytest.raises(ValueError, match=r"W0 has shape \(4, 5\); allowed: \(4, 4\)"):
        LogdetProblem.from_arrays(x, [np.ones((4, 5))], [b])
    with pytest.raises(ValueError, match="W0 holds numbers that are not finite"):
        LogdetProblem.from_arrays(x, [W * np.nan], [b])
    with pytest.raises(ValueError, match=r"x has shape \(0, 4\)"):
        LogdetProblem.from_arrays(np.ones((0, 4)), [W], [b])


def test_results_of_the_wrong_name_or_shape_are_refused():
    problem, m = bench_core.problem("logdet", D=4, B=2, L=1), bench_core.method("logdet", "relative", "torch")
    with pytest.raises(ValueError, match=r"results named \['W0'\]; allowed: \['W0', 'b0'\]"):
        problem.error({"W0": np.ones((4, 4))}, m)
    with pytest.raises(ValueError, match=r"result W0 has shape \(4,\); allowed: \(4, 4\)"):
        problem.error({"W0": np.ones(4), "b0": np.ones(4)}, m)
    assert problem.error({"W0": np.full((4, 4), np.nan), "b0": np.ones(4)}, m) == float("inf")


def test_jax_that_cannot_start_its_devices_is_unavailable():
    """As with a driver that is dead, or a plugin that is missing: that is the machine's, and no row's error."""
    code = (
        "from bench_core.backends import jax\n"
        "from bench_core.method import Unavailable\n"
        "try:\n    jax.configure(1)\nexcept Unavailable as error:\n    print(error)\n"
    )
    environment = os.environ | {"JAX_PLATFORMS": "nowhere,cpu"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("JAX cannot start its devices: Unable to initialize backend 'nowhere'"), done.stderr
    assert done.stdout.count("\n") == 1


def test_missing_device_is_unavailable():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    for backend in bench_core.BACKENDS:
        m = bench_core.method("logdet", "relative", backend)
        with pytest.raises(bench_core.Unavailable, match="device 'cuda' is not available"):
            m.build(bench_core.problem("logdet", D=4), device="cuda")
