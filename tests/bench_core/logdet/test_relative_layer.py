"""The layer of the relative gradient: its gradients against float64 autodiff, and what a module is expected to do."""

from __future__ import annotations

import importlib
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

import bench_core
from bench_core.logdet.jax import layer as jax_layer
from bench_core.logdet.torch.layer import RelativeFlow, RelativeLinear, relative_flow
from tests.bench_core.aten import Count
from tests.examples import examples

SIZES = st.fixed_dictionaries({"D": st.integers(1, 12), "B": st.integers(1, 16), "L": st.integers(1, 4)})
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


class Judge:
    """A loss ``<by_z, z> + <by_logabsdet, logabsdet>`` in float64 by autodiff through slogdet: ``z``, ``logabsdet``,
    and ``wanted``, its ordinary gradient by x and the relative ones by the parameters, each with its size.
    """

    def __init__(self, problem, seed: int = 0):
        rng = np.random.default_rng(seed)
        self.by_z, self.by_logabsdet = rng.standard_normal((problem.B, problem.D)), rng.standard_normal(problem.B)
        given = {name: torch.from_numpy(array).requires_grad_() for name, array in problem.arrays.items()}
        z, logabsdet = given["x"], torch.zeros(problem.B, dtype=torch.float64)
        for k in range(problem.L):
            z = z @ given[f"W{k}"].T + given[f"b{k}"]
            logabsdet = logabsdet + torch.linalg.slogdet(given[f"W{k}"])[1]
            if k < problem.L - 1:
                y, a = z, problem.alpha
                z = a * y + (1 - a) * torch.logaddexp(y, torch.zeros_like(y))
                logabsdet = logabsdet + (a + (1 - a) * torch.sigmoid(y)).log().sum(1)
        self.z, self.logabsdet = z.detach().numpy(), logabsdet.detach().numpy()
        loss = (torch.from_numpy(self.by_z) * z).sum() + torch.from_numpy(self.by_logabsdet) @ logabsdet
        found = {name: g.numpy() for name, g in zip(given, torch.autograd.grad(loss, list(given.values())))}
        self.wanted = {"x": (found["x"], np.linalg.norm(found["x"]))}
        for k in range(problem.L):
            W, b = problem.arrays[f"W{k}"], problem.arrays[f"b{k}"]
            # The ordinary gradient [dW db] times M^T M, M = [W b; 0 1].
            M = np.block([[W, b[:, None]], [np.zeros((1, problem.D)), np.ones((1, 1))]])
            G = np.column_stack([found[f"W{k}"], found[f"b{k}"]])
            relative, size = G @ M.T @ M, np.linalg.norm(G) * np.linalg.norm(M) ** 2
            self.wanted |= {f"W{k}": (relative[:, :-1], size), f"b{k}": (relative[:, -1], size)}

    def check(self, got: dict, dtype: str) -> None:
        assert got.keys() == self.wanted.keys()
        for name, (want, size) in self.wanted.items():
            assert got[name].dtype == dtype
            assert np.linalg.norm(got[name] - want) <= TOLERANCE[dtype] * size, name


def _flow(problem, dtype: torch.dtype = torch.float64) -> RelativeFlow:
    """The module with the problem's parameters."""
    flow = RelativeFlow(problem.D, problem.L, problem.alpha, dtype=dtype)
    names = {f"layers.{k}.{name}": f"{letter}{k}" for k in range(problem.L) for name, letter in _LETTERS.items()}
    flow.load_state_dict({name: torch.from_numpy(problem.arrays[master]) for name, master in names.items()})
    return flow


_LETTERS = {"weight": "W", "bias": "b"}


def _differentiate(problem, judge: Judge, dtype: torch.dtype) -> dict:
    flow = _flow(problem, dtype)
    x = torch.from_numpy(problem.arrays["x"]).to(dtype).requires_grad_()
    z, logabsdet = flow(x)
    loss = (torch.from_numpy(judge.by_z).to(dtype) * z).sum() + torch.from_numpy(judge.by_logabsdet).to(
        dtype
    ) @ logabsdet
    loss.backward()
    named = {f"{_LETTERS[name.split('.')[2]]}{name.split('.')[1]}": p for name, p in flow.named_parameters()}
    return {name: p.grad.numpy() for name, p in ({"x": x} | named).items()}


@settings(max_examples=examples(quick=12, thorough=100))
@example(sizes={"D": 1, "B": 1, "L": 1}, seed=0)
@example(sizes={"D": 5, "B": 14, "L": 3}, seed=0)
@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_backward_leaves_the_relative_gradient_of_any_loss(sizes, seed):
    problem = bench_core.problem("logdet", seed=seed, **sizes)
    judge = Judge(problem, seed)
    for dtype in (torch.float64, torch.float32):
        judge.check(_differentiate(problem, judge, dtype), str(dtype).removeprefix("torch."))


@pytest.mark.parametrize("sizes", [{"D": 6, "B": 3, "L": 3}, {"D": 3, "B": 7, "L": 1}], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_in_jax_grad_is_the_relative_gradient_of_any_loss(sizes, dtype):
    problem = bench_core.problem("logdet", **sizes)
    judge = Judge(problem)
    with jax.enable_x64(dtype == "float64"), jax.default_matmul_precision("highest"):
        by_z, by_logabsdet = jnp.asarray(judge.by_z, dtype), jnp.asarray(judge.by_logabsdet, dtype)
        arrays = {name: jnp.asarray(array, dtype) for name, array in problem.arrays.items()}

        def loss(arrays):
            weights, biases = ([arrays[f"{letter}{k}"] for k in range(problem.L)] for letter in "Wb")
            z, logabsdet = jax_layer.relative_flow(arrays["x"], weights, biases, problem.alpha)
            return (by_z * z).sum() + by_logabsdet @ logabsdet

        got = jax.jit(jax.grad(loss))(arrays)
    judge.check({name: np.asarray(array) for name, array in got.items()}, dtype)


def test_in_jax_a_slope_of_numpys_leaves_the_precision_as_it_is():
    problem = bench_core.problem("logdet", D=4, B=3, L=2)
    with jax.enable_x64(True):
        x, W0, b0, W1, b1 = (jnp.asarray(problem.masters[name]) for name in ("x", "W0", "b0", "W1", "b1"))
        z, logabsdet = jax_layer.relative_flow(x, (W0, W1), (b0, b1), np.float64(problem.alpha))
    assert z.dtype == logabsdet.dtype == "float32"


def test_the_number_is_there_in_eval_and_where_it_is_asked_for():
    problem = bench_core.problem("logdet", D=5, B=3, L=3)
    judge, flow, x = Judge(problem), _flow(problem), torch.from_numpy(problem.arrays["x"])
    layers = sum(float(np.linalg.slogdet(problem.arrays[f"W{k}"])[1]) for k in range(3))
    assert flow.training
    for value, missing in ((None, layers), (False, layers), (True, 0.0)):
        z, logabsdet = flow(x, value)
        np.testing.assert_allclose(z.detach(), judge.z, rtol=1e-12)
        np.testing.assert_allclose(logabsdet.detach(), judge.logabsdet - missing, rtol=1e-9, atol=1e-12)
    flow.eval()
    np.testing.assert_allclose(flow(x)[1].detach(), judge.logabsdet, rtol=1e-9)
    np.testing.assert_allclose(flow(x, value=False)[1].detach(), judge.logabsdet - layers, rtol=1e-9)
    with jax.enable_x64(True):
        weights, biases = ([jnp.asarray(problem.arrays[f"{letter}{k}"]) for k in range(3)] for letter in "Wb")
        there, left_out = (
            jax_layer.relative_flow(jnp.asarray(problem.arrays["x"]), weights, biases, problem.alpha, value)[1]
            for value in (True, False)
        )
    np.testing.assert_allclose(there, judge.logabsdet, rtol=1e-9)
    np.testing.assert_allclose(left_out, judge.logabsdet - layers, rtol=1e-9)


def test_training_takes_no_factorisation_and_no_product_too_many():
    problem = bench_core.problem("logdet", D=8, B=5, L=3)
    flow, u = _flow(problem), 2.0 * 5 * 8**2
    for by_x, value, products, factorisations in ((False, False, 11, 0), (False, True, 11, 3), (True, False, 12, 0)):
        x = torch.from_numpy(problem.arrays["x"]).requires_grad_(by_x)
        with Count() as count:
            sum(part.sum() for part in flow(x, value)).backward()
        assert count.product_flops == products * u
        assert sum(count.others.values()) == factorisations


def test_in_jax_the_number_has_no_derivative():
    def lose(W):
        z, logabsdet = jax_layer.relative_linear(jnp.ones((2, 3)), W, jnp.ones(3), value=True)
        return z.sum() + logabsdet.sum()

    text = str(jax.make_jaxpr(jax.grad(lose))(jnp.eye(3)))
    assert len(re.findall(r"= lu\b", text)) == 1
    assert "triangular_solve" not in text


def test_a_single_layer_stands_where_a_linear_one_did():
    """Its parameters' names, the ordinary gradient for what is before it, relative ones added up over uses."""
    torch.manual_seed(0)
    before, plain, layer = nn.Linear(3, 4), nn.Linear(4, 4), RelativeLinear(4)
    layer.load_state_dict(plain.state_dict())
    assert repr(layer) == "RelativeLinear(D=4)"
    x = torch.randn(6, 3)
    for module in (plain, layer):
        hidden = before(x)
        first = module(hidden)
        first = first if module is plain else first[0]
        second = module(torch.tanh(first))
        ((second if module is plain else second[0]) ** 2).sum().backward()
    W, b = plain.weight.detach(), plain.bias.detach()
    M = torch.cat([torch.cat([W, b[:, None]], 1), torch.eye(5)[4:]])
    G = torch.cat([plain.weight.grad, plain.bias.grad[:, None]], 1)
    torch.testing.assert_close(
        torch.cat([layer.weight.grad, layer.bias.grad[:, None]], 1), G @ M.T @ M, rtol=1e-4, atol=1e-3
    )
    # The first pass left as much there as the second.
    once = torch.autograd.grad((plain(torch.tanh(plain(before(x)))) ** 2).sum(), before.weight)[0]
    torch.testing.assert_close(before.weight.grad, 2 * once, rtol=1e-4, atol=1e-4)
    x, W, b = (jnp.asarray(array.numpy()) for array in (hidden.detach(), W, b))
    z, logabsdet = jax_layer.relative_linear(x, W, b, value=True)
    np.testing.assert_allclose(z, first.detach(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logabsdet, np.full(6, np.linalg.slogdet(W)[1]), rtol=1e-4)


def test_frozen_parameters_have_no_gradient_and_the_others_keep_theirs():
    problem = bench_core.problem("logdet", D=4, B=3, L=2)
    x, whole, part = torch.from_numpy(problem.arrays["x"]), _flow(problem), _flow(problem)
    frozen = ("layers.0.bias", "layers.1.weight")
    for name in frozen:
        part.get_parameter(name).requires_grad_(False)
    for flow in (whole, part):
        sum(given.sum() for given in flow(x)).backward()
    for name, p in part.named_parameters():
        assert (p.grad is None) == (name in frozen)
        assert p.grad is None or torch.equal(p.grad, whole.get_parameter(name).grad)


def test_modules_start_well_conditioned_and_move():
    torch.manual_seed(0)
    flow = RelativeFlow(50, L=2)
    assert all(torch.linalg.cond(layer.weight) < 10 and not layer.bias.any() for layer in flow.layers)
    assert RelativeFlow(3, dtype=torch.float64).layers[0].weight.dtype == torch.float64
    assert RelativeFlow(3, device="meta").layers[1].bias.is_meta
    twin = RelativeFlow(50, L=2).double()
    twin.load_state_dict(flow.state_dict())
    x = torch.randn(7, 50)
    torch.testing.assert_close(twin(x.double())[0].float(), flow(x)[0], rtol=1e-4, atol=1e-5)
    assert "alpha=0.1" in repr(flow)


REFUSED = {
    "x has shape (4,); allowed: (B, D) with B and D from 1": lambda: RelativeFlow(4)(torch.ones(4)),
    "x has shape (0, 4); allowed: (B, D) with B and D from 1": lambda: RelativeFlow(4)(torch.ones(0, 4)),
    "W0 has shape (4, 4) with x (B, 5); allowed: (5, 5)": lambda: RelativeLinear(4)(torch.ones(3, 5)),
    "W0 is torch.float32 with x of torch.float64; allowed: one dtype for all": lambda: RelativeLinear(4)(
        torch.ones(3, 4).double()
    ),
    "1 weights and 0 biases given; allowed: as many of each, from 1": lambda: relative_flow(
        torch.ones(3, 4), [torch.eye(4)], []
    ),
    "alpha = 0 is not a slope; allowed: 0 < alpha <= 1": lambda: RelativeFlow(4, alpha=0),
    "alpha = 2.0 is not a slope; allowed: 0 < alpha <= 1": lambda: jax_layer.relative_flow(
        jnp.ones((2, 3)), [jnp.eye(3)], [jnp.ones(3)], alpha=2.0
    ),
    "D = 0 is not a size; allowed: whole numbers from 1": lambda: RelativeLinear(0),
    "L = 0 is not a size; allowed: whole numbers from 1": lambda: RelativeFlow(4, L=0),
    "W0 has shape (4, 3) with x (B, 3); allowed: (3, 3)": lambda: jax_layer.relative_linear(
        jnp.ones((2, 3)), jnp.ones((4, 3)), jnp.ones(4)
    ),
    "b0 is int32 with x of float32; allowed: one dtype for all": lambda: jax_layer.relative_linear(
        jnp.ones((2, 3)), jnp.eye(3), jnp.ones(3, int)
    ),
}


@pytest.mark.parametrize("says", REFUSED)
def test_bad_input_is_one_line(says):
    with pytest.raises(ValueError, match="allowed") as caught:
        REFUSED[says]()
    assert str(caught.value) == says


def test_autocast_and_second_derivatives_are_refused():
    layer, x = RelativeLinear(3), torch.randn(2, 3, requires_grad=True)
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        pytest.raises(ValueError, match=r"^autocast is on; allowed: [^\n]+$"),
    ):
        layer(x)
    (slope,) = torch.autograd.grad(layer(x)[0].pow(2).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()
    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jvp(lambda W: jax_layer.relative_linear(jnp.ones((2, 3)), W, jnp.ones(3))[0], (jnp.eye(3),), (jnp.eye(3),))


def test_the_row_is_the_way_through_the_layer(monkeypatch):
    """The row of its overhead calls what a user calls."""
    problem = bench_core.problem("logdet", D=4, B=3, L=1)
    for backend in bench_core.BACKENDS:
        m = bench_core.method("logdet", "relative_layer", backend)
        called = []
        through = m.module.relative_flow
        monkeypatch.setattr(m.module, "relative_flow", lambda *given, f=through, c=called: c.append(1) or f(*given))
        kernel = m.build(problem, dtype="float64")
        assert problem.error(kernel.to_numpy(kernel.run()), m) < 1e-12
        assert called == [1] * len(called)
        assert called
        assert importlib.import_module(f"bench_core.logdet.{backend}.layer").relative_flow is through


@pytest.mark.cuda
def test_on_a_card_gradients_are_those_of_the_processor():
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    problem = bench_core.problem("logdet", D=40, B=10, L=3)
    flow, x = _flow(problem, torch.float32), torch.from_numpy(problem.arrays["x"]).float()
    there = _flow(problem, torch.float32).to("cuda")
    for module, data in ((flow, x), (there, x.cuda())):
        sum(part.sum() for part in module(data, value=True)).backward()
    for mine, other in zip(flow.parameters(), there.parameters()):
        torch.testing.assert_close(other.grad.cpu(), mine.grad, rtol=1e-3, atol=1e-3)
