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
    ),
    exponents={
        "D": {
            **dict.fromkeys(
                ("gemm_floor", "relative", "relative_published", "transposed", "relative_step", "value_tracking"), 2.0
            ),
            **dict.fromkeys(("inverse", "slogdet_autodiff", "jacobian_autodiff", "slogdet"), 3.0),
        }
    },
    rivals={"B": 100, "L": 1},
    notes=(
        "The ordinary, relative and transposed gradients are different directions, each exact: the relative one is the "
        "ordinary one times WᵀW, the transposed one WWᵀ times it. Each has its own best learning rate.",
        "Layers that hold triangular factors (`lu_layer`, libraries') or learn an inverse beside W "
        "(`self_normalizing`, `free_form`) are other models: their gradient is by other parameters, and answers no "
        "question about this one.",
        "Estimates of W⁻ᵀ: times Wᵀ it is the identity; a mean of its diagonal of 1 is unbiased, the spread, relative "
        "to the identity, the noise. Four times the probes halve it.",
    ),
)
