"""Synthetic results with a known truth, in the very format of `docs/session-record.md` and of asv 0.6.6.

The times follow the cost formulas of the families over a floor, with noise shared by the rows of a round, so that a
report built from them must find what was planted.
"""

from .asv_file import make_asv
from .folder import write_asv, write_implicit, write_index, write_results, write_session
from .implicit import IMPLICIT_ROWS, list_implicit, make_implicit_session, true_error, true_implicit_seconds
from .logdet import SIZES, make_session, true_seconds
from .machine import BANDWIDTH, COMMIT, MACHINE, OLD_COMMIT, RATE
