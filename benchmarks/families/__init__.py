"""The families as they are measured, one declaration each."""

from benchmarks.families._family import Family, Sweep
from benchmarks.families.implicit import IMPLICIT
from benchmarks.families.line_integral import LINE_INTEGRAL
from benchmarks.families.logdet import LOGDET
from benchmarks.families.score import SCORE

FAMILIES = {family.name: family for family in (LOGDET, IMPLICIT, LINE_INTEGRAL, SCORE)}
