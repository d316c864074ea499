"""Networks that stand for a gradient: psi is one, phi has one."""

from ._family import Family, Qualities, Question, Retraction, Size, Training

_CURLS = ("curl", "curl_difference", "curl_moments", "curl_probes")

_VJPS = "its Jacobians took d products of autodiff, the first by the identity, where the probes' are written out"

FAMILY = Family(
    name="score",
    order=4,
    title="Networks that stand for a gradient",
    unit="a training gradient of a batch",
    yardstick="psi",
    baselines=("phi", "psi"),
    headlines=(
        ("phi", "psi", "What double backpropagation costs"),
        ("phi", "phi_closed_form", "What it costs where the gradient could be written down"),
    ),
    card=("psi", "psi_closed_form", "phi", "phi_forward_over_reverse", "phi_closed_form", "psi_tied"),
    names=(
        "`psi` is a network that is trained as the gradient; `phi` is one whose gradient is trained, so that training "
        "differentiates twice. In `psi_closed_form` and `phi_closed_form` derivatives are written out, in "
        "`phi_forward_over_reverse` forward mode runs over reverse mode, and `psi_tied` is a gradient by its tied "
        "weights."
    ),
    questions=(
        Question("psi", "ψ, a network that is the gradient", ("psi",), first=True, rivals=("sliced",)),
        Question("phi", "φ, a network that has the gradient", ("phi",), first=True),
        Question("tied", "a tied ψ, curl-free by its weights", ("tied",)),
        Question("curl", "how far ψ is from a gradient", ("curl_difference", "curl_moments", "curl")),
    ),
    sizes=(
        Size("d", "dimension", "dimension of the data"),
        Size("H", "hidden width", "width of the hidden layers"),
        Size("L", "layers", "layers"),
        Size("B", "batch", "batch"),
    ),
    no_answers=_CURLS,
    models=("psi", "phi", "tied"),
    # A ratio of one by hand to one by autodiff would be that of the ways.
    doubles={"phi": "psi", "phi_forward_over_reverse": "psi", "phi_closed_form": "psi_closed_form"},
    qualities=Qualities("Probes of the curl", "How noisy the probes of the curl are", _CURLS),
    trainings=(Training("score-training", "psi_2", ("learning_rate", "H", "d", "sigma")),),
    exponents={"d": {"curl_dense": 2.0, "*": 1.0}},
    notes=(
        "ψ and φ are different models: who trains one has no use for another's gradient, however fast it is.",
        "Probes of the curl: a mean of 1 is unbiased, the spread is the noise of one probe. Four times the spread "
        "takes sixteen times the probes. Rows of several probes, normal or of signs, are judged by the curl itself.",
        "Sliced score matching trains the same ψ on the same noisy data without the clean ones: an objective of its "
        "own, and no answer to the questions above.",
    ),
    retracted=tuple(Retraction(backend, ("curl_dense",), "2026-11-27T11:48:11", _VJPS) for backend in ("torch", "jax")),
)
