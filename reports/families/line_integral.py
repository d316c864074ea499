"""Functions that are integrals of a learned Jacobian, and their inverses."""

from ._family import Family, Qualities, Question, Retraction, Size, Training

_KINDS = ("free", "tanh", "psd", "kronecker", "kronecker_psd", "hessian", "uneven")
_INVERSES = ("inverse", "inverse_rk4", "inverse_root")

_STATES = "diffrax kept four times as many states as it needs"
_NODES = "of a Hessian it took the output layer at all nodes: once takes 0.25 to 0.75 of the time at d = 10 and 30"

_LEARNED = ("learning_rate", "H", "J", "d", "tol_fixed", "tol_start")

FAMILY = Family(
    name="line_integral",
    order=3,
    title="Integrals of a learned Jacobian",
    unit="the integral of J along a line, for a batch",
    yardstick="gauss_legendre_16",
    baselines=("dopri5_direct_1e-06",),
    headlines=(
        ("dopri5_direct_1e-06", "gauss_legendre_16", "What adaptive steps cost where a fixed rule is as near"),
        ("psd_formed", "psd_applied", "What forming J Jᵀ costs where applying it would do"),
    ),
    card=(
        *("gauss_legendre_8", "gauss_legendre_16", "trapezoid_64"),
        *("dopri5_direct_1e-06", "averaged_hidden_16", "psd_applied"),
    ),
    names=(
        "`gauss_legendre_16` sums J at 16 points of the line, `trapezoid_64` at 64; `dopri5_direct_1e-06` takes "
        "adaptive steps to that tolerance; `psd_applied` multiplies by J without forming it."
    ),
    questions=(
        Question("gradient", "the integral within the error", ("integral",), first=True),
        # Adaptive steps of a tolerance of 1e-5 end within 6e-6 to 3e-4 of the solution, and for d > 1 no inverse that
        # they find is nearer to y than 6e-3: J is not the Jacobian of anything. An answer may be a fifth of that off;
        # the inverse as printed, 2e-2 to 8e-2 off, is none.
        Question("inverse", "the inverse by an adaptive step", ("inverse",), accuracy=1e-3),
        Question("inverse_root", "the inverse as a root of y(x) = y", ("inverse_root",), accuracy=1e-3),
        Question("inverse_rk4", "the inverse by fixed steps", ("inverse_rk4",)),
    ),
    sizes=(
        Size("d", "dimension", "dimension of the data"),
        Size("B", "batch", "batch"),
        Size("H", "hidden width", "width of the hidden layers"),
        Size("J", "kind of Jacobian", "what the Jacobian is made of", _KINDS),
    ),
    no_answers=_INVERSES,
    qualities=Qualities("Inverses", "How near the inverses are", _INVERSES, samples=("integral",)),
    trainings=(Training("line-integral-training", "gauss_legendre", _LEARNED),),
    exponents={"d": {"psd_applied": 2.0, "psd_formed": 3.0, "inverse_lu_rk4": 3.0, "inverse_cholesky_rk4": 3.0}},
    work="evaluations of J",
    notes=(
        "J is made of the output M of a network with one hidden layer: J = M (`free`, `uneven`, and `hessian`, where M "
        "is drawn as the Hessian of a potential), tanh(M) entry by entry (`tanh`), M Mᵀ + εI (`psd`), A ⊗ B of two "
        "small factors (`kronecker`), or (A ⊗ B)(A ⊗ B)ᵀ + εI (`kronecker_psd`).",
        "No rule is exact: the answer is the fastest whose measured error is at most 1e-6, or the error you give. The "
        "inverse by adaptive steps may be 1e-3 off: with 1e-5 a step it ends within 3e-4 of the solution.",
        "An error is that of the batch: where one sample is harder than the others, J uneven, the worst sample's and "
        "the hard one's are told, too. Libraries hold the mean of a batch to the tolerance, dopri5_per_sample each "
        "sample: by it the hard one errs as it does alone.",
        "Path error: against the solution of the ODE. Round trip: |y(x) − y| / |y|, what is left where J is not the "
        "Jacobian of anything, and the result depends on the path.",
    ),
    retracted=(
        Retraction("jax", ("dopri5_per_sample_*",), "2026-11-27T09:23:04", _STATES),
        Retraction("jax", ("dopri5_direct_*",), "2026-11-27T09:23:04", _STATES, peaks=True),
        *(Retraction(backend, ("inverse_newton",), "2026-11-29T14:21:34", _NODES) for backend in ("torch", "jax")),
    ),
)
