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
