"""What claims JFB1 to JFB3 share: the training study, and what a method costs in test accuracy."""

from collections.abc import Sequence

from ..analysis import Analysis
from ..studies import Study
from ..text import count
from ._cells import in_study
from ._claim import SWEEPS, Evidence, train
from ._effects import keep, of_accuracy
from ._rule import Limits

WU_FUNG = "Wu Fung et al. 2022"
STUDY = "implicit-training"
NO_STUDY = "no training study was loaded"
COMMAND = f"{SWEEPS}; {train(STUDY)}"
# Points of test accuracy: one lower is competitive.
COMPETITIVE = 1.0


def judge_accuracy(analysis: Analysis, study: Study, others: Sequence[str], what: str, counts: bool) -> list[Evidence]:
    """The least of jfb's accuracy minus each of the others'; nothing where no accuracy is known."""
    effects = keep([of_accuracy(study, "jfb", other) for other in others])
    if not effects:
        return []
    known = f"{count(len(study.seeds), 'seed')} and {study.setting('test'):,} test images"
    limits = Limits(low=-COMPETITIVE, fails_below=-COMPETITIVE)
    text, reason = f"the difference in the mean, over {known}", f"{known} settle no more"
    where = in_study(analysis, study)
    return [Evidence(what, text, effects, limits, unit="points", counts=counts, where=where, reason=reason)]
