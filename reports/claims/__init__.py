"""What the papers claim, and what was found here: one file per family, one function per claim.

A claim is a function from the analysis to findings, registered with the paper's words. To add one, write the
function; the scoreboard, the CSV and the Markdown twin follow.
"""

from ..load import FAMILIES
from . import implicit, line_integral, logdet, score
from ._claim import CLAIMS, VERDICTS, Claim, Finding, claim, sum_up
from .logdet import ORDER_OF_100, model_speedup

__all__ = [
    "CLAIMS",
    "ORDER_OF_100",
    "VERDICTS",
    "Claim",
    "Finding",
    "claim",
    "implicit",
    "line_integral",
    "logdet",
    "model_speedup",
    "score",
    "sum_up",
]

# In the project's order, whatever that of the imports.
CLAIMS.sort(key=lambda known: FAMILIES.index(known.family))
