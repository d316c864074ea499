"""Log-determinant gradients of a square network (Gresele et al. 2020): the family's list of methods."""

from __future__ import annotations

from collections.abc import Callable

from bench_core.logdet import cost
from bench_core.logdet._kernel import LogdetKernel
from bench_core.logdet.problem import LogdetProblem
from bench_core.method import FORMS, Cost, Declaration
from bench_core.precision import FINE

__all__ = ["METHODS", "LogdetProblem", "kernel", "problem"]

problem = LogdetProblem
kernel = LogdetKernel

# The rows beside the methods are yardsticks: compiling them would answer no question.
_EVERY = tuple(FORMS.items())
_PLAIN = (("torch", ("eager",)), ("jax", ("jit",)))
# A training loop keeps its gradients and has them overwritten; what fresh memory in every call costs is a row apart, of
# one method: the others would say the same of the same arrays.
_ALLOCATING = (("torch", ("eager", "allocating", "compiled", "graph")), ("jax", ("jit", "allocating")))


def _gradient(name: str, computes: str, formula: Callable[..., Cost], source: str, forms=_EVERY) -> Declaration:
    """A gradient in closed form, which can be written where the last one was."""
    return Declaration(name, computes, formula, source, buffers=True, forms=forms)


def _by_lu(name: str, computes: str, formula: Callable[..., Cost], source: str, **more) -> Declaration:
    """A method that factorises, which neither framework does in bfloat16."""
    return Declaration(name, computes, formula, source, dtypes=FINE, **more)


METHODS = (
    _gradient("relative", "relative", cost.relative, "Gresele et al. 2020, eq. 13-15, app. F", _ALLOCATING),
    _gradient("relative_published", "relative", cost.relative_published, "Gresele et al. 2020, eq. 15, as printed"),
    _gradient("transposed", "transposed", cost.transposed, "Gresele et al. 2020, section 4"),
    _by_lu("inverse", "ordinary", cost.inverse, "Gresele et al. 2020, eq. 10", buffers=True),
    _by_lu("slogdet_autodiff", "ordinary", cost.slogdet_autodiff, "Gresele et al. 2020, eq. 9"),
    _by_lu("jacobian_autodiff", "ordinary", cost.jacobian_autodiff, "Gresele et al. 2020, eq. 2, section 5"),
    _by_lu(
        "jacobian_autodiff_chunked",
        "ordinary",
        cost.jacobian_autodiff_chunked,
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
)
