"""One independent float64 judge a family. Each has

SIZES      a strategy of small sizes
CORNERS    sizes that must be tried
BIG        sizes for tests that need room, and their seed
error(problem, got, method)   the largest relative error of the results, None where the judge has no answer
"""

from __future__ import annotations

import importlib
from types import ModuleType


def of(family: str) -> ModuleType:
    """The judge of a family."""
    return importlib.import_module(f"tests.bench_core.judges.{family}")
