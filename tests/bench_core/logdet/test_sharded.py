"""The kernels over several devices: eight emulated ones in JAX, two real processes in torch."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.logdet.sharded import layout
from bench_core.logdet.sharded.share import share
from bench_core.logdet.sharded.traffic import Collective, Traffic, exchanges
from bench_core.precision import PRECISIONS
from benchmarks.sharding.programs import record
from tests.examples import THOROUGH

# Three layers have a first, a middle and a last one. Without the slow tests no two: JAX compiles every case.
LAYERS = (1, 2, 3) if THOROUGH else (1, 3)
SMALL = [{"method": name, "D": 64, "B": 10, "L": L, "devices": 8} for name in layout.METHODS for L in LAYERS]
PAIR = [case | {"devices": 2} for case in SMALL if case["L"] > 1]
LARGE = [
    {"method": name, "D": 8192, "B": 100, "L": 2, "devices": devices} for name in layout.METHODS for devices in (1, 8)
]
GATHER = {"inverse"}


@pytest.fixture(scope="module")
def jax_said():
    """Eight emulated devices: programs compiled, some of them run."""
    return record.ask("jax", {"measure": [*SMALL, *LARGE], "agree": [case for case in SMALL if case["L"] == 3]})


@pytest.fixture(scope="module")
def torch_said():
    """One process of an imagined group of eight, and both of a real pair over gloo."""
    imagined = record.ask("torch", {"measure": [*SMALL, *LARGE]})
    return imagined | record.ask("torch", {"agree": PAIR}, processes=2)


# torch's answers take three processes that import it, JAX's programs of eight devices half a minute.
@pytest.fixture(params=[pytest.param(backend, marks=pytest.mark.slow) for backend in bench_core.BACKENDS])
def said(request):
    return request.param, request.getfixturevalue(f"{request.param}_said")


def _find(backend: str, row: dict):
    sizes = {letter: row[letter] for letter in "DBL"}
    return bench_core.method("logdet", row["method"], backend), bench_core.problem("logdet", **sizes)


def test_programs_send_what_the_formula_says(said):
    backend, found = said
    rows = found["measured"] + (found["agreed"] if backend == "torch" else [])
    assert len(rows) >= len(SMALL) + len(LARGE)
    for row in rows:
        formula = exchanges(*_find(backend, row), row["devices"])
        expected = {kind: size for kind, size in formula.payload_bytes.items() if size}
        assert row["payload_bytes"] == expected, row
        assert row["wire_bytes"] == pytest.approx(formula.wire_bytes)
        assert bool(row["counts"]) == (row["devices"] > 1)


def test_only_the_inverse_gathers_a_weight(said):
    for row in said[1]["measured"]:
        if row["devices"] > 1:
            gathered = row["largest_bytes"] >= 4 * row["D"] ** 2
            assert gathered == (row["method"] in GATHER), row


@pytest.mark.slow
def test_relative_sends_one_sum_of_the_batch_a_layer(jax_said):
    """L = 2: two arrays (B, D) and one (B,), which XLA puts into one all-reduce."""
    (row,) = [r for r in jax_said["measured"] if (r["method"], r["D"], r["devices"]) == ("relative", 8192, 8)]
    assert row["counts"] == {"all-reduce": 1}
    assert row["payload_bytes"] == {"all-reduce": 4 * (2 * 100 * 8192 + 100)}


def test_results_are_one_devices(said):
    backend, found = said
    assert {row["method"] for row in found["agreed"]} == set(layout.METHODS)
    assert {row["devices"] for row in found["agreed"]} == {2 if backend == "torch" else 8}
    assert all(row["difference"] <= 1e-5 for row in found["agreed"])


@pytest.mark.slow
def test_the_mode_of_torch_counts_as_many(torch_said):
    """``CommDebugMode`` beside our own watch, in real processes."""
    names = {"all-reduce": "all_reduce", "all-gather": "all_gather_into_tensor"}
    for row in torch_said["agreed"]:
        assert row["counted"] == {names[kind]: number for kind, number in row["counts"].items()}


def test_eight_devices_hold_an_eighth(said):
    """At D = 8,192; what must gather every W holds more than half of what one device does."""
    peaks = {(r["method"], r["devices"]): r["peak_bytes"] for r in said[1]["measured"] if r["D"] == 8192}
    for name in layout.METHODS:
        left = peaks[name, 8] / peaks[name, 1]
        assert left > 1 / 2 if name in GATHER else left <= 1 / 6, (name, left)


def test_no_device_holds_less_than_its_share(said):
    backend, found = said
    for row in found["measured"]:
        if row["D"] == 8192 and row["devices"] == 8:
            formula = share(*_find(backend, row), row["devices"])
            assert row["peak_bytes"] >= 0.99 * formula.peak_bytes, row
            if row["method"] not in GATHER:
                # XLA keeps both outer products of a packed layer beside its result, torch one.
                most = 1.5 if (backend, row["method"]) == ("jax", "lu_layer") else 1.3
                assert row["peak_bytes"] <= most * formula.peak_bytes, row


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "tf32"])
def test_a_precision_is_that_of_one_device(backend, dtype):
    """On one device of this very process."""
    problem = bench_core.problem("logdet", D=16, B=5, L=2)
    method = bench_core.method("logdet", "relative", backend)
    if backend == "jax":
        from bench_core.logdet.sharded import jax as sharded

        mesh = sharded.make_mesh(1)
        given = sharded.place(method, problem, mesh, dtype)
        weights, biases = sharded.prepare(method, problem, mesh, dtype)(*given)
    else:
        import torch.distributed as dist

        from bench_core.logdet.sharded import torch as sharded

        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        given = sharded.place(method, problem, sharded.make_mesh(), dtype)
        weights, biases = sharded.run(method, problem, given, dtype)
    got = {name: sharded.gather(array) for name, array in problem.named(weights, biases).items()}
    if backend == "torch":
        dist.destroy_process_group()
    assert {array.dtype.name for array in got.values()} == {PRECISIONS[dtype].numbers}
    assert problem.error(got, method) < 1e3 * (1e-16 if dtype == "float64" else 1e-7)  # a processor rounds no factor


def test_more_devices_than_there_are_is_one_line():
    from bench_core.logdet.sharded import jax as sharded

    with pytest.raises(ValueError, match=r"^999 devices asked for; there are \d+$"):
        sharded.make_mesh(999)


def test_shares_of_one_device_are_the_whole():
    problem = bench_core.problem("logdet", D=4000, B=100, L=2)
    for name in layout.METHODS:
        method = bench_core.method("logdet", name, "torch")
        one, many = share(method, problem, 1), share(method, problem, 1000)
        assert (one.flops, one.bytes, one.wire_bytes) == (method.cost(problem).flops, method.cost(problem).bytes, 0)
        # What is not divided: the factorisations, (8/3) L D^3. Of triangles both halves are multiplied.
        own = 16 / 3 * 4000**3 if name in GATHER else 0
        whole = 11 * 2 * 100 * 4000**2 if name == "lu_layer" else one.flops
        assert many.flops == pytest.approx(own + (whole - own) / 1000)


def test_a_ring_sends_a_sum_twice():
    found = Traffic((Collective("all-reduce", 800.0, 8), Collective("all-gather", 800.0, 8)))
    assert found.wire_bytes == 2 * 700 + 700
    assert found.counts == {"all-reduce": 1, "all-gather": 1}
    assert found.largest_bytes == 800
    assert Traffic(()).wire_bytes == Traffic(()).largest_bytes == 0


def test_what_cannot_be_cut_is_one_line():
    relative = bench_core.method("logdet", "relative", "jax")
    slogdet = bench_core.method("logdet", "slogdet", "jax")
    problem = bench_core.problem("logdet", D=60, B=10)
    refused = {
        "D = 60 over 8 devices; allowed: multiples of 8": (relative, problem, 8),
        "B = 61 with D = 60; allowed over several devices: B <= D": (
            relative,
            bench_core.problem("logdet", D=60, B=61),
            4,
        ),
        "unknown method over several devices 'slogdet'; allowed: relative, ": (slogdet, problem, 4),
    }
    for says, given in refused.items():
        with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
            layout.check(*given)
        assert says in str(caught.value)


def test_every_array_of_a_layer_is_cut_as_its_weight_is():
    """A bias goes with the outputs of its layer; what every device needs whole is cut nowhere."""
    relative, step = (bench_core.method("logdet", name, "torch") for name in ("relative", "relative_step"))
    assert [layout.cut(relative, name) for name in ("x", "W0", "b0", "W1", "b1", "W2")] == [None, 0, 0, 1, None, 0]
    assert [layout.cut(step, name) for name in ("x", "W0", "b0", "W1", "alpha", "rate")] == [1, 1, None, 1, None, None]
    problem = bench_core.problem("logdet", D=6, B=3, L=2)
    assert layout.arrange(step, problem, str) == ("x", ("W0", "W1"), ("b0", "b1"), "alpha", "rate")
    value = bench_core.method("logdet", "value_tracking", "torch")
    assert layout.arrange(value, problem, str)[3:] == ("logabsdet", "alpha", "rate")
    assert np.prod(layout.shape(problem, "rate")) == 1
    factors = bench_core.method("logdet", "lu_layer", "torch")
    assert [layout.cut(factors, name) for name in ("x", "W0", "b0", "W1", "o1")] == [None, 0, None, 0, None]
    assert layout.arrange(factors, problem, str) == ("x", ("W0", "W1"), ("b0", "b1"), ("o0", "o1"), "alpha")
