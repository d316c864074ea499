"""Functions that are integrals of a learned Jacobian (Lorraine and Hossain 2022, JacNet): the family's methods."""

from __future__ import annotations

from bench_core.line_integral import cost
from bench_core.line_integral._inverse import SingularJacobian
from bench_core.line_integral._kernel import LineIntegralKernel
from bench_core.line_integral.problem import LineIntegralProblem
from bench_core.line_integral.settings import NEWTON_NODES, PLAIN
from bench_core.method import Declaration
from bench_core.peers import cite

__all__ = ["METHODS", "LineIntegralProblem", "SingularJacobian", "kernel", "problem"]

problem = LineIntegralProblem
kernel = LineIntegralKernel

# Solvers and adaptive steps loop until the data say stop, and a loop over chunks unrolls in a compiled torch graph.
_PLAIN = (("torch", ("eager",)), ("jax", ("jit",)))
# Quadratures do the same in every call: on a GPU launches are most of theirs.
_GRAPH = (("torch", ("eager", "graph")), ("jax", ("jit",)))
# The kinds of Jacobian that have an inverse, and those that a solver needs.
_KINDS = {
    "lu": ("psd", "kronecker", "kronecker_psd", "hessian"),
    "cholesky": ("psd", "kronecker_psd", "hessian"),
    "kronecker": ("kronecker", "kronecker_psd"),
}


# The kernels that take a few samples, or vjps, at a time.
_CHUNKED = ("gauss_legendre", "gauss_kronrod", "trapezoid", "formed", "inverse_newton")
# Whose adaptive steps they are.
_DIFFRAX = f"{cite('diffrax')} (JAX)"
_LIBRARIES = f"{cite('torchdiffeq')} (torch), {_DIFFRAX}"


def _quadrature(name: str, kernel: str, source: str, Q: int, formula=None, *J: str) -> Declaration:
    return Declaration(
        name,
        "integral",
        formula or cost.quadrature(Q),
        source,
        exact=False,
        forms=_GRAPH,
        kernel=kernel,
        settings=(("Q", Q),),
        chunked=kernel in _CHUNKED,
        only=(("J", J),) if J else (),
    )


def _adaptive(
    name: str, kernel: str, computes: str, formula, source: str, J: tuple[str, ...] = (), **settings
) -> Declaration:
    return Declaration(
        name,
        computes,
        formula,
        source,
        exact=False,
        forms=_PLAIN,
        kernel=kernel,
        settings=tuple(settings.items()),
        iterative=True,
        chunked=kernel in _CHUNKED,
        only=(("J", J),) if J else (),
    )


NODES = (4, 8, 16, 32)
STEPS = 8
SOLVERS = ("lu", "cholesky", "kronecker")

METHODS = (
    *(_quadrature(f"gauss_legendre_{Q}", "gauss_legendre", "Golub and Welsch 1969", Q) for Q in NODES),
    *(_quadrature(f"trapezoid_{Q}", "trapezoid", "the trapezoidal rule", Q) for Q in (16, 64, 256)),
    *(_quadrature(f"gauss_kronrod_{Q}", "gauss_kronrod", "Kronrod 1965", Q) for Q in (15, 21)),
    *(
        _adaptive(
            f"dopri5_{way}_{tol:g}",
            f"dopri5_{way}",
            "integral",
            {"torch": cost.dopri5(way), "jax": cost.dopri5("step" if way == "direct" else way)},
            f"Lorraine and Hossain 2022, section 5; Dormand and Prince 1980, {text}; {_LIBRARIES}",
            tol=tol,
        )
        for way, text in (
            ("direct", "differentiated step by step"),
            ("adjoint", "gradient by the adjoint equation (Chen et al. 2018)"),
        )
        for tol in (1e-3, 1e-6, 1e-9)
    ),
    *(
        _adaptive(
            f"dopri5_per_sample_{tol:g}",
            "dopri5_per_sample",
            "integral",
            {"torch": cost.dopri5("again"), "jax": cost.dopri5("step")},
            f"Lorraine and Hossain 2022, section 5; Dormand and Prince 1980, every sample by itself; {_DIFFRAX}",
            tol=tol,
        )
        for tol in (1e-3, 1e-6)
    ),
    _quadrature(
        "averaged_hidden_16",
        "averaged_hidden",
        "linearity of the output layer: it may follow the quadrature",
        16,
        cost.averaged_hidden(16),
        *PLAIN,
    ),
    _quadrature(
        "psd_applied",
        "psd_applied",
        "Lorraine and Hossain 2022, section 4.2, J (J^T c) + eps c, by linearity of the output layer",
        16,
        cost.psd_applied(16),
        "psd",
    ),
    _quadrature(
        "psd_formed",
        "formed",
        "Lorraine and Hossain 2022, section 4.2, as printed",
        16,
        cost.quadrature(16, formed=True),
        "psd",
    ),
    _quadrature("kronecker", "gauss_legendre", "A C B^T = (A (x) B) c (Van Loan 2000)", 16, None, "kronecker"),
    _quadrature(
        "kronecker_formed",
        "formed",
        "Lorraine and Hossain 2022, section 4.3, A (x) B as a d x d matrix",
        16,
        cost.quadrature(16, formed=True),
        "kronecker",
    ),
    *(
        Declaration(
            f"inverse_{solver}_rk4",
            "inverse_rk4",
            cost.inverse_rk4(solver, STEPS),
            "Lorraine and Hossain 2022, section 4.3, as the ODE dx/dt = J(x)^-1 (y - y0)",
            forms=_PLAIN,
            kernel="inverse_rk4",
            settings=(("solver", solver), ("steps", STEPS)),
            only=(("J", _KINDS[solver]),),
        )
        for solver in SOLVERS
    ),
    *(
        _adaptive(
            f"inverse_{solver}_dopri5",
            "inverse_dopri5",
            "inverse",
            cost.inverse_dopri5(solver),
            f"Lorraine and Hossain 2022, section 4.3, as an ODE with adaptive steps; {_LIBRARIES}",
            _KINDS[solver],
            solver=solver,
            tol=1e-5,
        )
        for solver in SOLVERS
    ),
    _adaptive(
        "inverse_newton",
        "inverse_newton",
        "inverse_root",
        cost.inverse_newton,
        "Newton's method on y(x) = y, by the integral's own Jacobian",
        _KINDS["cholesky"],
        Q=NEWTON_NODES,
        tol=1e-5,
    ),
    Declaration(
        "inverse_as_printed",
        "inverse",
        cost.inverse_as_printed(16),
        "Lorraine and Hossain 2022, section 4.3, as printed (wrong: J is read along outputs)",
        exact=False,
        forms=_PLAIN,
        settings=(("Q", 16),),
        only=(("J", _KINDS["lu"]),),
    ),
)
