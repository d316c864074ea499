"""Functions that are integrals of a learned Jacobian: over the dimension, for every kind of J; other rules and another
inverse where J is a Hessian, and one hard sample among easy ones.
"""

from typing import Any

from benchmarks.families._family import Family, Sweep

# What factors of J are for; quadratures and adaptive steps have the sweeps over other kinds of J.
_FACTORED = (
    *("gauss_legendre_16", "kronecker", "kronecker_formed", "inverse_lu_rk4", "inverse_cholesky_rk4"),
    *("inverse_kronecker_rk4", "inverse_kronecker_dopri5", "inverse_as_printed"),
)
# What diffrax compiles for every tolerance and way of differentiating takes seconds a row.
_QUICK = (
    *("gauss_legendre_4", "gauss_legendre_8", "gauss_legendre_16", "trapezoid_16", "trapezoid_64"),
    *("dopri5_direct_1e-06", "averaged_hidden_16", "psd_applied", "psd_formed", "kronecker", "kronecker_formed"),
    *("inverse_lu_rk4", "inverse_cholesky_rk4", "inverse_kronecker_rk4", "inverse_as_printed"),
)
_SMOKE = ("gauss_legendre_4", "gauss_legendre_16", "psd_applied", "inverse_lu_rk4")
_APART = (
    *("gauss_kronrod_15", "gauss_kronrod_21", "dopri5_per_sample_0.001", "dopri5_per_sample_1e-06"),
    "inverse_newton",
)
# Where the result does not depend on the path: rules with an estimate of their error, steps of every sample's own, and
# the inverse as an ODE and as a root, which are one there.
_RULES = Sweep(
    {"d": (10, 30), "B": (64,), "H": (64,), "J": ("hessian",)},
    ("float64",),
    (
        *("gauss_legendre_8", "gauss_legendre_16", "trapezoid_64", "averaged_hidden_16", "dopri5_direct_1e-06"),
        *("inverse_cholesky_rk4", "inverse_cholesky_dopri5", *_APART),
    ),
)
# 2,047 easy samples and a hard one: who holds the mean of a batch to the tolerance lets the hard one off.
_HARD = Sweep(
    {"d": (10,), "B": (2048,), "H": (64,), "J": ("uneven",)},
    ("float64",),
    (
        *("gauss_legendre_16", "gauss_legendre_32", "gauss_kronrod_21", "dopri5_direct_0.001", "dopri5_direct_1e-06"),
        *("dopri5_per_sample_0.001", "dopri5_per_sample_1e-06"),
    ),
)


# Beyond, J as a matrix is over every budget; its products with a vector are not.
_APPLIED = Sweep(
    {"d": (512, 1024), "B": (64,), "H": (64,), "J": ("psd",)}, ("float64",), ("gauss_legendre_16", "psd_applied")
)


def _sweeps(
    d: tuple[int, ...],
    bounded: tuple[int, ...],
    squares: tuple[int, ...],
    kronecker: tuple[str, ...],
    single: tuple[int, ...],
    J: tuple[str, ...] = ("psd",),
    limited: tuple[str, ...] = ("tanh", "free"),
) -> dict[str, Sweep]:
    """Over the dimension for the invertible J; for entries that are bounded or free; for Kronecker factors, and of one
    sample, of which LU takes a large J too.

    In float64: the rules are compared down to 1e-7, which is float32's rounding.
    """
    exact = ("float64",)

    def sizes(d: tuple[int, ...], J: tuple[str, ...], B: int = 64) -> dict[str, tuple[Any, ...]]:
        return {"d": d, "B": (B,), "H": (64,), "J": J}

    return {
        "": Sweep(sizes(d, J), exact),
        "Bounded": Sweep(sizes(bounded, limited), exact),
        "Kronecker": Sweep(sizes(squares, kronecker), exact, _FACTORED),
        "Single": Sweep(sizes(single, kronecker, B=1), exact, _FACTORED),
    }


_KRONECKER = ("kronecker", "kronecker_psd")
_FULL = _sweeps(
    (1, 8, 32, 64, 128, 256),
    (8, 64, 256),
    (4, 16, 36, 64, 144, 256, 576, 1024),
    _KRONECKER,
    (64, 256, 1024),
) | {"Applied": _APPLIED, "Rules": _RULES, "Hard": _HARD}

LINE_INTEGRAL = Family(
    name="line_integral",
    swept="d",
    # The integral's own gradient, J evaluated and taken back at 16 nodes: the one answer that every kind of J has.
    yardstick="gauss_legendre_16",
    sweeps={
        # One cell for the sweeps of a batch: it is measured once.
        "smoke": _sweeps((4,), (4,), (4,), ("kronecker_psd",), (4,), *2 * (("kronecker_psd",),)),
        "quick": _sweeps((8, 32), (), (16,), ("kronecker_psd",), ()),
        "standard": _sweeps((1, 8, 32, 64), (8,), (16, 256, 1024), _KRONECKER, (1024,))
        | {"Rules": _RULES, "Hard": _HARD},
        "full": _FULL,
        "card": _FULL,
    },
    rows={"smoke": _SMOKE, "quick": _QUICK},
    apart=_APART,
    # JAX compiles every row anew in every process.
    row_share=0.3,
    call_share=0.3,
    process_share=1 / 3,
    anchors={"standard": (8,), "full": (8, 64)},
)
