"""RG4: the relative gradient needs no more iterations than the ordinary one (Gresele et al. 2020)."""

from ..analysis import Analysis
from ._claim import Claim, Evidence, missing, train


def measure(analysis: Analysis) -> list[Evidence]:
    """Iterations to a given likelihood by either gradient; no study trains them yet."""
    return [missing("iterations of the relative over those of the ordinary gradient", "no study trains both yet")]


CLAIM = Claim(
    id="RG4",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“There is no big difference between the two gradient methods […] the relative gradient does not need more "
    "iterations to give the same performance.”",
    short="The relative gradient needs no more iterations than the ordinary one.",
    figure="section 5, figure 1 (right)",
    printed="equal loss curves from 10 starts: D = 2, 1,000 points, full batch",
    threshold="iterations to a given likelihood at most those of the ordinary gradient, over the starts",
    command=train("logdet-training"),
    measure=measure,
)
