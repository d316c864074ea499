"""Gradients of log |det W| in a linear or shallow flow."""

from ._family import Family, Goals, Question, Retraction, Size, Training

_DENSITY = ("alpha", "folds", "gaussian", "parameters", "steps", "spread", "truth", "valid", "L", "d")

# Rows whose time goes with the square, and with the cube, of the dimension.
_SQUARES = (
    *("gemm_floor", "relative", "relative_published", "transposed", "relative_step", "value_tracking"),
    *("inverse_tracked", "lu_layer", "relative_layer"),
)
_CUBES = (
    *("inverse", "slogdet_autodiff", "jacobian_autodiff", "jacobian_autodiff_chunked"),
    *("ordinary_with_value", "slogdet"),
)

FAMILY = Family(
    name="logdet",
    order=1,
    title="Log-determinant gradients",
    unit="a gradient of the log-likelihood of a batch, all layers",
    yardstick="gemm_floor",
    baselines=("inverse",),
    headlines=(
        ("inverse", "relative", "What the inverse costs that the relative gradient does without"),
        ("slogdet_autodiff", "relative", "What leaving it to autodiff costs"),
    ),
    card=("relative", "inverse", "slogdet_autodiff", "jacobian_autodiff", "gemm_floor"),
    names=(
        "`relative` is the ordinary gradient times WᵀW, which leaves no inverse to compute. `inverse` is the ordinary "
        "one by an explicit W⁻¹; `slogdet_autodiff` and `jacobian_autodiff` leave it to automatic differentiation, "
        "through log |det W| of each layer and through the Jacobian of the network. `gemm_floor` are the products that "
        "no exact method avoids."
    ),
    questions=(
        Question("gradient", "any exact gradient (relative, transposed or ordinary)", first=True),
        Question("ordinary", "the ordinary gradient", ("ordinary",)),
        Question("step", "a whole update in place", ("step",)),
        Question("value", "the likelihood after the update", ("value",)),
        Question("with_value", "the ordinary gradient and the log-determinant", ("ordinary_with_value",)),
        Question("tracked", "the ordinary gradient along relative steps", ("tracked",)),
        Question("factors", "the gradient of a layer of triangular factors", ("factors",)),
    ),
    sizes=(
        Size("D", "dimension", "dimension of the data"),
        Size("B", "batch", "batch"),
        Size("L", "layers", "layers"),
        Size("condition", "", "condition number of every W, about 4 where empty"),
    ),
    no_answers=("step", "value", "logdets", "products", "tracked"),
    others=("factors", "self_normalizing", "free_form"),
    carried=("tracked",),
    colours=(
        *("relative", "inverse", "transposed", "jacobian_autodiff", "slogdet_autodiff", "relative_published"),
        *("gemm_floor", "relative_step", "value_tracking", "slogdet"),
    ),
    goals=Goals("relative", step="relative_step", floor="gemm_floor"),
    trainings=(
        # Plain descent: it may have diverged at every rate, and then there is none.
        Training("logdet-training", "ordinary_gd", ("steps", "L", "d"), "ascents"),
        Training("logdet-density", "relative", _DENSITY, "densities"),
    ),
    retracted=(
        Retraction(
            "jax",
            ("jacobian_autodiff_chunked",),
            "2026-11-27T06:09:40",
            "of one layer every sample's Jacobian is W, whose LU left the loop: one was timed instead of a hundred",
        ),
        Retraction(
            "jax",
            ("matfree_slq*",),
            "2026-11-28T12:18:00",
            "the library made its basis orthogonal twice a step, which changes nothing within ten steps",
        ),
    ),
    exponents={"D": dict.fromkeys(_SQUARES, 2.0) | dict.fromkeys(_CUBES, 3.0)},
    main={"L": 2},
    beside=(("B", "times"), ("L", "times"), ("condition", "error")),
    orders=("relative", "relative_published", "transposed"),
    rivals={"B": 100, "L": 1},
    notes=(
        "The ordinary, relative and transposed gradients are different directions, each exact: the relative one is the "
        "ordinary one times WᵀW, the transposed one WWᵀ times it. Each has its own best learning rate.",
        "Where B > D `relative` turns its products, the one of D × D first; `relative_published` and `transposed` keep "
        "their order.",
        "Layers that hold triangular factors (`lu_layer`: the same density with W = PLU; libraries') or learn an "
        "inverse beside W (`self_normalizing`, `free_form`) are other models. Who trains W has no use for their "
        "gradients, and they are no answer to what computes that of W. The error of factors is against a reference of "
        "their own, that of a learned inverse's gradient by W against the true one.",
        "`inverse_tracked` gives the ordinary gradient where the steps are relative ones: these change W by rank B, as "
        "no ordinary step does, and W⁻¹ follows by Woodbury's formula. Its error counts the carried inverse after one "
        "step, as the residual of W⁻¹W = I; rounding adds up over many, and it can be taken anew.",
        "Estimates of W⁻ᵀ: times Wᵀ it is the identity; a mean of its diagonal of 1 is unbiased, the spread, relative "
        "to the identity, the noise. Four times the probes halve it. Of an estimated log |det W| the bias is how far "
        "the mean over its probes is from the true one, the noise the standard error of that mean: a bias within twice "
        "the noise may be none.",
    ),
)
