"""Gradients through a fixed point (Wu Fung et al. 2022, JFB): the family's list of methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench_core.implicit import cost
from bench_core.implicit._kernel import ImplicitKernel
from bench_core.implicit._singular import SingularJacobian
from bench_core.implicit.problem import ImplicitProblem
from bench_core.implicit.settings import chunk
from bench_core.method import BACKENDS, FORMS, Declaration
from bench_core.peers import cite

__all__ = ["METHODS", "ImplicitProblem", "SingularJacobian", "kernel", "problem"]

problem = ImplicitProblem
kernel = ImplicitKernel

# Iterative methods loop until the data say stop, which no graph of torch's can; the truncated ones can be one. Of
# those that differ in a number one is compiled.
_EAGER = (("torch", ("eager",)), ("jax", ("jit",)))
_GRAPH = (("torch", ("eager", "graph")), ("jax", ("jit",)))
_EVERY = tuple(FORMS.items())


def _solver(
    name: str, formula: Callable | Mapping[str, Callable], source: str, kernel: str = "", **settings
) -> Declaration:
    """An exact method that iterates to the problem's tolerance."""
    return Declaration(
        name,
        "parameter_gradient",
        formula,
        source,
        forms=_EAGER,
        kernel=kernel,
        settings=tuple(settings.items()),
        iterative=True,
    )


def _warm(name: str, formula: Callable, source: str, kernel: str = "", **settings) -> Declaration:
    """A method that is given the w of the last training step: it has more to start from than the problem says."""
    return Declaration(
        name,
        "warm_gradient",
        formula,
        source,
        exact=not settings,
        forms=_EAGER,
        kernel=kernel,
        prepares=True,
        settings=tuple(settings.items()),
        iterative=not settings,
    )


def _forward(name: str, formula: Callable, source: str) -> Declaration:
    return Declaration(name, "fixed_point", formula, source, forms=_EAGER, iterative=True)


def _truncated(
    name: str, formula: Callable, source: str, kernel: str = "", forms=_EAGER, prepares: bool = False, **settings
) -> Declaration:
    """A method that is approximate by design."""
    return Declaration(
        name,
        "parameter_gradient",
        formula,
        source,
        exact=False,
        forms=forms,
        kernel=kernel,
        prepares=prepares,
        settings=tuple(settings.items()),
    )


def _peer(name: str, backend: str, package: str, **settings) -> Declaration:
    """A library's solver, with the version that is installed; without the package its row is skipped."""
    return Declaration(
        name,
        "parameter_gradient",
        cost.peer,
        cite(package),
        role="peer",
        forms=((backend, FORMS[backend][:1]),),
        kernel=package,
        settings=tuple(settings.items()),
        iterative=True,
        prepares=True,
    )


ORDERS = (1, 2, 5, 10, 20)
WARM_ORDERS = (1, 5)
DEPTHS = (10, 30, 100, 300, 1000)
_CG_PUBLISHED = {"torch": cost.cg_published, "jax": cost.cg_published_shared}
_DENSE = {backend: cost.dense(chunk(backend, "cpu")) for backend in BACKENDS}
_KRYLOV = ("bicgstab", "gmres", "normal_cg")

METHODS = (
    _truncated("jfb", cost.jfb, "Wu Fung et al. 2022, eq. 16", forms=_EVERY),
    _truncated("jfb_layer", cost.jfb_layer, "Wu Fung et al. 2022, eq. 16 and algorithm 1, by autograd"),
    *(
        _truncated(
            f"neumann_{k}",
            cost.neumann_k(k),
            "Wu Fung et al. 2022, eq. 22; Liao et al. 2018",
            "neumann_k",
            _EVERY if k == 5 else _GRAPH,
            k=k,
        )
        for k in ORDERS
    ),
    *(
        _truncated(
            f"{name}_{k}",
            formula(k),
            f"{source}, cut after k products, and one step of Wu Fung et al. 2022, eq. 22",
            f"{name}_k",
            _EVERY if k == 5 else _GRAPH,
            k=k,
        )
        for name, formula, source in (
            ("gmres", cost.gmres_k, "Saad and Schultz 1986, by residuals (Jiranek, Rozloznik and Gutknecht 2008)"),
            ("bicgstab", cost.bicgstab_k, "van der Vorst 1992"),
        )
        for k in ORDERS
    ),
    _truncated(
        "phantom",
        cost.phantom(5),
        "Geng et al. 2021, eq. 12 (unrolled, k = 5, damping 0.9)",
        forms=_GRAPH,
        k=5,
        damping=0.9,
    ),
    _truncated("shine", cost.shine, "Ramzi et al. 2022, section 2", forms=_GRAPH, prepares=True),
    _solver("neumann", cost.neumann, "Wu Fung et al. 2022, eq. 22, to the tolerance"),
    _solver("cg", cost.cg, "Bjorck 1996, algorithm 7.4.1 (CGLS) on Wu Fung et al. 2022, eq. 13"),
    _solver("cg_published", _CG_PUBLISHED, "Wu Fung et al. 2022, table 2, in the public code's order"),
    _solver("gmres", cost.gmres, "Saad and Schultz 1986"),
    _solver("bicgstab", cost.bicgstab, "van der Vorst 1992"),
    _solver("bicgstab_global", cost.bicgstab, "van der Vorst 1992, the batch as one system", "bicgstab", whole=True),
    _warm("neumann_warm", cost.neumann_warm, "Wu Fung et al. 2022, eq. 22, from the last step's w"),
    _warm("gmres_warm", cost.gmres_warm, "Saad and Schultz 1986, from the last step's w"),
    *(
        _warm(
            f"neumann_warm_{k}",
            cost.neumann_k(k),
            "Wu Fung et al. 2022, eq. 22, from the last step's w",
            "neumann_warm_k",
            k=k,
        )
        for k in WARM_ORDERS
    ),
    _solver("anderson", cost.anderson, "Walker and Ni 2011, window 5"),
    _solver("broyden", cost.broyden, "Bai et al. 2019, section 3.1.3 (good Broyden, 5 pairs)"),
    Declaration("dense", "parameter_gradient", _DENSE, "Wu Fung et al. 2022, eq. 14 by LU", forms=_EAGER, chunked=True),
    *(
        _truncated(f"unrolled_{K}", cost.unrolled(K), "Wu Fung et al. 2022, figure 4 (traditional)", "unrolled", K=K)
        for K in DEPTHS
    ),
    *(
        _truncated(
            f"unrolled_checkpointed_{K}",
            cost.unrolled_checkpointed(K),
            "Chen et al. 2016, sqrt(K) segments",
            "unrolled_checkpointed",
            K=K,
        )
        for K in DEPTHS
    ),
    _forward("forward_picard", cost.forward_picard, "Wu Fung et al. 2022, algorithm 1"),
    _forward("forward_anderson", cost.forward_anderson, "Walker and Ni 2011, window 5"),
    _forward("forward_broyden", cost.forward_broyden, "Bai et al. 2019, section 3.1.2 (good Broyden, 5 pairs)"),
    *(_peer(f"torchdeq_{n}", "torch", "torchdeq", solver=n) for n in ("fixed_point", "anderson", "broyden")),
    _peer("torchopt_normal_cg", "torch", "torchopt"),
    *(_peer(f"jaxopt_{n}", "jax", "jaxopt", solver=n) for n in _KRYLOV),
    _peer("optimistix_fixed_point", "jax", "optimistix"),
    _peer("matfree_lsmr", "jax", "matfree"),
    *(_peer(f"lineax_{n}", "jax", "lineax", solver=n) for n in _KRYLOV),
    *(_peer(f"lineax_{n}_vmapped", "jax", "lineax", solver=n, vmapped=True) for n in _KRYLOV),
    *(_peer(f"jaxopt_{n}_vmapped", "jax", "jaxopt", solver=n, vmapped=True) for n in _KRYLOV),
    _peer("optimistix_fixed_point_vmapped", "jax", "optimistix", vmapped=True),
    _peer("matfree_lsmr_vmapped", "jax", "matfree", vmapped=True),
    Declaration(
        "parameter_vjp",
        "products",
        cost.parameter_vjp,
        "the one product every method takes",
        role="floor",
        forms=_EAGER,
    ),
)
