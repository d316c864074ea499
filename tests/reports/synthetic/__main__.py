"""``python -m tests.reports.synthetic FOLDER``: the whole folder, to look at."""

import sys
from pathlib import Path

from .folder import write_implicit, write_results

print(write_implicit(write_results(Path(sys.argv[1]), old=True)))
