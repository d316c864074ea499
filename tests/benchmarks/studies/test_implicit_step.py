"""The study's network and gradients against autodiff that knows nothing of the implicit function theorem."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn.functional import cross_entropy

from benchmarks.studies.implicit.network import ImplicitResNet, Linearisation
from benchmarks.studies.implicit.step import Solvers, Tally, differentiate, make_solver, make_solvers, probe
from benchmarks.studies.implicit_training import METHODS

SHAPE, CLASSES, CHANNELS, GAMMA = (1, 8, 8), 4, 2, 0.9
EXACT = ("cg", "cg_published", "bicgstab")


@pytest.fixture(autouse=True)
def one_thread():
    """These networks are too small to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def net() -> ImplicitResNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        made = ImplicitResNet(SHAPE, CLASSES, CHANNELS, GAMMA).double()
    # Kernels at the limit: dT/du as far from zero as the architecture allows.
    with torch.no_grad():
        for kernel in (made.K1.weight, made.K2.weight):
            kernel.mul_(3)
    made.contract(50)
    return made


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    images = torch.randn(5, *SHAPE, generator=generator, dtype=torch.float64)
    return images, torch.randint(CLASSES, (5,), generator=generator)


def _unrolled(net: ImplicitResNet, images: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradient by autodiff through 400 Picard iterations."""
    net.zero_grad(set_to_none=True)
    q = net.Q(images)
    u = torch.zeros_like(q)
    for _ in range(400):
        u = net.T(u, q)[0]
    cross_entropy(net.S(u), labels).backward()
    return {name: p.grad.clone() for name, p in net.named_parameters()}


def _relative(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    x, y = (torch.cat([part[name].flatten() for name in b]) for part in (a, b))
    return float((x - y).norm() / y.norm())


def _solvers(backward: str, tol: float, most: int, forward: str = "forward_picard") -> Solvers:
    """At a fixed point to rounding."""
    return Solvers(make_solver(forward, 1e-13, 1000), make_solver(backward, tol, most))


@pytest.mark.parametrize("method", EXACT)
def test_exact_solvers_give_the_unrolled_gradient(net, batch, method):
    wanted = _unrolled(net, *batch)
    step = differentiate(net, *batch, _solvers(method, 1e-11, 500))
    given = {name: p.grad for name, p in net.named_parameters()}
    assert _relative(given, wanted) < 1e-9
    assert float(step.backward.residual.max()) <= 1e-11


def test_exact_solvers_give_the_dense_solution(net, batch):
    """w of the smallest possible code: a dense Jacobian and LU, sample by sample."""
    images, _ = batch
    step = differentiate(net, *batch, _solvers("bicgstab", 1e-12, 500))
    q = net.Q(images).detach()
    for i in range(len(images)):
        u = step.forward.w[i].view_as(q[i])
        A = torch.func.jacrev(lambda u, i=i: net.T(u[None], q[i : i + 1])[0])(u).view(u.numel(), u.numel())
        w = torch.linalg.solve((torch.eye(u.numel(), dtype=A.dtype) - A).T, step.v[i])
        assert (step.backward.w[i] - w).norm() / w.norm() < 1e-10


def test_neumann_series_approaches_the_gradient(net, batch):
    wanted = _unrolled(net, *batch)
    errors = []
    for method in ("jfb", "neumann_1", "neumann_5", "neumann_10"):
        differentiate(net, *batch, _solvers(method, 1e-4, 10))
        errors.append(_relative({name: p.grad for name, p in net.named_parameters()}, wanted))
    assert errors == sorted(errors, reverse=True)
    assert 1e-3 < errors[0] < 1
    assert errors[-1] < errors[0] / 10


def test_jfb_is_backpropagation_through_one_application(net, batch):
    """The paper's figure 3: the fixed point is a constant, T is applied once more in the graph."""
    images, labels = batch
    step = differentiate(net, *batch, _solvers("jfb", 1e-4, 10))
    given = {name: p.grad.clone() for name, p in net.named_parameters()}
    net.zero_grad(set_to_none=True)
    q = net.Q(images)
    cross_entropy(net.S(net.T(step.forward.w.view_as(q), q)[0]), labels).backward()
    assert _relative(given, {name: p.grad for name, p in net.named_parameters()}) < 1e-14
    assert (step.operator.vjps, step.operator.jvps) == (0, 0)


def test_products_are_those_of_autodiff(net, batch):
    images, _ = batch
    with torch.no_grad():
        q = net.Q(images)
        u = torch.randn(q.shape, generator=torch.Generator().manual_seed(0), dtype=q.dtype)
        _, first, second = net.T(u, q)
        operator = Linearisation(net, first, second)
        x = torch.randn(len(images), q[0].numel(), generator=torch.Generator().manual_seed(1), dtype=q.dtype)
        vjp, jvp = operator.vjp(x), operator.jvp(x)
    T = lambda u: net.T(u, q)[0]  # noqa: E731
    _, pull = torch.func.vjp(T, u)
    assert torch.allclose(vjp, pull(x.view_as(u))[0].flatten(1), rtol=0, atol=1e-13)
    _, pushed = torch.autograd.functional.jvp(T, u, x.view_as(u))
    assert torch.allclose(jvp, pushed.flatten(1), rtol=0, atol=1e-13)


def test_the_map_contracts_by_gamma(net):
    """The largest singular value of dT/du at random points, and of each kernel as a dense matrix."""
    size = CHANNELS * 64
    for layer in (net.K1, net.K2):
        basis = torch.eye(size, dtype=torch.float64).view(size, CHANNELS, 8, 8)
        dense = torch.nn.functional.conv2d(basis, layer.weight, padding=1).view(size, size)
        assert float(torch.linalg.matrix_norm(dense, 2).detach()) == pytest.approx(1, abs=0.02)
    generator = torch.Generator().manual_seed(5)
    for _ in range(3):
        u, q = torch.randn(2, 1, CHANNELS, 8, 8, generator=generator, dtype=torch.float64)
        A = torch.func.jacrev(lambda u, q=q: net.T(u, q)[0])(u).view(size, size)
        assert float(torch.linalg.matrix_norm(A, 2).detach()) <= GAMMA * 1.02


def test_norms_follow_the_weights_through_training(batch):
    """One power iteration a step is enough to keep dT/du below one."""
    torch_state = torch.random.get_rng_state()
    torch.manual_seed(0)
    net = ImplicitResNet(SHAPE, CLASSES, CHANNELS, GAMMA).double()
    torch.random.set_rng_state(torch_state)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-2)
    for _ in range(60):
        differentiate(net, *batch, make_solvers("jfb", "forward_picard", 1e-4, 100))
        optimiser.step()
        net.contract()
    found = probe(net, *batch, make_solvers("jfb", "forward_picard", 1e-4, 100))
    assert found["contraction"] < GAMMA * 1.1


def test_the_probe_says_how_good_a_gradient_is(net, batch):
    float32 = copy.deepcopy(net).float()
    found = {m: probe(float32, *batch, make_solvers(*METHODS[m], 1e-4, 100)) for m in METHODS}
    for method in EXACT:
        assert found[method]["probe_residual"] <= 1e-4
        assert found[method]["cosine"] == pytest.approx(1, abs=1e-6)
    assert found["jfb"]["probe_residual"] > found["neumann_1"]["probe_residual"] > found["neumann_10"]["probe_residual"]
    assert 0 < found["jfb"]["cosine_latent"] < found["neumann_5"]["cosine_latent"] <= 1 + 1e-12
    assert len({round(f["contraction"], 9) for f in found.values()}) == 1


def test_products_are_counted_per_sample(net, batch):
    counted = {}
    for method in METHODS:
        step = differentiate(net, *batch, make_solvers(*METHODS[method], 1e-4, 100))
        n = None if step.backward.iterations is None else int(step.backward.iterations.max())
        counted[method] = (step.operator.vjps, step.operator.jvps, n)
    assert counted["jfb"] == (0, 0, None)
    assert counted["neumann_5"] == (5, 0, None)
    n = counted["cg"][2]
    assert counted["cg"] == (n + 1, n, n)
    n = counted["cg_published"][2]
    assert counted["cg_published"] == (1 + 3 * n, 2 + 3 * n, n)
    assert counted["bicgstab"][1] == 0
    assert 1 < counted["bicgstab"][0] < counted["cg_published"][0]


@pytest.mark.parametrize("forward", ["forward_picard", "forward_anderson"])
def test_evaluations_are_those_that_were_made(net, batch, forward, monkeypatch):
    made, evaluate = [], net.T
    monkeypatch.setattr(net, "T", lambda *given: made.append(1) or evaluate(*given))
    step = differentiate(net, *batch, _solvers("jfb", 1e-4, 10, forward))
    assert step.evaluations == len(made) >= int(step.forward.iterations.max()) + 1
    tally = Tally(1e-4)
    tally.add(step, len(batch[0]))
    assert tally.fields()["evaluations"] == len(made) * len(batch[0])


def test_an_accelerated_fixed_point_is_the_same_one_in_fewer_evaluations(net, batch):
    """JFB after Anderson acceleration: the gradient is JFB's, and so is its cost backward."""
    gradients, iterations = [], []
    for forward in ("forward_picard", "forward_anderson"):
        step = differentiate(net, *batch, _solvers("jfb", 1e-4, 10, forward))
        gradients.append({name: p.grad.clone() for name, p in net.named_parameters()})
        iterations.append(int(step.forward.iterations.max()))
        assert step.operator.vjps == step.operator.jvps == 0
    assert _relative(*gradients) < 1e-9
    assert iterations[1] < iterations[0]


@pytest.mark.parametrize(
    ("shape", "latent"), [((1, 8, 8), (2, 8, 8)), ((1, 28, 28), (2, 9, 9)), ((3, 32, 32), (2, 8, 8))]
)
def test_all_images_have_a_small_latent_state(shape, latent):
    made = ImplicitResNet(shape, 10, 2, GAMMA)
    assert made.latent == latent
    images = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    step = differentiate(made, images, torch.tensor([0, 4, 9]), make_solvers("cg", "forward_picard", 1e-4, 100))
    assert float(step.backward.residual.max()) <= 1e-4
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in made.parameters())
