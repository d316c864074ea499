"""Gradients through the fixed point of an implicit network."""

from ._family import Contest, Family, Question, Retraction, Size, Training

# Terms, and products, of the series that are cut.
_CUT = (1, 2, 5, 10, 20)

_LOOPED = "it looped over the samples, one LU each, and took D products for a Jacobian whose factors are known"
_PAIRS = "it kept more pairs than it needs: with five it takes 0.4 to 0.8 of the time where 20 iterations are enough"
_SPARED = "it did work that it can do without, and takes 0.2 to 0.96 of that time since, by the row and by D"

FAMILY = Family(
    name="implicit",
    order=2,
    title="Gradients through a fixed point",
    unit="a parameter gradient of a batch at its fixed point",
    yardstick="parameter_vjp",
    baselines=("cg_published", "cg"),
    headlines=(
        ("cg_published", "jfb", "What an exact gradient costs by the published solver"),
        ("neumann", "jfb", "What it costs by the solver that is fastest in most cells"),
    ),
    card=("jfb", "neumann_5", "neumann", "bicgstab", "dense", "cg_published"),
    names=(
        "`jfb`, Jacobian-free backpropagation, leaves out the linear system of the exact gradient, and `neumann_5` "
        "takes five terms of its series: both are approximate. `neumann`, `bicgstab` and `cg_published`, conjugate "
        "gradients as the paper's public code spends its products, solve it; `dense` forms every Jacobian and its LU."
    ),
    questions=(
        Question("gradient", "the exact parameter gradient", ("parameter_gradient",), first=True),
        Question("warm", "the parameter gradient from the last step's w", ("warm_gradient",)),
        Question("fixed_point", "the fixed point itself", ("fixed_point",)),
    ),
    sizes=(
        Size("D", "dimension", "dimension of the fixed point"),
        Size("B", "batch", "batch"),
        Size("gamma", "contraction", "contraction factor of the iterated map"),
        Size("T", "kind of map", "what is iterated", ("random", "symmetric", "rotation", "conv")),
        Size("tol", "tolerance", "relative residual at which the solvers stop", follows=True),
    ),
    no_answers=("fixed_point", "warm_gradient"),
    colours=(
        *("jfb", "cg", "neumann", "gmres", "cg_published", "bicgstab", "parameter_vjp", "broyden"),
        *("anderson", "dense"),
    ),
    trainings=(
        Training(
            "implicit-training",
            "jfb",
            ("gamma", "learning_rate", "most", "parameters", "tol", "D"),
            uncounted=(("jfb_anderson", "2026-11-29T20:00:00Z"),),
        ),
    ),
    contests=(
        Contest(
            "truncated",
            "Solvers cut after k products",
            ("neumann_k", "gmres_k", "bicgstab_k"),
            tuple((f"neumann_{k}", f"gmres_{k}", f"bicgstab_{k}") for k in _CUT),
            equal=True,
        ),
        Contest(
            "warm",
            "Starts from the last training step's w",
            ("cold", "warm"),
            (
                *(("neumann", "neumann_warm"), ("gmres", "gmres_warm")),
                *((f"neumann_{k}", f"neumann_warm_{k}") for k in (1, 5)),
            ),
        ),
        Contest(
            "compiled",
            "Products of a fixed number by torch.compile",
            ("eager", "compiled"),
            tuple((row, f"{row}:compiled") for row in ("jfb", "neumann_5", "gmres_5", "bicgstab_5")),
        ),
        Contest("layer", "The way through the layer", ("kernel", "layer"), (("jfb", "jfb_layer"),)),
    ),
    exponents={"D": {"dense": 3.0, "*": 2.0}},
    notes=(
        "The fixed point is that of T(u) = tanh(A u + d) with |A| = gamma: for T = `random` A has independent entries, "
        "for `symmetric` it is symmetric, for `rotation` gamma times an orthogonal matrix. T = `conv` is a residual "
        "block of convolutions on small images.",
        "JFB, truncated series and unrolled iterations are approximate: they are recommended only where an error is "
        "allowed. Iterative rows stop at one true residual a sample, checked again before they stop.",
        "Warm rows are given the w of the last training step, whose weights, slopes and loss gradient were a hundredth "
        "away: they answer a question of their own.",
    ),
    retracted=(
        Retraction(
            "jax",
            ("jaxopt_gmres*", "lineax_gmres*"),
            "2026-11-27T18:00:14",
            "GMRES of this library ran with more vectors than it needs, or tested within its cycles",
        ),
        *(Retraction(backend, ("dense",), "2026-11-27T09:22:51", _LOOPED) for backend in ("torch", "jax")),
        Retraction("torch", ("torchdeq_broyden",), "2026-11-28T22:09:08", _PAIRS),
        *(
            Retraction(backend, ("broyden", "forward_broyden"), "2026-11-28T22:09:08", _PAIRS)
            for backend in ("torch", "jax")
        ),
        Retraction("jax", ("shine", "gmres", "gmres_warm", "gmres_[0-9]*"), "2026-11-29T14:43:13", _SPARED),
    ),
)
