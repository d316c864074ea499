"""What is peculiar to a family in the report, declared once: one descriptor a family, in the project's order."""

from ._family import Contest, Family, Question
from .implicit import IMPLICIT
from .line_integral import LINE_INTEGRAL
from .logdet import LOGDET
from .score import SCORE

FAMILIES: dict[str, Family] = {family.name: family for family in (LOGDET, IMPLICIT, LINE_INTEGRAL, SCORE)}

__all__ = ["FAMILIES", "Contest", "Family", "Question"]
