"""Log-determinant gradients of a square network (Gresele et al. 2020): the family's list of methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench_core.logdet import cost
from bench_core.logdet._kernel import LogdetKernel
from bench_core.logdet.problem import LogdetProblem
from bench_core.method import FORMS, Cost, Declaration
from bench_core.peers import cite
from bench_core.precision import DTYPES, FINE

__all__ = ["METHODS", "LogdetProblem", "kernel", "problem"]

problem = LogdetProblem
kernel = LogdetKernel

Formula = Callable[..., Cost] | Mapping[str, Callable[..., Cost]]  # one for both backends, or one for each

# The rows beside the methods are yardsticks: compiling them would answer no question.
_EVERY = tuple(FORMS.items())
_PLAIN = (("torch", ("eager",)), ("jax", ("jit",)))
# A training loop keeps its gradients and has them overwritten; what fresh memory in every call costs is a row apart, of
# one method: the others would say the same of the same arrays. So is what JAX's command buffers save.
_ALLOCATING = (("torch", ("eager", "allocating", "compiled", "graph")), ("jax", ("jit", "allocating", "launched")))


# As torch runs them and as XLA does.
_PUBLISHED = {"torch": cost.relative_published, "jax": cost.relative_published_shared}
_JACOBIAN = {"torch": cost.jacobian_autodiff, "jax": cost.jacobian_autodiff_shared}
_JACOBIAN_CHUNKED = {"torch": cost.jacobian_autodiff_chunked, "jax": cost.jacobian_autodiff_chunked_shared}


def _gradient(name: str, computes: str, formula: Formula, source: str, forms=_EVERY) -> Declaration:
    """A gradient in closed form, which can be written where the last one was."""
    return Declaration(name, computes, formula, source, buffers=True, forms=forms)


def _by_lu(name: str, computes: str, formula: Formula, source: str, **more) -> Declaration:
    """A method that factorises, which neither framework does in bfloat16."""
    return Declaration(name, computes, formula, source, dtypes=FINE, **more)


# Libraries are loaded for the precisions of a processor.
_FLOATS = ("float32", "float64")
_ONE = (("L", (1,)),)


def _estimate(
    name: str, computes: str, formula: Callable[..., Cost], source: str, kernel: str, **settings
) -> Declaration:
    """A gradient that is approximate by design."""
    return Declaration(
        name,
        computes,
        formula,
        source,
        exact=False,
        prepares=True,
        buffers=True,
        forms=_PLAIN,
        kernel=kernel,
        settings=tuple(settings.items()),
        only=_ONE if computes == "free_form" else (),
        dtypes=FINE if computes == "ordinary" else DTYPES,  # a solve comes to nothing in bfloat16
    )


def _library(name: str, package: str, formula: Callable[..., Cost], dtypes: tuple[str, ...] = _FLOATS) -> Declaration:
    """A library's layer, with the version that is installed; without the package its row is skipped."""
    return Declaration(
        name,
        "factors",
        formula,
        cite(package),
        role="peer",
        prepares=True,
        forms=(("torch", ("eager",)),),
        kernel=package,
        only=_ONE,
        dtypes=dtypes,
    )


def _quadrature(probes: int, steps: int) -> Declaration:
    """matfree's estimate of the value."""
    return Declaration(
        f"matfree_slq_{probes}",
        "logdets",
        cost.lanczos(probes, steps),
        f"{cite('matfree')}; Ubaru et al. 2017",
        exact=False,
        role="peer",
        prepares=True,
        reads_data=False,
        forms=(("jax", ("jit",)),),
        kernel="matfree",
        settings=(("probes", probes), ("steps", steps)),
        dtypes=_FLOATS,
    )


PROBES = (1, 10, 100)
LEARNED_STEPS = (1, 10)
# Of the solve and of the quadrature: where W has a condition number of 4 what they leave is below the probes' noise.
TURNS = 10

METHODS = (
    _gradient("relative", "relative", cost.relative, "Gresele et al. 2020, eq. 13-15, app. F", _ALLOCATING),
    _gradient("relative_published", "relative", _PUBLISHED, "Gresele et al. 2020, eq. 15, as printed"),
    _gradient("transposed", "transposed", cost.transposed, "Gresele et al. 2020, section 4"),
    _by_lu("inverse", "ordinary", cost.inverse, "Gresele et al. 2020, eq. 10", buffers=True),
    _by_lu("slogdet_autodiff", "ordinary", cost.slogdet_autodiff, "Gresele et al. 2020, eq. 9"),
    _by_lu("jacobian_autodiff", "ordinary", _JACOBIAN, "Gresele et al. 2020, eq. 2, section 5"),
    _by_lu(
        "jacobian_autodiff_chunked",
        "ordinary",
        _JACOBIAN_CHUNKED,
        "Gresele et al. 2020, eq. 2, a few samples at a time",
        chunked=True,
        forms=_PLAIN,
    ),
    _by_lu(
        "ordinary_with_value",
        "ordinary_with_value",
        cost.ordinary_with_value,
        "Gresele et al. 2020, eq. 9 and 10, one LU",
        buffers=True,
        forms=_PLAIN,
    ),
    Declaration("relative_step", "step", cost.relative_step, "Gresele et al. 2020, eq. 13", in_place=True),
    _by_lu("value_tracking", "value", cost.value_tracking, "determinant lemma along eq. 13", in_place=True),
    _by_lu(
        "inverse_tracked",
        "tracked",
        cost.inverse_tracked,
        "Woodbury's formula along eq. 13",
        in_place=True,
        buffers=True,
        forms=_PLAIN,
    ),
    # Another model: its parameters are triangular factors, and its gradient is no other row's.
    _gradient("lu_layer", "factors", cost.lu_layer, "Kingma and Dhariwal 2018, section 3.2", _PLAIN),
    Declaration(
        "relative_layer", "relative", cost.relative, "Gresele et al. 2020, eq. 13-15, by autograd", forms=_PLAIN
    ),
    Declaration(
        "gemm_floor",
        "products",
        cost.gemm_floor,
        "the products of eq. 15 alone",
        role="floor",
        buffers=True,
        forms=_PLAIN,
    ),
    _by_lu("slogdet", "logdets", cost.slogdet, "log|det W| by LU", role="calibration", forms=_PLAIN, reads_data=False),
    *(
        _estimate(
            f"hutchinson_cg_{n}",
            "ordinary",
            cost.hutchinson_cg(n, TURNS),
            f"Hutchinson 1990 on Gresele et al. 2020, eq. 10, CGLS, n = {n}",
            "hutchinson_cg",
            probes=n,
            iterations=TURNS,
        )
        for n in PROBES
    ),
    *(
        _estimate(
            f"self_normalizing_{steps}",
            "self_normalizing",
            cost.self_normalizing,
            f"Keller et al. 2021, section 3, the inverse after {steps} of its steps",
            "self_normalizing",
            steps=steps,
        )
        for steps in LEARNED_STEPS
    ),
    _estimate(
        f"free_form_{LEARNED_STEPS[-1]}",
        "free_form",
        cost.free_form,
        f"Draxler et al. 2024, sections 3 and 4, the decoder after {LEARNED_STEPS[-1]} of its steps",
        "free_form",
        steps=LEARNED_STEPS[-1],
    ),
    _library("nflows_lu", "nflows", cost.factored),
    _library("normflows_lu_permute", "normflows", cost.factored),
    _library("torchflows_lu", "torchflows", cost.factored, ("float32",)),
    _library("zuko_lu", "zuko", cost.factored_formed),
    *(_quadrature(n, TURNS) for n in PROBES),
)
