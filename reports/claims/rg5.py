"""RG5: densities learned by the relative gradient are competitive (Gresele et al. 2020)."""

from ..analysis import Analysis
from ._claim import Claim, Evidence, missing

MISSING = (
    "no study trains densities yet, neither on data at hand nor on the paper's: POWER, GAS, HEPMASS, MINIBOONE, "
    "BSDS300 and MNIST come with no package and would have to be read from a folder"
)


def measure(analysis: Analysis) -> list[Evidence]:
    """Held-out log-likelihoods beside those of flows from libraries; no study trains them yet."""
    return [missing("held-out log-likelihood, minus that of the best flow at equal parameters", MISSING)]


CLAIM = Claim(
    id="RG5",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“This system, despite having quite minimal fine-tuning […], achieves competitive results on all the "
    "considered datasets”.",
    short="Densities learned by the relative gradient are competitive with tuned flows.",
    figure="section 5, figure 2 and table 1",
    printed="MINIBOONE −13.372 ± 0.450 nats against −15.635 to −11.795 of seven flows, and five more data sets",
    threshold="held-out log-likelihood not below that of the flows it is compared with, at equal parameters",
    command="",
    measure=measure,
)
