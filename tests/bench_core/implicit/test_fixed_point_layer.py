"""The fixed-point layer: its gradients against autodiff through one application, and what a module should do."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv2d

import bench_core
from bench_core.implicit.jax.layer import fixed_point
from bench_core.implicit.torch.layer import FixedPoint
from tests.bench_core import hlo
from tests.examples import examples

SOLVERS = ("forward_picard", "forward_anderson", "forward_broyden")
SIZES = st.fixed_dictionaries(
    {
        "D": st.integers(1, 12),
        "B": st.integers(1, 6),
        "gamma": st.floats(0.1, 0.9),
        "T": st.sampled_from(["random", "symmetric", "rotation"]),
    }
)


class Contraction(nn.Module):
    """``tanh(A z + x)``, with what it was asked."""

    def __init__(self, A: np.ndarray):
        super().__init__()
        self.A = nn.Parameter(torch.from_numpy(A))
        self.calls, self.vjps = 0, 0

    def forward(self, z, x):
        self.calls += 1
        image = torch.tanh(z @ self.A.T + x)
        if image.requires_grad:
            assert not z.requires_grad
            image.register_hook(self._note)
        return image

    def _note(self, _):
        self.vjps += 1


def _wanted(problem) -> dict[str, np.ndarray]:
    """Gradients of ``<v, T(u; d)>`` at the problem's own fixed point, by float64 autodiff through one application."""
    u, v = (torch.from_numpy(problem.arrays[name]) for name in "uv")
    A, d = (torch.from_numpy(problem.arrays[name]).requires_grad_() for name in "Ad")
    return {name: g.numpy() for name, g in zip("Ad", torch.autograd.grad((v * torch.tanh(u @ A.T + d)).sum(), (A, d)))}


def _size(problem) -> float:
    """What A's gradient, a sum over samples that may cancel, is rounded in units of."""
    return float(np.linalg.norm(problem.arrays["u"]) * np.linalg.norm(problem.arrays["v"]))


def _close(got: np.ndarray, want: np.ndarray, tolerance: float, size: float = 0.0) -> bool:
    return bool(np.linalg.norm(got - want) <= tolerance * (size or np.linalg.norm(want)))


@settings(max_examples=examples(quick=8, thorough=60))
@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1), solver=st.sampled_from(SOLVERS))
def test_backward_is_that_of_one_application_at_the_fixed_point(sizes, seed, solver):
    problem = bench_core.problem("implicit", seed=seed, **sizes)
    wanted = _wanted(problem)
    # A problem's u is a fixed point to the rounding of float32 numbers, over 1 - gamma.
    for dtype, tol, tolerance in ((torch.float64, 1e-10, 2e-6), (torch.float32, 1e-5, 1e-2)):
        T = Contraction(problem.arrays["A"]).to(dtype)
        layer = FixedPoint(T, problem.D, tol=tol, solver=solver)
        x, u, v = (torch.from_numpy(problem.arrays[name]).to(dtype) for name in "duv")
        z = layer(x.requires_grad_())
        assert layer.residual is not None
        assert layer.residual.max() <= 2 * tol
        assert _close(z.detach().numpy(), u.numpy(), tolerance)
        (v * z).sum().backward()
        assert T.vjps == 1
        assert T.A.grad.dtype == x.grad.dtype == dtype
        assert _close(T.A.grad.numpy(), wanted["A"], tolerance, _size(problem))
        assert _close(x.grad.numpy(), wanted["d"], tolerance)


def test_the_forward_solve_leaves_no_graph_and_one_application_follows_it():
    problem = bench_core.problem("implicit", D=8, B=4, gamma=0.9)
    T = Contraction(problem.arrays["A"])
    layer = FixedPoint(T, 8, tol=1e-6)
    z = layer(torch.from_numpy(problem.arrays["d"]))
    assert layer.iterations is not None
    assert T.calls == int(layer.iterations.max()) + 1 > 3
    node, deep = z.grad_fn, 0
    while node is not None:
        node, deep = next((behind for behind, _ in node.next_functions if behind is not None), None), deep + 1
    assert deep <= 6  # tanh, add, product, transpose, the leaf
    with torch.no_grad():
        assert not layer(torch.from_numpy(problem.arrays["d"])).requires_grad


@pytest.mark.parametrize(
    "solver", [pytest.param(s, marks=pytest.mark.slow) if s == "forward_anderson" else s for s in SOLVERS]
)
def test_in_jax_too(solver):
    problem = bench_core.problem("implicit", D=7, B=3, gamma=0.8)
    wanted = _wanted(problem)
    with jax.enable_x64(True):
        u, v, A, d = (jnp.asarray(problem.arrays[name]) for name in "uvAd")

        def loss(A, x):
            z, solution = fixed_point(lambda A, z, x: jnp.tanh(z @ A.T + x), A, x, 7, tol=1e-10, solver=solver)
            return (v * z).sum(), (z, solution)

        step = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True)).lower(A, d).compile()
        (by_A, by_x), (z, solution) = step(A, d)
        assert by_A.dtype == "float64"
    assert np.asarray(solution.residual).max() <= 2e-10
    assert _close(np.asarray(z), np.asarray(u), 1e-7)
    assert _close(np.asarray(by_A), wanted["A"], 1e-7, _size(problem))
    assert _close(np.asarray(by_x), wanted["d"], 1e-7)
    if solver == "forward_picard":
        # The product of the solver's loop, of the application, and of the one vjp.
        assert hlo.matrix_flops(step.as_text()) == 3 * 2 * 3 * 7**2


def test_in_jax_other_modes_of_autodiff_are_there_and_closures_have_their_gradient():
    def T(a, z, x):
        return 0.5 * jnp.tanh(z) + a * x

    x = jnp.array([[0.3], [0.1]])
    tangent = jax.jvp(lambda a: fixed_point(T, a, x, 1)[0], (2.0,), (1.0,))[1]
    np.testing.assert_allclose(tangent, x)
    for wrap in (jax.jit, lambda f: f):
        by_a = wrap(jax.grad(lambda a: fixed_point(lambda _, z, x: T(a, z, x), None, x, 1)[0].sum()))(2.0)
        np.testing.assert_allclose(by_a, x.sum(), rtol=1e-6)


def test_states_of_several_axes_and_parameters_that_move():
    """Images: the layer is its T's parameters, in their precision, and saved as them."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = nn.Parameter(torch.randn(2, 2, 3, 3) / 30)

        def forward(self, z, x):
            return torch.tanh(conv2d(z, self.kernel, padding=1)) + x[:, :1]

    torch.manual_seed(0)
    layer = FixedPoint(Block(), (2, 4, 5), tol=1e-9, solver="forward_anderson").double()
    z = layer(torch.randn(3, 1, 4, 5, dtype=torch.float64))
    assert z.shape == (3, 2, 4, 5)
    assert z.dtype == torch.float64
    assert layer.residual is not None
    assert layer.residual.shape == (3,)
    assert layer.residual.max() < 2e-9
    assert [*layer.state_dict()] == ["T.kernel"]
    twin = FixedPoint(Block(), (2, 4, 5))
    twin.load_state_dict(layer.state_dict())
    assert torch.equal(twin.T.kernel, layer.T.kernel.float())
    assert "solver=forward_anderson" in repr(layer)


def test_a_map_that_does_not_contract_says_so_by_its_residual():
    layer = FixedPoint(lambda z, x: 2 * z + x, 2, most=20)
    layer(torch.ones(1, 2))
    assert layer.residual is not None
    assert layer.residual.max() > 1e-4
    _, solution = fixed_point(lambda _, z, x: 2 * z + x, None, jnp.ones((1, 2)), 2, most=20)
    assert float(solution.residual.max()) > 1e-4


@pytest.mark.parametrize(
    "solver", [pytest.param(s, marks=pytest.mark.slow) if s == "forward_anderson" else s for s in SOLVERS]
)
def test_a_state_of_zeros_has_a_residual_of_zero(solver):
    """A sample of padding, which a map without biases takes to 0: 0 / 0 would be below no tolerance."""
    A, x = np.eye(3, dtype=np.float32) / 2, np.array([[0, 0, 0], [0.3, -0.2, 0.1]], np.float32)
    layer = FixedPoint(Contraction(A), 3, tol=1e-5, solver=solver)
    z = layer(torch.from_numpy(x)).detach()
    there, solution = fixed_point(lambda A, z, x: jnp.tanh(z @ A.T + x), A, jnp.asarray(x), 3, tol=1e-5, solver=solver)
    assert layer.residual is not None
    for state, residual in ((z.numpy(), layer.residual), (np.asarray(there), solution.residual)):
        assert not state[0].any()
        assert state[1].all()
        assert float(residual[0]) == 0
        assert float(residual[1]) <= 2e-5


def test_a_shape_may_be_a_number_of_numpys():
    assert FixedPoint(nn.Identity(), np.int64(3)).shape == FixedPoint(nn.Identity(), np.array([3])).shape == (3,)


def _in_jax(T=lambda p, z, x: z, x=None, shape=2, **more):
    return fixed_point(T, None, jnp.ones((1, 2)) if x is None else x, shape, **more)


REFUSED = {
    "unknown solver 'picard'; allowed: forward_picard, forward_anderson, forward_broyden": (
        lambda: FixedPoint(nn.Identity(), 2, solver="picard"),
        lambda: _in_jax(solver="picard"),
    ),
    "tol = 0 is not a relative residual; allowed: 0 < tol < 1": (
        lambda: FixedPoint(nn.Identity(), 2, tol=0),
        lambda: _in_jax(tol=0),
    ),
    "shape = 0 is not a size; allowed: whole numbers from 1": (
        lambda: FixedPoint(nn.Identity(), (3, 0)),
        lambda: _in_jax(shape=0),
    ),
    "shape = 2.5 is not a size; allowed: whole numbers from 1": (
        lambda: FixedPoint(nn.Identity(), 2.5),
        lambda: _in_jax(shape=2.5),
    ),
    "shape = () is not that of a state; allowed: a whole number from 1, or several": (
        lambda: FixedPoint(nn.Identity(), ()),
        lambda: _in_jax(shape=()),
    ),
    "T(z, x) has shape (1, 3); allowed: (1, 2), that of z": (
        lambda: FixedPoint(lambda z, x: x, 2)(torch.ones(1, 3)),
        lambda: _in_jax(lambda p, z, x: x, jnp.ones((1, 3))),
    ),
    "x has shape (0, 2); allowed: (B, ...) with B from 1": (
        lambda: FixedPoint(lambda z, x: z, 2)(torch.ones(0, 2)),
        lambda: _in_jax(x=jnp.ones((0, 2))),
    ),
}


@pytest.mark.parametrize("says", REFUSED)
def test_bad_input_is_one_line(says):
    for call in REFUSED[says]:
        with pytest.raises(ValueError, match="allowed") as caught:
            call()
        assert str(caught.value) == says


def test_autocast_is_refused():
    """The state has the precision of x, and no tolerance of float32 is reached in another."""
    layer, x = FixedPoint(Contraction(np.eye(2, dtype=np.float32) / 2), 2), torch.ones(1, 2)
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        pytest.raises(ValueError, match=r"^autocast is on; allowed: [^\n]+$"),
    ):
        layer(x)
    with torch.autocast("cpu", enabled=False):
        assert layer(x).dtype == torch.float32


def test_whole_numbers_are_refused():
    with pytest.raises(ValueError, match=r"^x is torch.int64; allowed: floating-point numbers, whose precision"):
        FixedPoint(lambda z, x: z, 2)(torch.ones(1, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"^x is int32; allowed: floating-point numbers, whose precision"):
        _in_jax(x=jnp.ones((1, 2), int))
