"""RG2: the relative gradient is faster by two orders of magnitude, by a constant factor (Gresele et al. 2020)."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..analysis import Analysis
from ..points import Series
from ..statistics import Estimate, Ratio
from ..text import write_ratio, write_size
from ._cells import at_series, list_main
from ._claim import SWEEPS, Claim, Evidence
from ._effects import of_ratio
from ._rule import Effect, Limits, at_most, find_effect

# The order of magnitude of a number is its nearest power of ten: of the order of 100 is all between these.
ORDER_OF_100 = (10**1.5, 10**2.5)
# "Rather constant": no two sizes further apart than a factor two.
CONSTANT = 2.0
FEWEST = 3
BASELINES = ("inverse", "jacobian_autodiff", "slogdet_autodiff")
# The paper compares with an explicit inverse and with the autodiff of the network's Jacobian.
BESIDE = ("slogdet_autodiff",)


def measure(analysis: Analysis) -> list[Evidence]:
    """The typical speed-up over each baseline, and how far apart those of two sizes are."""
    main = list_main(analysis, "logdet")
    return [found for series in main for baseline in BASELINES for found in _judge(analysis, series, baseline)]


def model_speedup(series: Series, sizes: ArrayLike) -> np.ndarray | None:
    """The FLOP model of inverse / relative for two layers: 0.75 + D / (3 B)."""
    batch = series.size("B")
    return 0.75 + np.asarray(sizes, dtype=float) / (3 * batch) if series.axis == "D" and batch else None


def _judge(analysis: Analysis, series: Series, baseline: str) -> list[Evidence]:
    where, counts = at_series(analysis, series), baseline not in BESIDE
    found = ((size, analysis.ratio(series, size, baseline, "relative")) for size in analysis.sizes(series))
    known = [(size, ratio) for size, ratio in found if ratio is not None]
    what = f"speed-up of relative over {baseline}"
    if not known:
        return [Evidence(what, "not timed side by side", counts=counts, where=where)]
    effects, few = tuple(of_ratio(analysis, series, ratio) for _, ratio in known), len(known) < FEWEST
    # Nearer to 10 than to 100 is another order of magnitude.
    limits = Limits(low=ORDER_OF_100[0], fails_below=ORDER_OF_100[0])
    apart, text = f"largest over smallest speed-up over {baseline}", _say_range(series, baseline, known)
    text = f"{text}; fewer than {FEWEST} sizes" if few else text
    return [
        Evidence(f"typical {what}", _say_order(series, known), effects, limits, "typical", "×", counts, where=where),
        Evidence(apart, text, (_spread(effects, few),), at_most(CONSTANT), "most", "×", counts, where=where),
    ]


def _say_order(series: Series, known: Sequence[tuple[float, Ratio]]) -> str:
    """Typical is the median over the sizes. What is faster still is faster by two orders of magnitude, too."""
    (first, at_first), (last, at_last) = known[0], known[-1]
    low, high = ORDER_OF_100
    counted = [sum(r.high < low for _, r in known), sum(r.low > high for _, r in known)]
    text = f"{write_ratio(at_first)} × at {series.axis} = {write_size(first)}"
    text += f", {write_ratio(at_last)} × at {write_size(last)}" if last > first else " alone"
    # Without an interval no size is counted on either side, wherever its ratio is.
    if not all(ratio.undetermined for _, ratio in known):
        text += f"; below the order of 100 at {counted[0]} and above it at {counted[1]} of {len(known)} sizes"
    return text


def _say_range(series: Series, baseline: str, known: Sequence[tuple[float, Ratio]]) -> str:
    smallest, largest = (pick(known, key=lambda k: k[1].value) for pick in (min, max))
    return (
        f"from {write_ratio(smallest[1])} × at {series.axis} = {write_size(smallest[0])} to "
        f"{write_ratio(largest[1])} × at {write_size(largest[0])}{_say_model(series, baseline, known)}"
    )


def _spread(effects: tuple[Effect, ...], unknown: bool) -> Effect:
    """The largest over the smallest of all sizes, from bounds that hold for all of them at once."""

    def find(confidence: float) -> Estimate:
        # Each of the two may miss on either side.
        each = 1 - (1 - confidence) / 2
        least, most = (find_effect(effects, each, pick) for pick in ("least", "most"))
        value = most.value / least.value
        if unknown or least.undetermined or most.undetermined:
            return Estimate(value, math.nan, math.nan, most.n, confidence)
        # A size without an interval may be the smallest or the largest of all.
        high = most.high / least.low if least.low > 0 else math.inf
        return Estimate(value, min(max(1.0, most.low / least.high), value), high, most.n, confidence)

    return find


def _say_model(series: Series, baseline: str, known: Sequence[tuple[float, Ratio]]) -> str:
    large = [(size, ratio) for size, ratio in known if size >= (series.size("B") or 0)]
    model = model_speedup(series, np.array([size for size, _ in large]))
    if baseline != "inverse" or model is None or not large:
        return ""
    off = float(np.median([abs(np.log(r.value / m)) for (_, r), m in zip(large, model, strict=True)]))
    return f"; the line 0.75 + D/(3B) is met within a factor {np.exp(off):.2f} (median, D ≥ B)"


CLAIM = Claim(
    id="RG2",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“The relative gradient is much faster, typically by two orders of magnitude”; “a rather constant speed-up "
    "factor of the order of 100 although the theory says it should be changing with the dimension D”.",
    short="The relative gradient is some 100 times faster, whatever D.",
    figure="section 5, figure 1 (left)",
    printed="about 100 × at D = 10 to beyond 20,000 on a Tesla P100",
    threshold="the median over the sizes at least of the order of 100 (from 10^1.5 = 31.6: nearer to 100 than to 10; "
    "more does not contradict), and no two sizes further apart than a factor 2",
    command=SWEEPS,
    measure=measure,
)
