"""Statistics of timings: pure functions from samples to estimates, verdicts, exponents and crossovers."""

from ._quantile import student_arm
from .calibrate import Calibration, Miss, calibrate, cover_sizes
from .change import FEWEST_VALUES, find_changes
from .coverage import Coverage, count_held, cover_processes, pool_coverages
from .crossover import Crossover, find_crossover
from .estimate import Estimate
from .exponent import RESAMPLES, Exponent, Slope, consistent_with, fit_exponents, local_slopes
from .lend import ENOUGH_CELLS, bound_spread, choose_spread
from .median import bound_median, estimate_median, middle
from .noise import noise_floor
from .payoff import estimate_payoff
from .process import Spread, deviate_process, estimate_process, fit_spread, reach_alone, reach_process
from .ratio import Ratio, paired_ratio
from .regret import MOST_PROCESSES, bound_ratio, bound_regrets, processes_needed, split_confidence
from .rule import find_plan
from .shape import fit_shape, follow_shape, interpolate_powers
from .states import APART, NEAR, find_levels, group_levels
from .verdict import SMALLEST_MARGIN, choose_margin, judge

__all__ = [
    "APART",
    "ENOUGH_CELLS",
    "FEWEST_VALUES",
    "MOST_PROCESSES",
    "NEAR",
    "RESAMPLES",
    "SMALLEST_MARGIN",
    "Calibration",
    "Coverage",
    "Crossover",
    "Estimate",
    "Exponent",
    "Miss",
    "Ratio",
    "Slope",
    "Spread",
    "bound_median",
    "bound_ratio",
    "bound_regrets",
    "bound_spread",
    "calibrate",
    "choose_margin",
    "choose_spread",
    "consistent_with",
    "count_held",
    "cover_processes",
    "cover_sizes",
    "deviate_process",
    "estimate_median",
    "estimate_payoff",
    "estimate_process",
    "find_changes",
    "find_crossover",
    "find_levels",
    "find_plan",
    "fit_exponents",
    "fit_shape",
    "fit_spread",
    "follow_shape",
    "group_levels",
    "interpolate_powers",
    "judge",
    "local_slopes",
    "middle",
    "noise_floor",
    "paired_ratio",
    "pool_coverages",
    "processes_needed",
    "reach_alone",
    "reach_process",
    "split_confidence",
    "student_arm",
]
