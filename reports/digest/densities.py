"""What density models reach on held-out samples, at equal parameters and in equal time, as plain values."""

from collections import Counter
from dataclasses import dataclass
from statistics import median

from ..densities import OURS, Choice, choose_all, count_parameters, estimate_mean, list_models, subtract
from ..statistics import Estimate
from ..studies import Study


@dataclass(frozen=True)
class Reached:
    """One model on held-out samples, rate and epoch chosen by those that validate; log-likelihoods in nats a dimension.

    method              the one chosen most often over the seeds, `times` it was, its `rate`
    epoch, spent_s      median of the chosen epochs, and of the seconds of training until then
    value, ahead        mean over the seeds; ours minus it (None of ours), paired by seed
    value_timed,
    ahead_timed         the same of what each had within the seconds of the quickest training
    gained              over the normal density of the training samples' mean and covariance, paired by seed
    short               of samples whose density is known: that of the truth minus ours, in nats a dimension; else None
    """

    model: str
    parameters: int
    method: str
    rate: float
    times: int
    epoch: float
    spent_s: float
    value: Estimate
    value_timed: Estimate
    ahead: Estimate | None
    ahead_timed: Estimate | None
    gained: Estimate
    short: Estimate | None


def digest_densities(study: Study) -> tuple[Reached, ...]:
    """Every model of a study that has a number."""
    return tuple(found for model in list_models(study) if (found := _digest_model(study, model)) is not None)


def _digest_model(study: Study, model: str) -> Reached | None:
    chosen, timed = (choose_all(study, model, equal_time) for equal_time in (False, True))
    if not chosen:
        return None
    method, times = Counter(choice.method for choice in chosen.values()).most_common(1)[0]
    ahead = [subtract(study, model, equal_time) if model != OURS else [] for equal_time in (False, True)]
    return Reached(
        model=model,
        parameters=count_parameters(study, model),
        method=method,
        rate=study.chosen(method)["rate"],
        times=times,
        epoch=median(choice.epoch for choice in chosen.values()),
        spent_s=median(choice.seconds for choice in chosen.values()),
        value=_estimate(study, chosen),
        value_timed=_estimate(study, timed),
        ahead=estimate_mean(study, ahead[0]) if ahead[0] else None,
        ahead_timed=estimate_mean(study, ahead[1]) if ahead[1] else None,
        gained=_estimate_gained(study, chosen),
        short=_estimate_short(study, [choice.value for choice in chosen.values()]),
    )


def _estimate(study: Study, chosen: dict[int, Choice]) -> Estimate:
    values = [choice.value for choice in chosen.values()]
    return estimate_mean(study, values) if values else Estimate(float("nan"), float("nan"), float("nan"))


def _estimate_gained(study: Study, chosen: dict[int, Choice]) -> Estimate:
    plain = dict(zip(study.seeds, study.setting("gaussian"), strict=True))
    return estimate_mean(study, [choice.value + plain[seed] / study.setting("d") for seed, choice in chosen.items()])


def _estimate_short(study: Study, values: list[float]) -> Estimate | None:
    truth = study.setting("truth")
    return None if truth is None else estimate_mean(study, [-truth / study.setting("d") - value for value in values])
