"""From a Run to quantities: times, paired ratios, verdicts, fits and frontiers. No text and no pictures here.

Everything is computed once and kept, so that the sections, the claims and the answer quote the same numbers.
"""

from .candidates import Candidates
from .coverage import Coverages
from .fits import Fits
from .ladders import Ladders
from .rooflines import Rooflines


class Analysis(Candidates, Coverages, Fits, Ladders, Rooflines):
    """All quantities of a run, by noun in the files beside. Methods are cached; nothing here changes the run."""
