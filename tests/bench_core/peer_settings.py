"""What every library offers at the calls that its rows make: what else is tried of a setting, or why nothing is.

Only of implicit's libraries is a tolerance searched for, and could be tighter than needed: ``implicit/test_peers.py``.
An adaptive solver is given the one that its row is named by, as ours are, and its error is published beside its time; a
layer has none, and the probes and steps of matfree's estimate are its row's name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from bench_core.implicit.settings import MOST
from bench_core.line_integral.settings import CHECKPOINTS, STEPS

FOUND = "what prepare finds for the problem"
FEWEST = "as many iterations as the run takes"


class Of(NamedTuple):
    """Something of a library's, by module and name; what it returns for ``given``, where that is not None."""

    path: str
    given: dict[str, Any] | None = None


class Tried(NamedTuple):
    """ours      the value of our rows; ``FOUND`` where that depends on the problem
    others    what else the library allows
    searched  whether the tolerance means something else then, and is searched for anew
    also      further problems, where other values may be the better ones
    """

    ours: Any
    others: tuple[Any, ...]
    searched: bool = False
    also: tuple[dict[str, Any], ...] = ()


Settings = dict[str, str | Tried]

GIVEN = "what is computed, and where it starts"
METHOD = "the method: another is another row's"
TOLERANCE = "the tolerance"
FLOOR = "part of the tolerance: 0, or in proportion to the relative one"
NORM = "another chooses other steps, with other errors: ``dopri5_adjoint`` has the sizes"
STEP = "another chooses other steps, with other errors"
PRECONDITIONER = "there is none: another is another method"
GRADIENT = "of a gradient by what is given, which is not taken"
MORE = "results beside the answer, which are not asked for"
TRACED = "of the tracing: the compiled program is the same"
CHECK = "True checks the result besides"
EARLIER = "what an earlier solve left, and there is none"
WAY_BACK = "the way back has what the way forward has"
REPLACED = "of parameters that are replaced by ours"
FLOORED = "the least pivot: another is another layer"

# Of a row's name.
NAMED = {
    "solver": "which of the library's solvers",
    "vmapped": "each sample by itself",
    "tol": "the tolerance of a step",
    "probes": "probes of the trace",
    "steps": "steps of a probe",
}

HARDER = {"D": 256, "B": 64, "gamma": 0.99, "T": "symmetric", "tol": 1e-6}
LARGER = {"d": 32, "B": 64, "J": "psd"}
SIZES = {
    "implicit": {"D": 256, "B": 64, "gamma": 0.9, "T": "random", "tol": 1e-6},
    "line_integral": {"d": 16, "B": 64, "J": "psd"},
    "logdet": {"D": 512, "B": 2, "L": 1},
}


def _tolerances(*names: str) -> Settings:
    return dict.fromkeys(names, TOLERANCE)


def _given(*names: str) -> Settings:
    return dict.fromkeys(names, GIVEN)


_FEWER = Tried(MOST, (100,))
_LINEAX: dict[str, Settings] = {
    "lineax:linear_solve": {
        **_given("operator", "vector", "options"),
        **{"solver": METHOD, "state": TRACED, "throw": CHECK},
    },
    "lineax:FunctionLinearOperator": {
        **_given("fn", "input_structure"),
        **{"tags": "promises that J does not keep", "closure_convert": TRACED},
    },
}
_LINEAX_SOLVER: Settings = {
    **{"rtol": TOLERANCE, "atol": FLOOR, "max_steps": _FEWER},
    "norm": Tried(Of("lineax.internal:max_norm"), (Of("lineax.internal:two_norm"),), searched=True),
}
_SCIPY: Settings = {**_given("A", "b", "x0"), "tol": TOLERANCE, "atol": FLOOR, "maxiter": _FEWER, "M": PRECONDITIONER}
_JAXOPT: Settings = {**_given("matvec", "b", "init"), "ridge": "other equations"}
_RESTART = Tried(FOUND, (10, 20))

_TORCHDEQ: Settings = {
    **_given("func", "x0"),
    **{"tol": TOLERANCE, "indexing": MORE, "max_iter": Tried(FOUND, (FEWEST,))},
    "stop_mode": Tried("rel", ("abs",), searched=True),
    "return_final": "True goes on to the limit, whatever the tolerance",
}

_IMPLICIT: dict[tuple[str, str], dict[str, Settings]] = {
    ("torch", "torchdeq_fixed_point"): {"torchdeq.solver:fixed_point_iter": {**_TORCHDEQ, "tau": METHOD}},
    ("torch", "torchdeq_anderson"): {
        "torchdeq.solver:anderson_solver": {
            **_TORCHDEQ,
            **{"tau": METHOD, "m": Tried(FOUND, (4, 6, 10), searched=True, also=(HARDER,))},
            "lam": Tried(FOUND, (1e-4, 1e-10, 1e-18), searched=True, also=(HARDER,)),
        }
    },
    ("torch", "torchdeq_broyden"): {
        "torchdeq.solver:broyden_solver": {
            **_TORCHDEQ,
            "LBFGS_thres": Tried(FOUND, (5, 10, 30), searched=True),
            "ls": Tried(False, (True,), searched=True),
        }
    },
    ("torch", "torchopt_normal_cg"): {
        "torchopt.linear_solve:solve_normal_cg()": _JAXOPT,
        "torchopt.linalg:cg": {
            **_given("A", "b", "x0"),
            **{"rtol": TOLERANCE, "atol": FLOOR, "maxiter": _FEWER, "M": PRECONDITIONER},
        },
    },
    ("jax", "jaxopt_bicgstab"): {
        "jaxopt.linear_solve:solve_bicgstab": _JAXOPT,
        "jax.scipy.sparse.linalg:bicgstab": _SCIPY,
    },
    ("jax", "jaxopt_normal_cg"): {
        "jaxopt.linear_solve:solve_normal_cg": _JAXOPT,
        "jax.scipy.sparse.linalg:cg": _SCIPY,
    },
    ("jax", "jaxopt_gmres"): {
        "jaxopt.linear_solve:solve_gmres": {**_JAXOPT, "tol": TOLERANCE},
        "jax.scipy.sparse.linalg:gmres": {
            **_SCIPY,
            "restart": _RESTART,
            "solve_method": Tried("batched", ("incremental",), searched=True, also=(HARDER,)),
        },
    },
    ("jax", "lineax_bicgstab"): {**_LINEAX, "lineax:BiCGStab": _LINEAX_SOLVER},
    ("jax", "lineax_normal_cg"): {
        **_LINEAX,
        "lineax:Normal": {"inner_solver": METHOD},
        "lineax:CG": {**_LINEAX_SOLVER, "stabilise_every": Tried(100, (None, 10), searched=True, also=(HARDER,))},
    },
    ("jax", "lineax_gmres"): {
        **_LINEAX,
        "lineax:GMRES": {**_LINEAX_SOLVER, "restart": _RESTART, "stagnation_iters": Tried(20, (5, 100))},
    },
    ("jax", "optimistix_fixed_point"): {
        "optimistix:FixedPointIteration": {
            **{"rtol": TOLERANCE, "atol": FLOOR, "damp": METHOD},
            "norm": Tried(Of("optimistix:max_norm"), (Of("optimistix:two_norm"),), searched=True),
        },
        "optimistix:fixed_point": {
            **_given("fn", "y0", "args", "options"),
            **{"solver": METHOD, "has_aux": MORE, "max_steps": _FEWER},
            **{"adjoint": GRADIENT, "tags": GRADIENT, "throw": CHECK},
        },
    },
    ("jax", "matfree_lsmr"): {
        "matfree.lstsq:lsmr": {
            **_tolerances("atol", "btol"),
            **{"ctol": "ends where J is singular but for rounding: the answer is none", "maxiter": _FEWER},
            **{"while_loop": GRADIENT, "is_full_rank": GRADIENT, "custom_vjp": Tried(True, (False,))},
        },
        "matfree.lstsq:lsmr()": {**_given("vecmat", "b", "x0"), "damp": "other equations"},
    },
}


def _diffrax(adjoint: str | Tried, scan_kind: str, throw: str | Tried = CHECK) -> dict[str, Settings]:
    """A solve by diffrax's ``Dopri5``, which takes its stages in the loop of this kind."""
    return {
        "diffrax:diffeqsolve": {
            **_given("terms", "t0", "t1", "y0", "args", "event", "discrete_terminating_event"),
            **{"solver": METHOD, "stepsize_controller": METHOD, "dt0": STEP},
            **{"saveat": MORE, "progress_meter": MORE},
            **dict.fromkeys(("solver_state", "controller_state", "made_jump"), EARLIER),
            **{"adjoint": adjoint, "max_steps": Tried(STEPS, (64,)), "throw": throw},
        },
        "diffrax:ODETerm": _given("vector_field"),
        "diffrax:Dopri5": {"scan_kind": Tried(None, (scan_kind,))},
        "diffrax:RecursiveCheckpointAdjoint": {"checkpoints": "tried as the adjoint, where there is one"},
        "diffrax:PIDController": {
            **{"rtol": TOLERANCE, "atol": TOLERANCE, "norm": NORM},
            **dict.fromkeys(("pcoeff", "icoeff", "dcoeff", "factormin", "factormax", "safety"), STEP),
            **dict.fromkeys(("dtmin", "dtmax", "force_dtmin", "error_order"), STEP),
        },
    }


_DIRECT = Tried(
    Of("diffrax:RecursiveCheckpointAdjoint", {"checkpoints": CHECKPOINTS}),
    (
        Of("diffrax:RecursiveCheckpointAdjoint", {}),
        Of("diffrax:RecursiveCheckpointAdjoint", {"checkpoints": 12}),
        Of("diffrax:DirectAdjoint", {}),
    ),
    also=(LARGER,),
)
_NO_GRADIENT = Tried(
    Of("diffrax:RecursiveCheckpointAdjoint", {}),
    (Of("diffrax:ForwardMode", {}), Of("diffrax:DirectAdjoint", {})),
    also=(LARGER,),
)
_TORCHDIFFEQ: dict[str, Settings] = {
    "torchdiffeq._impl.rk_common:RKAdaptiveStepsizeODESolver": {
        **{**_given("func", "y0"), **_tolerances("rtol", "atol")},
        **dict.fromkeys(("min_step", "max_step", "first_step", "jump_t", "safety", "ifactor", "dfactor"), STEP),
        "step_t": "other steps, of which the last ends at 1: as fast, with 2 to 20 times less error",
        "max_num_steps": Tried(STEPS, (64,)),
        "dtype": "the library's times are no coarser than float64: coarser ones are other steps",
    },
    "torchdiffeq._impl.solvers:AdaptiveStepsizeODESolver": {
        **{**_given("y0"), "norm": NORM, "dtype": "of the times, see the solver above"},
    },
}
_ODEINT: Settings = {
    **{**_given("func", "y0", "t", "event_fn"), **_tolerances("rtol", "atol")},
    **{"method": METHOD, "options": "those of the solver"},
}

_LINE_INTEGRAL: dict[tuple[str, str], dict[str, Settings]] = {
    ("torch", "dopri5_direct"): {"torchdiffeq:odeint": _ODEINT, **_TORCHDIFFEQ},
    ("torch", "dopri5_adjoint"): {
        "torchdiffeq:odeint_adjoint": {
            **{**_ODEINT, "adjoint_params": GIVEN},
            **dict.fromkeys(("adjoint_rtol", "adjoint_atol", "adjoint_method", "adjoint_options"), WAY_BACK),
        },
        **_TORCHDIFFEQ,
    },
    ("torch", "inverse_dopri5"): {"torchdiffeq:odeint": _ODEINT, **_TORCHDIFFEQ},
    ("jax", "dopri5_direct"): _diffrax(_DIRECT, "bounded"),
    ("jax", "dopri5_per_sample"): _diffrax(_DIRECT, "bounded"),
    ("jax", "dopri5_adjoint"): {
        **_diffrax(METHOD, "lax", Tried(True, (False,))),
        "diffrax:BacksolveAdjoint": {},  # WAY_BACK
    },
    ("jax", "inverse_dopri5"): _diffrax(_NO_GRADIENT, "lax"),
}

_LOGDET: dict[tuple[str, str], dict[str, Settings]] = {
    ("torch", "nflows"): {
        "nflows.transforms.lu:LULinear": {
            **{"features": GIVEN, "identity_init": REPLACED, "eps": FLOORED},
            "using_cache": "keeps L U for parameters that stay, and a training step moves them",
        }
    },
    ("torch", "normflows"): {
        "normflows.flows:LULinearPermute": {"num_channels": GIVEN, "identity_init": REPLACED},
    },
    ("torch", "torchflows"): {
        "torchflows.bijections.finite.matrix:LUMatrix": _given("event_shape"),
        "torchflows.bijections.finite.matrix.base:InvertibleMatrix": {
            **{"event_shape": GIVEN, "l2_regularization": "of a term of the loss that is not asked for"},
        },
        "torchflows.bijections.finite.matrix.triangular:LowerTriangularInvertibleMatrix": {
            **{**_given("event_shape", "unitriangular"), "min_eigval": FLOORED},
        },
        "torchflows.bijections.base:Bijection": _given("event_shape", "context_shape"),
    },
    ("torch", "zuko"): {
        "zuko.transforms:LULinearTransform": _given("LU"),
        "torch.distributions:Transform": {"cache_size": "made anew in every call, it has nothing to keep"},
    },
    ("jax", "matfree"): {
        "matfree.decomp:bidiag": {
            **{"num_matvecs": METHOD, "materialize": "the integrand reads the matrix"},
            "reortho": Tried("none", ("full",)),
        },
        "matfree.funm:monte_carlo_funm_product_logdet": {"bidiag": METHOD},
    },
}

# By family, backend and the row without "_vmapped", of other families than implicit the adapter.
TABLE = {
    (family, *at): calls
    for family, rows in (("implicit", _IMPLICIT), ("line_integral", _LINE_INTEGRAL), ("logdet", _LOGDET))
    for at, calls in rows.items()
}


def find(value: Any) -> Any:
    """What a value of the table stands for; a test is skipped without its library."""
    if not isinstance(value, Of):
        return value
    module, _, name = value.path.partition(":")
    found = getattr(pytest.importorskip(module), name)
    return found if value.given is None else found(**value.given)
