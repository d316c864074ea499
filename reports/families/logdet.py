"""Gradients of log |det W| in a linear or shallow flow."""

from ._family import Family, Question

LOGDET = Family(
    name="logdet",
    title="Log-determinant gradients",
    unit="a gradient of the log-likelihood of a batch, all layers",
    yardstick="gemm_floor",
    baselines=("inverse",),
    headlines=(
        ("inverse", "relative", "What the inverse costs that the relative gradient does without"),
        ("slogdet_autodiff", "relative", "What leaving it to autodiff costs"),
    ),
    card=("relative", "inverse", "slogdet_autodiff", "jacobian_autodiff", "gemm_floor"),
    questions=(
        Question("gradient", "any exact gradient (relative, transposed or ordinary)", first=True),
        Question("ordinary", "the ordinary gradient", ("ordinary",)),
        Question("step", "a whole update in place", ("step",)),
        Question("value", "the likelihood after the update", ("value",)),
        Question("with_value", "the ordinary gradient and the log-determinant", ("ordinary_with_value",)),
        Question("tracked", "the ordinary gradient along relative steps", ("tracked",)),
        Question("factors", "the gradient of a layer of triangular factors", ("factors",)),
    ),
    exponents={
        "D": {
            **dict.fromkeys(
                (
                    *("gemm_floor", "relative", "relative_published", "transposed", "relative_step", "value_tracking"),
                    *("inverse_tracked", "lu_layer", "relative_layer"),
                ),
                2.0,
            ),
            **dict.fromkeys(
                (
                    *("inverse", "slogdet_autodiff", "jacobian_autodiff", "jacobian_autodiff_chunked"),
                    *("ordinary_with_value", "slogdet"),
                ),
                3.0,
            ),
        }
    },
    main={"L": 2},
    beside=(("B", "times"), ("L", "times"), ("condition", "error")),
    notes=(
        "The ordinary, relative and transposed gradients are different directions, each exact: the relative one is the "
        "ordinary one times WᵀW, the transposed one WWᵀ times it. Each has its own best learning rate.",
        "`lu_layer` is another model: the same density with W = PLU, whose parameters are L and U. Who trains W has no "
        "use for its gradient, and it is no answer to what computes that of W; its error is against its own reference.",
        "`inverse_tracked` gives the ordinary gradient where the steps are relative ones: these change W by rank B, as "
        "no ordinary step does, and W⁻¹ follows by Woodbury's formula. Its error counts the carried inverse after one "
        "step, as the residual of W⁻¹W = I; rounding adds up over many, and it can be taken anew.",
    ),
)
