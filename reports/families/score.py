"""Networks that stand for a gradient: psi is one, phi has one."""

from ._family import Family, Question

SCORE = Family(
    name="score",
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
        Question("psi", "ψ, a network that is the gradient", ("psi",), first=True),
        Question("phi", "φ, a network that has the gradient", ("phi",), first=True),
        Question("tied", "a tied ψ, curl-free by its weights", ("tied",)),
        Question("curl", "how far ψ is from a gradient", ("curl_difference", "curl_moments", "curl")),
    ),
    exponents={"d": {"curl_dense": 2.0, "*": 1.0}},
    notes=(
        "ψ and φ are different models: who trains one has no use for another's gradient, however fast it is.",
        "Probes of the curl: a mean of 1 is unbiased, the spread is the noise of one probe. Four times the spread "
        "takes sixteen times the probes. Rows of several probes, normal or of signs, are judged by the curl itself.",
        "Sliced score matching trains the same ψ on the same noisy data without the clean ones: an objective of its "
        "own, and no answer to the questions above.",
    ),
)
