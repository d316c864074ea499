"""One independent float64 judge a family. Each has

sizes(method)      a strategy of small sizes that the method answers for
corners(method)    two sizes that must be tried
room(method)       sizes at which a kernel is called again and again
placed(kernel)     the name of a parameter and what the kernel holds of it
error(problem, got, method)   the largest relative error of the results, None where the judge has no answer
EXAMPLES           random sizes tried of each method, by backend: JAX compiles for every one
COSTED             sizes at which the cost formula is compared with the operations that are executed
costed(method)     whether it is to equal them
factorised(problem, method, calls)   FLOPs of the library routines called
uncounted(problem, method)           FLOPs of the formula that the counter leaves out
"""

from __future__ import annotations

import importlib
from types import ModuleType


def of(family: str) -> ModuleType:
    """The judge of a family."""
    return importlib.import_module(f"tests.bench_core.judges.{family}")
