"""Functions that are integrals of a learned Jacobian, and their inverses."""

from ._family import Family, Question

LINE_INTEGRAL = Family(
    name="line_integral",
    title="Integrals of a learned Jacobian",
    unit="the integral of J along a line, for a batch",
    yardstick="gauss_legendre_16",
    baselines=("dopri5_direct_1e-06",),
    headlines=(("dopri5_direct_1e-06", "gauss_legendre_16"), ("inverse_lu_rk4", "inverse_cholesky_rk4")),
    card=(
        *("gauss_legendre_8", "gauss_legendre_16", "trapezoid_64"),
        *("dopri5_direct_1e-06", "averaged_hidden_16", "psd_applied"),
    ),
    questions=(
        Question("gradient", "the integral within the error", ("integral",), first=True),
        Question("inverse", "the inverse by an adaptive step", ("inverse",)),
        Question("inverse_rk4", "the inverse by fixed steps", ("inverse_rk4",)),
    ),
    exponents={"d": {"psd_applied": 2.0, "psd_formed": 3.0, "inverse_lu_rk4": 3.0, "inverse_cholesky_rk4": 3.0}},
    work="evaluations of J",
    notes=(
        "No rule is exact: the answer is the fastest whose measured error is at most 1e-6, or the error you give.",
        "Path error: against the solution of the ODE. Round trip: |y(x) − y| / |y|, what is left where J is not the "
        "Jacobian of anything, and the result depends on the path.",
    ),
)
