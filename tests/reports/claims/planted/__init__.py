"""Results with a planted truth that claims are judged on: sessions, and records of the studies."""

from .judging import judge, parts, plant_cells, plant_study, plant_sweep
from .learned import CELLS, write_learned
from .studies import density_study, implicit_study, integral_study, logdet_study, score_study
