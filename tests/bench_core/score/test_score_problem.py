"""Score problems: what is refused, what is zero, what is unbiased and how noisy it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import bench_core
from bench_core.score import ScoreProblem, settings


def _run(problem, name: str, backend: str, dtype: str = "float64"):
    m = bench_core.method("score", name, backend)
    kernel = m.build(problem, dtype=dtype)
    out = kernel.run()
    kernel.wait(out)
    return m, kernel.to_numpy(out)


def _parameters(problem) -> dict[str, np.ndarray]:
    return {name: problem.arrays[name] for name in problem.names if name not in "xyv"}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ScoreProblem(d=0), "d = 0 is not a size; allowed: whole numbers from 1"),
        (lambda: ScoreProblem(L=1.5), "L = 1.5 is not a size"),
        (lambda: ScoreProblem(sigma=0), "sigma = 0 is not a noise level; allowed: sigma > 0"),
        (lambda: ScoreProblem(seed=-1), "seed = -1 is not a seed"),
        (lambda: ScoreProblem.from_arrays(np.ones(3), np.ones(3), {}), r"x has shape (3,); allowed: (B, d)"),
        (lambda: ScoreProblem.from_arrays(np.ones((2, 3)), np.ones((2, 3)), {"W0": np.ones((4, 3))}), "missing: b0"),
    ],
)
def test_bad_input_is_one_line(call, says):
    with pytest.raises(ValueError, match=r"allowed|missing") as caught:
        call()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sigma", [0.5, np.float32(0.5), np.float64(0.5), np.float16(0.5), 1, np.int64(1)], ids=repr)
def test_a_noise_level_is_taken_by_value(sigma):
    problem = ScoreProblem(d=2, B=3, sigma=sigma)
    assert type(problem.sigma) is float
    same = ScoreProblem(d=2, B=3, sigma=float(sigma))
    assert problem.sigma == same.sigma
    assert np.array_equal(problem.arrays["y"], same.arrays["y"])


@pytest.mark.parametrize(
    "sigma", [True, np.bool_(True), "0.5", None, float("nan"), np.float32("inf"), 1j, -0.5], ids=repr
)
def test_what_is_no_noise_level_is_one_line(sigma):
    with pytest.raises(ValueError, match=r"^sigma = [^\n]+ is not a noise level; allowed: sigma > 0$"):
        ScoreProblem(sigma=sigma)


def test_own_data_are_checked_and_answered():
    source = ScoreProblem(d=3, H=4, L=2, B=5, seed=1)
    given = _parameters(source)
    problem = ScoreProblem.from_arrays(source.arrays["x"], source.arrays["y"], given)
    assert problem.sizes == source.sizes
    m, got = _run(problem, "phi", "torch")
    assert source.error(got, m) < 1e-12
    # Of all the arrays of a problem the parameters are taken, and no data.
    x, y = (2 * source.arrays[name] for name in "xy")
    other = ScoreProblem.from_arrays(x, y, source.arrays)
    assert np.array_equal(other.arrays["x"], x)
    assert np.array_equal(other.arrays["y"], y)
    with pytest.raises(ValueError, match=r"W1 has shape \(4, 3\); allowed: \(4, 4\)"):
        ScoreProblem.from_arrays(source.arrays["x"], source.arrays["y"], given | {"W1": np.ones((4, 3))})
    with pytest.raises(ValueError, match="b0 holds numbers that are not finite"):
        ScoreProblem.from_arrays(source.arrays["x"], source.arrays["y"], given | {"b0": np.full(4, np.inf)})


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_tied_readout_has_no_curl(backend):
    """theta1 = S theta0, equation 2 of Saremi 2019: by all three measures."""
    source = ScoreProblem(d=7, H=12, L=1, B=6, seed=2)
    given = _parameters(source)
    given["V"] = given["W0"].T * given["q"]
    problem = ScoreProblem.from_arrays(source.arrays["x"], source.arrays["y"], given)
    for name in ("curl_dense", "curl_jvp_vjp"):
        m, got = _run(problem, name, backend)
        assert np.abs(got["curl"]).max() < 1e-24
        assert problem.quality(got, m) == {}


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", ["curl_jvp_vjp", "curl_published", "curl_rademacher_1"])
def test_probes_are_unbiased(backend, name):
    """The mean over many probes of one point, within four of its standard errors of the dense curl."""
    source, number = ScoreProblem(d=6, H=9, L=2, B=1, seed=4), 20_000
    rows = [np.repeat(source.arrays[key], number, axis=0) for key in ("x", "y")]
    problem = ScoreProblem.from_arrays(*rows, _parameters(source))
    _, got = _run(problem, name, backend)
    _, dense = _run(source, "curl_dense", backend)
    spread = got["curl"].std() / np.sqrt(number)
    assert abs(got["curl"].mean() - dense["curl"][0]) < 4 * spread
    # And that is a test: the spread is small beside the curl.
    assert spread < 0.05 * dense["curl"][0]


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_the_difference_is_four_times_less_noisy_than_the_published_probe(backend):
    """At d = 256 and equal cost."""
    problem = ScoreProblem(d=256, H=64, L=2, B=256, seed=0)
    spreads = {}
    for name in ("curl_jvp_vjp", "curl_published"):
        m, got = _run(problem, name, backend)
        spreads[name] = problem.quality(got, m)["spread"]
        assert m.cost(problem).flops == bench_core.method("score", "curl_jvp_vjp", backend).cost(problem).flops
    assert spreads["curl_published"] >= 4 * spreads["curl_jvp_vjp"]


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_more_probes_and_signs_are_less_noisy(backend):
    """Sixteen times the probes, a quarter of the spread; signs are never noisier, and at small d much less."""
    spreads, errors = {}, {}
    for d, name in ((64, "curl_jvp_vjp"), (64, "curl_probes_16"), (3, "curl_probes_16"), (3, "curl_rademacher_16")):
        problem = ScoreProblem(d=d, H=64, L=2, B=512, seed=0)
        m, got = _run(problem, name, backend)
        quality = problem.quality(got, m)
        spreads[d, name], errors[d, name] = quality["spread"], problem.error(got, m)
        assert abs(quality["mean"] - 1) < 5 * quality["spread"] / np.sqrt(problem.B / m.settings.get("k", 1))
    assert spreads[64, "curl_jvp_vjp"] / spreads[64, "curl_probes_16"] == pytest.approx(4, rel=0.3)
    assert spreads[3, "curl_rademacher_16"] < 0.8 * spreads[3, "curl_probes_16"]
    # Held to the curl itself, an estimate's error is its noise.
    assert errors[64, "curl_jvp_vjp"] < 1e-12
    assert 0.3 < errors[64, "curl_probes_16"] / spreads[64, "curl_probes_16"] < 3


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_more_probes_than_samples_are_refused(backend):
    """A sample's probes are those of the samples after it: round the batch they would come again."""
    problem, m = ScoreProblem(d=3, H=4, L=1, B=3), bench_core.method("score", "curl_probes_4", backend)
    with pytest.raises(bench_core.Unavailable, match=r"^curl_probes_4 is for B from 4; here [^\n]+$"):
        m.build(problem)
    refused = {
        0: "k = 0 is not a number of probes; allowed: whole numbers from 1",
        4: "k = 4 probes with B = 3; allowed: 1 to 3, one independent probe a sample",
    }
    for k, says in refused.items():
        with pytest.raises(ValueError, match=f"^{says}$"):
            m.function(problem.arrays["y"], problem.arrays["v"], {}, k=k, rademacher=False)


def test_estimates_of_no_curl_are_zero_and_have_no_error():
    problem = ScoreProblem(d=1, H=5, L=2, B=4)
    for name in ("curl_probes_4", "curl_rademacher_4"):
        m, got = _run(problem, name, "torch")
        assert problem.error(got, m) < 1e-12


def test_slices_of_a_linear_network_are_what_they_are_on_paper():
    """Far above 0, where s is the identity: ``L = mean (v^T A v + |g|^2 / 2)``, A = V W0, and ``dc = mean g``."""
    source = ScoreProblem(d=3, H=4, L=1, B=6, seed=1)
    given = _parameters(source)
    given["b0"] = np.full(4, 200.0)
    problem = ScoreProblem.from_arrays(source.arrays["x"], source.arrays["y"], given)
    y, v = problem.arrays["y"], problem.arrays["v"]
    A = given["V"] @ given["W0"]
    g = y @ A.T + given["V"] @ given["b0"] + given["c"]
    m, got = _run(problem, "sliced", "torch")
    assert got["loss"] == pytest.approx(((v * (v @ A.T)).sum() + (g**2).sum() / 2) / 6)
    np.testing.assert_allclose(got["c"], g.mean(0), rtol=1e-10)
    np.testing.assert_allclose(got["b0"], (g @ given["V"]).mean(0), rtol=1e-9)
    assert problem.error(got, m) < 1e-10


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_slice_takes_the_product_with_its_probe_once(backend):
    """``v V``, forward; the tangent's way back through V has it."""
    problem = ScoreProblem(d=512, H=64, L=3, B=10)
    flops = bench_core.method("score", "sliced", backend).cost(problem).flops
    assert flops == 2 * 10 * (9 * 512 * 64 + 6 * 2 * 64**2)


class _Results(TorchDispatchMode):
    """Operations that return a tensor of this shape in memory of its own."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self._shape, self.names = shape, list[str]()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        own = not func.is_view and not name.endswith("_")
        if own and isinstance(out, torch.Tensor) and out.shape == self._shape:
            self.names.append(name)
        return out


def test_a_gradient_of_two_products_is_held_once():
    """The second is added where the first is."""
    kernel = bench_core.method("score", "phi_closed_form", "torch").build(ScoreProblem(d=5, H=7, L=3, B=4))
    with _Results((7, 7)) as results:
        kernel.run()
    assert results.names == ["mm", "mm"]


def test_phi_costs_up_to_twice_psi():
    """The ratios that the paper's two networks have by the formulas."""

    def ratio(**sizes):
        problem = ScoreProblem(**sizes)
        phi, psi = (bench_core.method("score", name, "torch").cost(problem).flops for name in ("phi", "psi"))
        return phi / psi

    assert ratio(d=512, H=64, L=3) == pytest.approx(1.13, abs=0.01)
    assert ratio(d=64, H=256, L=4) == pytest.approx(1.88, abs=0.01)
    assert ratio(d=64, H=64, L=1) == 1


def test_results_of_the_wrong_name_or_shape_are_refused():
    problem, m = ScoreProblem(d=2, H=3, L=1, B=4), bench_core.method("score", "curl_dense", "torch")
    with pytest.raises(ValueError, match=r"results named \['loss'\]; allowed: \['curl'\]"):
        problem.error({"loss": np.ones(4)}, m)
    with pytest.raises(ValueError, match=r"result curl has shape \(3,\); allowed: \(4,\)"):
        problem.error({"curl": np.ones(3)}, m)
    assert problem.error({"curl": np.full(4, np.nan)}, m) == float("inf")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's compiler warns of torch's own scripts
@pytest.mark.parametrize(
    "name", ["psi_closed_form", "psi_tied", "psi", "phi", "phi_closed_form", "phi_forward_over_reverse"]
)
@pytest.mark.slow  # torch takes up to half a minute to compile one
def test_compiled_forms_answer_or_say_why(name):
    """torch.compile takes a double backward since it can trace ``torch.autograd.grad``; before, it refuses in words."""
    problem = ScoreProblem(d=4, H=6, L=2, B=5)
    m = bench_core.method("score", name, "torch")
    try:
        kernel = m.build(problem, dtype="float64", form="compiled")
        got = kernel.to_numpy(kernel.run())
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    except Exception as refusal:
        if name != "phi" or "double backward" not in str(refusal):
            raise
    else:
        assert problem.error(got, m) < 1e-10


def test_constants_are_those_of_the_device():
    assert settings.chunk("cuda") > settings.chunk("cpu")


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_parts_of_the_batch_have_the_curl_of_all_of_it(backend, monkeypatch):
    """Fewer numbers than one Jacobian has, and parts of which the last is smaller, are the kernel's of its device."""
    problem = ScoreProblem(d=4, B=5, H=6, L=2)
    whole = _run(problem, "curl_dense", backend)[1]["curl"]
    for numbers in (1, 2 * 16):
        monkeypatch.setitem(settings.CHUNK, "cpu", numbers)
        asked = bench_core.method("score", "curl_dense", backend).build(problem, dtype="float64")
        np.testing.assert_allclose(asked.to_numpy(asked.run())["curl"], whole, rtol=1e-12)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_large_jacobian_keeps_the_digits_of_its_precision(backend):
    """A sum of d^2 squares, one after the other, loses four digits at d = 2,048."""
    problem = ScoreProblem(d=1024, B=1, H=4, L=1)
    dense = bench_core.method("score", "curl_dense", backend)
    kernel = dense.build(problem, dtype="float32")
    assert problem.error(kernel.to_numpy(kernel.run()), dense) < 2e-6


def test_a_curl_of_one_probe_is_held_to_that_probe_and_says_so():
    problem = ScoreProblem(d=3, H=4, L=2, B=5)
    for m in bench_core.methods("score", "torch"):
        probed = m.computes in ("curl_difference", "curl_moments")
        assert problem.measure(m) == ("rule" if probed else "reference"), m.name
